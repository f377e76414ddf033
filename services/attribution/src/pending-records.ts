import {
  backoffMs,
  pause,
  type Inbox,
  type Incoming,
  type Logger,
  type OwnedPartition,
  type Progress,
  type UnknownSchema,
} from '@cairn/runtime'

const pollMs = 1000
const schemaBackoff = { firstMs: 1000, maxMs: 30_000 }

export interface PendingOptions {
  /** Most records that are taken at once. */
  readonly most: number
  readonly log: Logger
  /** Is told whether the partition waits for a schema this process does not know. */
  readonly observe: { blocked(partition: number, isBlocked: boolean): void }
  /** What it says of that in the log. */
  readonly waits: string
}

/**
 * The records of a partition's input that wait, and where those begin that are taken and not committed. Each is made when it
 * is asked for: thousands that wait as objects outlive the collector's young generation.
 */
export class PendingRecords {
  readonly #inbox: Inbox
  readonly #partition: OwnedPartition
  readonly #options: PendingOptions
  /** The first that was taken and is not committed. */
  #uncommitted: Progress | undefined
  #isClosed = false
  /** Attempts in a row that ended at a schema that is not known. */
  #schemaFailures = 0

  constructor(inbox: Inbox, partition: OwnedPartition, options: PendingOptions) {
    this.#inbox = inbox
    this.#partition = partition
    this.#options = options
  }

  /** Whether there is one to be taken. */
  get isWaiting(): boolean {
    return this.#inbox.head !== undefined
  }

  /** Up to where the input is committed, but for records that say nothing. */
  get progress(): Progress {
    return this.#uncommitted ?? { position: this.#inbox.position, oldest: this.#inbox.oldestTimestamp }
  }

  readFrom(offset: number): void {
    this.#inbox.readFrom(offset)
  }

  /** Waits until there is one to be taken: for a second at most, then there may be none. */
  async wait(): Promise<void> {
    await this.#inbox.waitForRecords(pollMs, this.#partition.lost)
  }

  /**
   * Those that wait, and may come meanwhile, up to `most`. One is taken when the next is asked for: where a loop over them
   * ends at one, that one waits on.
   */
  *take(most = Infinity): Generator<Incoming, void, undefined> {
    let left = this.#isClosed ? 0 : Math.min(this.#options.most, most)
    for (; left > 0; left--) {
      const { head } = this.#inbox
      if (head === undefined) return
      yield head
      this.#uncommitted ??= { position: head.offset, oldest: head.timestamp }
      this.#inbox.shift()
    }
  }

  /** What was taken is committed. */
  commit(): void {
    this.#uncommitted = undefined
  }

  /** None of them will be committed here. */
  close(): void {
    this.#isClosed = true
  }

  /**
   * Where a schema is unknown, waits a while in place: starting over would read the whole state again, and find the
   * schema as unknown as before.
   */
  async waitForSchema(unknownSchema: UnknownSchema | undefined): Promise<void> {
    const { log, observe, waits } = this.#options
    const { partition, lost, stopping } = this.#partition
    if (unknownSchema === undefined) {
      if (this.#schemaFailures > 0) observe.blocked(partition, false)
      this.#schemaFailures = 0
      return
    }
    observe.blocked(partition, true)
    log.error({ partition, err: unknownSchema }, `schema unknown: ${waits}`)
    await pause(backoffMs(schemaBackoff, this.#schemaFailures++), lost, stopping)
    lost.throwIfAborted()
  }
}
