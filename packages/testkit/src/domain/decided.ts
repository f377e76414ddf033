import { isOrderEvent, Orders, orderKey, type LogRecord, type Verdict, type WrittenVerdict } from '@cairn/domain'
import { eventOf, jsonOrderCodec, wireOf } from './order-codec.ts'

/** A record of the log before it has its place there. */
export type Placeless = Omit<LogRecord, 'offset'>

/**
 * The log of `events` as it is once orders are decided: the given records in their order, and the verdicts that the fold
 * of orders appends to them. Offsets count up from 0, whatever they were before.
 *
 * @param delay how many of the given records come between an event and its verdicts, 0 for none; a verdict never
 * overtakes another, and what is left comes after the last record
 */
export function decided(records: readonly Placeless[], delay: number | (() => number) = 0): LogRecord[] {
  const decider = new Decider()
  const delayOf = typeof delay === 'number' ? () => delay : delay
  const waiting: { readonly verdict: Placeless; readonly due: number }[] = []
  const log: LogRecord[] = []
  const put = ({ appendedAt, key, body }: Placeless) => log.push({ offset: log.length, appendedAt, key, body })
  records.forEach((record, at) => {
    put(record)
    for (const verdict of decider.take(record)) waiting.push({ verdict, due: at + delayOf() })
    for (let next = waiting[0]; next !== undefined && next.due <= at; next = waiting[0]) {
      put({ ...next.verdict, appendedAt: record.appendedAt })
      waiting.shift()
    }
  })
  const { appendedAt } = records.at(-1) ?? { appendedAt: 0 }
  for (const { verdict } of waiting) put({ ...verdict, appendedAt })
  return log
}

/** The fold of orders beside a log under test: gives the verdicts that each record of it brings about. */
export class Decider {
  readonly #orders = new Orders(jsonOrderCodec)

  take({ appendedAt, body }: Placeless): Placeless[] {
    if (body.kind !== 'event' || !isOrderEvent(body.event)) return []
    const { event } = body
    const sent = { kind: 'event', event, wire: wireOf(event) } as const
    const offset = this.#orders.position
    const { verdicts } = this.#orders.step({ offset, appendedAt, key: orderKey(event), body: sent })
    return verdicts.map(({ key, verdict }) => ({
      appendedAt,
      key,
      body: { kind: 'verdict', verdict: readVerdict(verdict) },
    }))
  }
}

/** A verdict as the partition of its buyer reads it. */
export function readVerdict({ event, ...said }: WrittenVerdict): Verdict {
  const { value_minor, currency, coupon } = said
  if (event.length === 0) return { ...said, event: null, sent_currency: '' }
  const purchase = eventOf(event)
  return { ...said, event: { ...purchase, value_minor, currency, coupon }, sent_currency: purchase.currency }
}
