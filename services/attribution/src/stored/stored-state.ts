import {
  controlPrefix,
  DiskFailure,
  emptyDisk,
  isFence,
  openStateDisk,
  PartitionStopped,
  takeOver,
  type Codec,
  type DiskOptions,
  type FencedProducer,
  type Incoming,
  type Outgoing,
  type OwnedPartition,
  type StateDisk,
  type StateReader,
  type States,
  type TakeoverOptions,
  type Unusable,
} from '@cairn/runtime'
import type { ControlRecord } from './control-record.ts'
import { decodePosition, diskLayout, encodePosition, unfit, type TopicName, type Unfit } from './disk-position.ts'
import { nameKey, nameRecord, readName } from './topic-name.ts'

/** States that are read before they are written to the disk together. */
const writtenAtOnce = { states: 30_000, bytes: 16 * 1024 * 1024 }

/** Why a disk was thrown away and the state topic read from its beginning; `unfinished`: reading it had only begun. */
export type Discarded = Unusable | Unfit | 'unfinished'

export interface StoredOptions<Saved> {
  readonly disk: DiskOptions
  readonly codec: Codec
  readonly stateTopic: string
  readonly partitions: number
  /** For how long the state topic keeps the mark of a deleted key at least. */
  readonly deletesKeptMs: number
  /** What its control records say, taken in by `readControl`. */
  readonly saved: Saved
  readonly controlKeys: readonly string[]
  readonly readControl: (saved: Saved, record: ControlRecord) => void
  readonly onDiscarded: (reason: Discarded) => void
  /** Awaited around a write to the disk: before it, and while its last transaction is under way. */
  readonly beforeStore: () => Promise<void>
  readonly midStore: () => Promise<void>
}

/**
 * The state topic of a partition as far as it is read, kept on disk: always what a beginning of the topic says, so that
 * reading can go on from there. Whatever is wrong with the disk, it is thrown away and the topic read from its beginning.
 */
export class StoredState<Saved> implements StateReader {
  readonly saved: Saved
  readonly #options: StoredOptions<Saved>
  readonly #partition: OwnedPartition
  /** The control records as they were read or written last, by key. */
  readonly #values = new Map<string, Buffer>()
  #open: StateDisk | undefined
  #name: TopicName | undefined
  /** Offset of the first record of the topic that is not taken in. */
  #next = 0
  /** When the last record that is taken in was written. */
  #at = 0
  #fence = { offset: 0, at: 0 }
  #read = new Map<string, Buffer | null>()
  #readBytes = 0
  /** Whether the disk was of use. */
  isWarm = false

  constructor(options: StoredOptions<Saved>, partition: OwnedPartition) {
    this.saved = options.saved
    this.#options = options
    this.#partition = partition
  }

