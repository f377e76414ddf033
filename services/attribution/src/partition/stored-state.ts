import { join } from 'node:path'
import {
  DiskFailure,
  emptyDisk,
  isFence,
  openStateDisk,
  PartitionStopped,
  type FencedProducer,
  type Incoming,
  type Outgoing,
  type OwnedPartition,
  type StateDisk,
  type StateReader,
  type States,
  visitorLayout,
} from '@cairn/runtime'
import { decodePosition, diskLayout, encodePosition, unfit, type TopicName } from './disk-position.ts'
import type { Shell } from './shell.ts'
import { checkpointKey, emptySavedState, metaKey, nameKey, nameRecord, readControl, readName } from './state.ts'

/** States that are read before they are written to the disk together. */
const writtenAtOnce = { states: 30_000, bytes: 16 * 1024 * 1024 }

/**
 * The state topic of a partition as far as it is read, kept on disk: always what a beginning of the topic says, so that
 * reading can go on from there. Whatever is wrong with the disk, it is thrown away and the topic read from its beginning.
 */
export class StoredState implements StateReader {
  readonly saved = emptySavedState()
  readonly #shell: Shell
  readonly #partition: OwnedPartition
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

  constructor(shell: Shell, partition: OwnedPartition) {
    this.#shell = shell
    this.#partition = partition
  }

  get disk(): StateDisk {
    if (this.#open === undefined) throw new Error('the disk is opened with the first reading')
    return this.#open
  }

  /** Opens the disk, and finds out from where the topic is to be read on. */
  readonly from: NonNullable<StateReader['from']> = async (fence, lookAt) => {
    const { disk, discarded } = await openStateDisk(this.#options, this.#partition.lost)
    this.#open = disk
    if (discarded !== undefined) this.#shell.observe.discarded(this.#partition.partition, discarded)
    const position = decodePosition(disk.control('position'))
    this.#fence = { offset: fence, at: Date.now() }
    if (position === undefined && disk.size === 0) return 0
    const { config, deletesKeptMs } = this.#shell
    const present = { partitions: config.CAIRN_PARTITIONS, end: fence, now: Date.now(), deletesKeptMs }
    // Without a position, reading it had only begun.
    const reason = position && (unfit(position, present) ?? (await this.#misnamed(position.name, lookAt)))
    if (position === undefined || reason !== undefined) {
      this.#shell.observe.discarded(this.#partition.partition, reason ?? 'unfinished')
      await disk.discard()
      this.#open = emptyDisk(this.#options)
      return 0
    }
    this.isWarm = true
    this.#name = position.name
    this.#next = position.next
    this.#at = position.at
    for (const [key, name] of controlNames) {
      const value = disk.control(name)
      if (value !== undefined) readControl(this.#shell.codec, this.saved, { key, value, offset: position.next })
    }
    return position.next
  }

  /** Takes in records of the state topic in their order; the last value of a key counts, a tombstone removes it. */
  readonly take = async (records: readonly Incoming[]): Promise<void> => {
    for (const record of records) {
      if (isFence(record)) continue
      if (record.key === nameKey) this.#name = readName(this.#shell.codec, record)
      else if (!readControl(this.#shell.codec, this.saved, record)) this.#note(record)
    }
    const last = records.at(-1)
    if (last !== undefined) [this.#next, this.#at] = [last.offset + 1, Math.min(last.timestamp, Date.now())]
    if (this.#read.size >= writtenAtOnce.states || this.#readBytes >= writtenAtOnce.bytes) await this.#writeRead()
  }

  /** What the last reading has left goes to the disk, and the topic gets a name if it has none. */
  async finish(producer: FencedProducer): Promise<void> {
    ;[this.#next, this.#at] = [this.#fence.offset + 1, this.#fence.at]
    if (this.#name === undefined) {
      const { record, id } = nameRecord(this.#shell.codec)
      const topic = this.#shell.topic('attribution-state')
      const end = await producer.transactOne(this.#partition.partition, topic, record)
      if (end.end !== 'committed' || end.offset === undefined)
        throw new Error('the state topic could not be given a name', { cause: end })
      this.#name = { offset: end.offset, id }
    }
    await this.#writeRead()
  }

  /**
   * Writes what a committed checkpoint has written to the topic: the states, and the control records by key.
   *
   * @param next the offset after its records; undefined where the broker did not say, and they will be read once more
   * @param at a time before its transaction began, UTC milliseconds
   */
  async store(states: States, control: readonly Outgoing[], next: number | undefined, at: number): Promise<void> {
    const { faults } = this.#shell
    for (const { key, value } of control) if (value !== null) this.saved.values.set(key, value)
    if (next !== undefined) [this.#next, this.#at] = [next, at]
    await faults.reach('attribution.before-store')
    await this.disk.write(states, this.#control(), () => faults.reach('attribution.mid-store'))
    this.disk.proven()
  }

  /** What a failure of the disk means for the partition. */
  async explained(error: unknown): Promise<unknown> {
    if (!(error instanceof DiskFailure)) return error
    if (error.reason === 'full') {
      return new PartitionStopped(
        'disk_full',
        `${error.message}: make room, or give the service another STATE_DIR, and start it again; nothing is lost, all of it is in Kafka`,
      )
    }
    this.#shell.observe.discarded(this.#partition.partition, 'unreadable')
    await this.#open?.discard()
    this.#open = undefined
    return error
  }

  async close(): Promise<void> {
    await this.#open?.close()
  }

  get #options() {
    const { config, visitorCodec, diskWrites: writes } = this.#shell
    const name = `${config.CAIRN_NAMESPACE}.attribution-${this.#partition.partition}`
    return { folder: join(config.STATE_DIR, name), layout: visitorLayout(visitorCodec), writes }
  }

  async #misnamed({ offset, id }: TopicName, lookAt: (offset: number) => Promise<Incoming | undefined>) {
    const found = await lookAt(offset)
    if (found?.offset !== offset || found.key !== nameKey) return 'another_topic'
    return readName(this.#shell.codec, found)?.id === id ? undefined : 'another_topic'
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
    for (const [key, name] of controlNames) {
      const value = this.saved.values.get(key)
      if (value !== undefined) control.set(name, value)
    }
    // Without a name nobody could tell later whether the topic is the same.
    if (this.#name !== undefined) {
      const { next, at, name } = { next: this.#next, at: this.#at, name: this.#name }
      const partitions = this.#shell.config.CAIRN_PARTITIONS
      control.set('position', encodePosition({ layout: diskLayout, next, at, partitions, name }))
    }
    return control
  }
}

const controlNames = [
  [checkpointKey, 'checkpoint'],
  [metaKey, 'meta'],
] as const
