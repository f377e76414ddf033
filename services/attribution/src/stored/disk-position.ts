/**
 * Up to where the disk of a partition says what its state topic says: written in one transaction with the states. What
 * it was made for decides whether the topic can be read on from there.
 */
export interface DiskPosition {
  readonly layout: number
  /** Offset of the first record of the state topic that is not on the disk. */
  readonly next: number
  /** UTC milliseconds before which none of the records from `next` on was written. */
  readonly at: number
  readonly partitions: number
  /** The record that names the state topic: what else stands at its offset is another topic. */
  readonly name: TopicName
}

export interface TopicName {
  readonly offset: number
  readonly id: string
}

/** Counts up when what is on disk is laid out otherwise. */
export const diskLayout = 3

/**
 * Why what is on disk can't be gone on from.
 * - `layout`: another version laid it out.
 * - `partition_count`: its visitors were others'.
 * - `too_old`: the topic may have dropped the mark of a visitor that was forgotten since.
 * - `another_topic`: the topic was created anew, or its beginning was deleted.
 */
export type Unfit = 'layout' | 'partition_count' | 'too_old' | 'another_topic'

export interface Present {
  readonly partitions: number
  /** End of the state topic. */
  readonly end: number
  /** UTC milliseconds. */
  readonly now: number
  /** For how long the topic keeps the mark of a deleted key at least. */
  readonly deletesKeptMs: number
}

/** Whether the topic can be read on from a position, as far as that can be told without reading it. */
export function unfit(position: DiskPosition, present: Present): Unfit | undefined {
  if (position.layout !== diskLayout) return 'layout'
  if (position.partitions !== present.partitions) return 'partition_count'
  if (position.next > present.end) return 'another_topic'
  const age = present.now - position.at
  // Of a clock that was set back nothing can be told.
  return age < 0 || age >= present.deletesKeptMs ? 'too_old' : undefined
}

export function encodePosition(position: DiskPosition): Buffer {
  return Buffer.from(JSON.stringify(position))
}

/** Undefined on a disk where nothing was written. */
export function decodePosition(bytes: Buffer | undefined): DiskPosition | undefined {
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as DiskPosition)
}