  get disk(): StateDisk {
    if (this.#open === undefined) throw new Error('the disk is opened with the first reading')
    return this.#open
  }

  /** Opens the disk, and finds out from where the topic is to be read on. */
  readonly from: NonNullable<StateReader['from']> = async (fence, lookAt) => {
    const { disk, discarded } = await openStateDisk(this.#options.disk, this.#partition.lost)
    this.#open = disk
    if (discarded !== undefined) this.#options.onDiscarded(discarded)
    const position = decodePosition(disk.control('position'))
    this.#fence = { offset: fence, at: Date.now() }
    if (position === undefined && disk.size === 0) return 0
    const { partitions, deletesKeptMs } = this.#options
    const present = { partitions, end: fence, now: Date.now(), deletesKeptMs }
    // Without a position, reading it had only begun.
    const reason = position && (unfit(position, present) ?? (await this.#misnamed(position.name, lookAt)))
    if (position === undefined || reason !== undefined) {
      this.#options.onDiscarded(reason ?? 'unfinished')
      await disk.discard()
      this.#open = emptyDisk(this.#options.disk)
      return 0
    }
    this.isWarm = true
    this.#name = position.name
    this.#next = position.next
    this.#at = position.at
    for (const key of this.#options.controlKeys) {
      const value = disk.control(nameOnDisk(key))
      if (value !== undefined) this.#readControl({ key, value, offset: position.next })
    }
    return position.next
  }

  /** Takes in records of the state topic in their order; the last value of a key counts, a tombstone removes it. */
  readonly take = async (records: readonly Incoming[]): Promise<void> => {
    for (const record of records) {
      if (isFence(record)) continue
      if (record.key === nameKey) this.#name = readName(this.#options.codec, record)
      else if (this.#options.controlKeys.includes(record.key)) this.#readControl(record)
      else if (!record.key.startsWith(controlPrefix)) this.#note(record)
    }
    const last = records.at(-1)
    if (last !== undefined) [this.#next, this.#at] = [last.offset + 1, Math.min(last.timestamp, Date.now())]
    if (this.#read.size >= writtenAtOnce.states || this.#readBytes >= writtenAtOnce.bytes) await this.#writeRead()
  }

  /** What the last reading has left goes to the disk, and the topic gets a name if it has none. */
  async finish(producer: FencedProducer): Promise<void> {
    ;[this.#next, this.#at] = [this.#fence.offset + 1, this.#fence.at]
    if (this.#name === undefined) {
      const { codec, stateTopic } = this.#options
      const { record, id } = nameRecord(codec)
      const end = await producer.transactOne(this.#partition.partition, stateTopic, record)
      if (end.end !== 'committed' || end.offset === undefined)
        throw new Error('the state topic could not be given a name', { cause: end })
      this.#name = { offset: end.offset, id }
    }
    await this.#writeRead()
  }

  /**
   * Writes what committed transactions have written to the topic: the states, and the control records by key.
   *
   * @param next the offset after its records; undefined where the broker did not say, and they will be read once more
   * @param at a time before the last of them began, UTC milliseconds
   */
  async store(states: States, control: readonly Outgoing[], next: number | undefined, at: number): Promise<void> {
    const { beforeStore, midStore } = this.#options
    for (const { key, value } of control) if (value !== null) this.#values.set(key, value)
    if (next !== undefined) [this.#next, this.#at] = [next, at]
    await beforeStore()
    await this.disk.write(states, this.#control(), midStore)
  }

  /** What a failure of the disk means for the partition. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof DiskFailure)) return error
    if (error.reason === 'full') {
      return new PartitionStopped(
        'disk_full',
        `${error.message}: make room, or give the service another STATE_DIR, and start it again; nothing is lost, all of it is in Kafka`,
      )
    }
    this.#options.onDiscarded('unreadable')
    await this.#open?.discard()
    this.#open = undefined
    return error
  }

  /**
   * Takes the partition over and restores it, has `run` go on from there, and leaves the disk as one that can be trusted,
   * however that ended.
   */
  async own(takeover: TakeoverOptions, run: (producer: FencedProducer) => Promise<void>): Promise<void> {
    try {
      const producer = await takeOver(this.#partition, takeover, this)
      try {
        await run(producer)
      } finally {
        await producer.close()
      }
    } catch (error) {
      throw await this.#explained(error)
    } finally {
      await this.#open?.close()
    }
  }

  async #misnamed({ offset, id }: TopicName, lookAt: (offset: number) => Promise<Incoming | undefined>) {
    const found = await lookAt(offset)
    if (found?.offset !== offset || found.key !== nameKey) return 'another_topic'
    return readName(this.#options.codec, found)?.id === id ? undefined : 'another_topic'
  }

  #readControl(record: ControlRecord): void {
    this.#options.readControl(this.saved, record)
    if (record.value !== null) this.#values.set(record.key, record.value)
  }

  #note({ key, value }: Incoming): void {
    this.#read.set(key, value)
    this.#readBytes += key.length + (value?.length ?? 0)
  }

  async #writeRead(): Promise<void> {
    const states = this.#read
    this.#read = new Map()
    this.#readBytes = 0
    await this.disk.write(states, this.#control())
  }

  #control(): Map<string, Buffer> {
    const control = new Map<string, Buffer>()
    for (const [key, value] of this.#values) control.set(nameOnDisk(key), value)
    // Without a name nobody could tell later whether the topic is the same.
    if (this.#name !== undefined) {
      const { partitions } = this.#options
      const position = { layout: diskLayout, next: this.#next, at: this.#at, partitions, name: this.#name }
      control.set('position', encodePosition(position))
    }
    return control
  }
}

function nameOnDisk(controlKey: string): string {
  return controlKey.slice(controlPrefix.length)
}
