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

/** The records of a partition's input that are read and not committed. */
export class PendingRecords {
  readonly #inbox: Inbox
  readonly #partition: OwnedPartition
  readonly #options: PendingOptions
  #records: readonly Incoming[] = []
  /** Attempts in a row that ended at a schema that is not known. */
  #schemaFailures = 0

  constructor(inbox: Inbox, partition: OwnedPartition, options: PendingOptions) {
    this.#inbox = inbox
    this.#partition = partition
    this.#options = options
  }

  get records(): readonly Incoming[] {
    return this.#records
  }

  /** Up to where the input is committed, but for records that say nothing. */
  get progress(): Progress {
    const first = this.#records[0]
    if (first !== undefined) return { position: first.offset, oldest: first.timestamp }
    return { position: this.#inbox.position, oldest: this.#inbox.oldestTimestamp }
  }

  readFrom(offset: number): void {
    this.#inbox.readFrom(offset)
  }

  /** Waits for records where none are left from before: for a second at most, then there may be none. */
  async read(most = Infinity): Promise<void> {
    if (this.#records.length > 0) return
    await this.#inbox.waitForRecords(pollMs, this.#partition.lost)
    this.#records = this.#inbox.take(Math.min(this.#options.most, most))
  }

  /** The first ones are committed. */
  drop(count: number): void {
    this.#records = this.#records.slice(count)
  }

  /** None of them will be committed here. */
  clear(): void {
    this.#records = []
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
