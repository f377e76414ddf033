import type { Inbox, Incoming } from '@cairn/runtime'
import type { Ends } from '../shell.ts'
import type { BatchBuilder } from './batch.ts'

export interface GatherLimits {
  readonly rows: number
  readonly bytes: number
}

/** Records are taken from the inbox in pieces so that a batch ends close to its limit in bytes. */
const piece = 500
const pollMs = 1000

/**
 * Moves records from an inbox into batches. What is gathered for a batch no longer counts against the inbox, so a
 * topic-partition holds at most one full inbox and one full batch.
 */
export class Gatherer {
  readonly #inbox: Inbox
  readonly #limits: GatherLimits
  /** Taken from the inbox, not yet in a batch. */
  #waiting: Incoming[] = []
  #unknownSchema: number | undefined

  constructor(inbox: Inbox, limits: GatherLimits) {
    this.#inbox = inbox
    this.#limits = limits
  }

  /** Offset of the next record that is not in a batch yet. */
  get position(): number {
    return this.#waiting[0]?.offset ?? this.#inbox.position
  }

  /** Broker time of that record, when it is here already. */
  get oldest(): number | undefined {
    return this.#waiting[0]?.timestamp ?? this.#inbox.oldestTimestamp
  }

  /** The schema id that ended the last batch because the catalog lacks it. */
  get unknownSchema(): number | undefined {
    return this.#unknownSchema
  }

  /**
   * Fills a batch until it is full, ends with a barrier, meets an unknown schema or `dueInMs()` has run out. It stays
   * empty when nothing came for `idleMs`, an unknown schema stands first or the service stops.
   */
  async fill(batch: BatchBuilder, due: { readonly dueInMs: () => number; readonly idleMs: number }, ends: Ends) {
    const idleSince = performance.now()
    while (!this.#add(batch, Infinity)) {
      const leftMs = batch.records > 0 ? due.dueInMs() : due.idleMs - (performance.now() - idleSince)
      if (leftMs <= 0 || ends.stopping.aborted) return
      await this.#inbox.waitForRecords(leftMs, ends.signal)
    }
  }

  /** Fills a batch with exactly the records before `end`, whatever the limits say: an earlier owner's batch again. */
  async fillUpTo(batch: BatchBuilder, end: number, ends: Ends): Promise<void> {
    while (!this.#add(batch, end) && this.position < end && !ends.stopping.aborted)
      await this.#inbox.waitForRecords(pollMs, ends.signal)
  }

  /** Adds what is there. True when the batch is complete. */
  #add(batch: BatchBuilder, end: number): boolean {
    this.#unknownSchema = undefined
    for (;;) {
      if (this.#waiting.length === 0) this.#waiting = this.#inbox.take(piece)
      if (this.#waiting.length === 0) return false
      if (this.#addWaiting(batch, end)) return true
    }
  }

  #addWaiting(batch: BatchBuilder, end: number): boolean {
    const whole = end !== Infinity
    for (const [i, record] of this.#waiting.entries()) {
      const full = !whole && (batch.records >= this.#limits.rows || batch.bytes >= this.#limits.bytes)
      const added = record.offset >= end || full ? 'left' : batch.add(record)
      if (added === 'taken') continue
      if (added === 'unknown_schema') this.#unknownSchema = record.value?.readUInt32BE(1)
      this.#waiting = this.#waiting.slice(added === 'barrier' ? i + 1 : i)
      return true
    }
    this.#waiting = []
    return false
  }
}
