import {
  commit,
  createPartition,
  step,
  type ConversionRow,
  type Label,
  type Outcome,
  type Output,
  type PartitionState,
  type SessionRow,
  type StorefrontEvent,
} from '@cairn/domain'
import { createVisitorCodec, readEventInput, type Catalog, type Codec, type Incoming } from '@cairn/runtime'
import { fingerprint } from './fingerprint.ts'
import { RollUp } from './roll-up.ts'

export type LabelledEvent = Label & StorefrontEvent

/** What one partition of the warehouse must hold, by folding its events again from the beginning. */
export class ExpectedPartition {
  readonly outcomes: Record<Outcome, number> = {
    accepted: 0,
    duplicate: 0,
    duplicate_conflict: 0,
    poison: 0,
    control: 0,
  }
  late = 0
  /** Fingerprint of each labelled event, by its offset in topic `events`. */
  readonly events = new Map<number, string>()
  readonly sessions = new Map<string, SessionRow>()
  readonly conversions = new Map<string, ConversionRow>()
  /** Reached the flush this fold runs to. */
  complete = false
  readonly #fold: PartitionState
  readonly #codec: Codec
  readonly #flushId: string

  constructor(catalog: Catalog, codec: Codec, flushId: string) {
    this.#fold = createPartition(createVisitorCodec(catalog))
    this.#codec = codec
    this.#flushId = flushId
  }

  /** Folds records in their order; those after the flush are left alone. */
  add(records: readonly Incoming[]): void {
    for (const source of records) {
      if (this.complete) return
      const { record } = readEventInput(this.#codec, source)
      const { outputs, outcome, late } = step(this.#fold, record)
      commit(this.#fold)
      this.outcomes[outcome]++
      if (late) this.late++
      for (const output of outputs)
        this.#take(output, record.offset, record.body.kind === 'event' ? record.body.event : undefined)
    }
  }

  #take(output: Output, offset: number, event: StorefrontEvent | undefined): void {
    switch (output.kind) {
      case 'labelled':
        if (event !== undefined) this.events.set(offset, fingerprint({ ...output.label, ...event }))
        break
      case 'session':
        this.sessions.set(output.row.session_id, output.row)
        break
      case 'conversion':
        this.conversions.set(output.row.conversion_id, output.row)
        break
      case 'barrier':
        this.complete ||= output.flush_id === this.#flushId
        break
      case 'dead-letter':
        break
    }
  }

  rollUp(): RollUp {
    const rollUp = new RollUp()
    for (const session of this.sessions.values()) rollUp.add(session)
    return rollUp
  }
}
