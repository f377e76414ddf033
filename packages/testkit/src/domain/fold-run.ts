import {
  createPartition,
  eventKey,
  promotionOf,
  step,
  type ConversionRow,
  type CreditRow,
  type LogRecord,
  type Millis,
  type Outcome,
  type PartitionState,
  type SessionRow,
  type StepResult,
  type StorefrontEvent,
  type Verdict,
} from '@cairn/domain'
import { jsonVisitorCodec } from './codec.ts'
import { buildEvent } from './event.ts'
import { LogBuilder } from './log.ts'

/** Folds a record to its end; the result of its last step, with the outputs of all of them. */
export function foldWhole(partition: PartitionState, record: LogRecord): StepResult {
  const first = step(partition, record)
  if (first.isDone) return first
  const outputs = [...first.outputs]
  for (;;) {
    const result = step(partition, record)
    for (const output of result.outputs) outputs.push(output)
    if (result.isDone) return { ...result, outputs }
  }
}

/** A step's result, its outputs sorted by kind. */
export interface Stepped {
  readonly outcome: Outcome
  readonly late: boolean
  /** Session the event was labelled with; undefined when it was not labelled. */
  readonly labelled: string | null | undefined
  readonly goals: readonly string[]
  readonly sessions: readonly SessionRow[]
  readonly conversions: readonly ConversionRow[]
  readonly credits: readonly CreditRow[]
  readonly result: StepResult
}

/** A partition under test: what is sent to it is folded at once. */
export class FoldRun {
  readonly partition: PartitionState
  readonly log: LogBuilder

  constructor(partition: PartitionState = createPartition(jsonVisitorCodec), log = new LogBuilder()) {
    this.partition = partition
    this.log = log
  }

  /** An event of visitor v1 that arrives at `appendedAt` and happened then, unless `fields` says otherwise. */
  event(appendedAt: Millis, fields: Partial<StorefrontEvent> & Pick<StorefrontEvent, 'event_id'>): Stepped {
    return this.fold(this.log.event(appendedAt, buildEvent({ event_time: appendedAt, ...fields })))
  }

  /** What the order of a purchase of visitor v1 comes to: placed, unless `fields` says otherwise. */
  verdict(appendedAt: Millis, purchase: StorefrontEvent, fields: Partial<Verdict>): Stepped {
    const { order_id } = purchase
    const { value_minor = purchase.value_minor, currency = purchase.currency, coupon = purchase.coupon } = fields
    const event = { ...purchase, value_minor, currency, coupon }
    const placed = { order_id, order_offset: 1, number: 1, status: 'placed', refunded_minor: 0, event } as const
    const worth = { value_minor, currency, coupon, sent_currency: purchase.currency }
    const verdict = { ...placed, promotion: promotionOf(purchase), ...fields, ...worth }
    return this.fold(this.log.verdict(appendedAt, eventKey(purchase), verdict))
  }

  tick(appendedAt: Millis): Stepped {
    return this.fold(this.log.tick(appendedAt))
  }

  flush(appendedAt: Millis): Stepped {
    return this.fold(this.log.flush(appendedAt))
  }

  /** @throws Error when the definitions are refused; {@link refused} takes those */
  define(appendedAt: Millis, json: unknown, number = this.partition.definitions.number + 1): Stepped {
    return this.fold(this.log.definitions(appendedAt, number, json))
  }

  /**
   * Definitions that are to be refused.
   *
   * @throws Error when they come into force
   */
  refused(appendedAt: Millis, json: unknown): Stepped {
    const number = this.partition.definitions.number + 1
    const body = { kind: 'definitions', number, json: JSON.stringify(json) } as const
    const stepped = this.fold(this.log.add(appendedAt, '', body))
    if (stepped.outcome !== 'poison') throw new Error(`the definitions are not refused: ${body.json}`)
    return stepped
  }

  fold(record: LogRecord): Stepped {
    const result = foldWhole(this.partition, record)
    const label = result.outputs.flatMap((output) => (output.kind === 'labelled' ? [output.label] : []))[0]
    return {
      result,
      outcome: result.outcome,
      late: result.late,
      labelled: label?.session_id,
      goals: label?.goals ?? [],
      sessions: result.outputs.flatMap((output) => (output.kind === 'session' ? [output.row] : [])),
      conversions: result.outputs.flatMap((output) => (output.kind === 'conversion' ? [output.row] : [])),
      credits: result.outputs.flatMap((output) => (output.kind === 'credit' ? [output.row] : [])),
    }
  }
}
