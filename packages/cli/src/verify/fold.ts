import {
  createPartition,
  isOrderEvent,
  step,
  type ConversionRow,
  type CreditRow,
  type Label,
  type Outcome,
  type Output,
  type PartitionState,
  type SessionRow,
  type StepResult,
  type StorefrontEvent,
} from '@cairn/domain'
import { createVisitorCodec, readEventInput, type Catalog, type Codec, type Incoming } from '@cairn/runtime'
import { SentOrderEvents } from './order-events.ts'
import { nobody } from './sql/left-out.ts'
import { SaidVerdicts } from './verdicts.ts'

/** A row as the fold gives it; a later one of a session, conversion or credit replaces the earlier. */
export type FoldedRow =
  | { readonly table: 'events'; readonly key: number; readonly row: Label & StorefrontEvent }
  | { readonly table: 'sessions'; readonly key: string; readonly row: SessionRow }
  | { readonly table: 'event_moves'; readonly key: number; readonly row: EventMove }
  | { readonly table: 'conversions'; readonly key: string; readonly row: ConversionRow }
  | { readonly table: 'credits'; readonly key: string; readonly row: CreditRow }

/** Where an event is that is not in the session it was written under; a merge of that session says nothing here. */
export interface EventMove extends Pick<SessionRow, 'site' | 'visitor_id' | 'session_id' | 'version'> {
  readonly input_offset: number
}

/** An event of an order that came again under its id with other content: whose it is, and the order it speaks of then. */
export interface OrderConflict {
  readonly site: string
  readonly order_id: string
  readonly whose: string
}

/** One partition of topic `events`, folded again from the beginning. */
export class PartitionFold {
  readonly outcomes: Record<Outcome, number> = {
    accepted: 0,
    duplicate: 0,
    duplicate_conflict: 0,
    poison: 0,
    control: 0,
    verdict: 0,
    verdict_repeated: 0,
    verdict_forgotten: 0,
  }
  late = 0
  readonly conflicting: OrderConflict[] = []
  readonly verdicts = new SaidVerdicts()
  readonly orderEvents = new SentOrderEvents()
  /** Where the flush stands that this fold runs to; undefined until it is reached. */
  end: number | undefined
  readonly #fold: PartitionState
  readonly #codec: Codec
  readonly #take: (row: FoldedRow) => void
  #flushId: string | undefined

  constructor(catalog: Catalog, codec: Codec, take: (row: FoldedRow) => void) {
    this.#fold = createPartition(createVisitorCodec(catalog))
    this.#codec = codec
    this.#take = take
  }

  /** Names the flush to run to, before it is added. */
  endAt(flushId: string): void {
    this.#flushId = flushId
  }

  /** Folds records in their order; of those after the flush it is only noted which speak of orders. */
  add(records: readonly Incoming[]): void {
    for (const source of records) {
      const { record } = readEventInput(this.#codec, source)
      const event = record.body.kind === 'event' ? record.body.event : undefined
      if (event !== undefined) this.orderEvents.add(event, this.end !== undefined)
      if (this.end !== undefined) continue
      if (record.body.kind === 'verdict') this.verdicts.add(record.key, record.body.verdict)
      let result = step(this.#fold, record)
      for (;;) {
        for (const output of result.outputs) this.#pass(output, record.offset, event)
        if (result.isDone) break
        result = step(this.#fold, record)
      }
      this.#count(result, event)
    }
  }

  #count({ outcome, late }: StepResult, event: StorefrontEvent | undefined): void {
    this.outcomes[outcome]++
    if (late) this.late++
    if (outcome !== 'duplicate_conflict' || event === undefined || !isOrderEvent(event)) return
    const { site, order_id, visitor_id, event_id } = event
    this.conflicting.push({ site, order_id, whose: visitor_id === '' ? nobody(event_id) : visitor_id })
  }

  #pass(output: Output, offset: number, event: StorefrontEvent | undefined): void {
    switch (output.kind) {
      case 'labelled':
        if (event !== undefined) this.#take({ table: 'events', key: offset, row: { ...output.label, ...event } })
        break
      case 'session':
        this.#take({ table: 'sessions', key: output.row.session_id, row: output.row })
        this.#passMoves(output.row)
        break
      case 'conversion':
        this.#take({ table: 'conversions', key: output.row.conversion_id, row: output.row })
        break
      case 'credit':
        this.#take({ table: 'credits', key: output.row.conversion_id, row: output.row })
        break
      case 'barrier':
        if (output.flush_id === this.#flushId) this.end = offset
        break
      case 'dead-letter':
        break
    }
  }

  #passMoves({ site, visitor_id, session_id, version, moved_offsets }: SessionRow): void {
    for (const input_offset of moved_offsets) {
      const row = { site, visitor_id, session_id, version, input_offset }
      this.#take({ table: 'event_moves', key: input_offset, row })
    }
  }
}
