import type { LogRecord } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'

/** So that nobody has expired when the last one comes. */
const span = 29 * 86_400_000
const start = Date.UTC(2026, 4, 4, 8)
const eventsEach = 3
/** Visitors that come between two events of one. */
const between = 20
const sources = ['', 'google', 'newsletter', 'facebook'] as const

/** A log in which so many visitors come one after the other within 29 days, each with three events. */
export class VisitorLog {
  readonly events: number
  readonly #visitors: number

  constructor(visitors: number) {
    this.#visitors = visitors
    this.events = visitors * eventsEach
  }

  definitions(): LogRecord {
    const json = JSON.stringify({ session: { grace: '30d' }, goals: [] })
    return { offset: 0, appendedAt: start, key: '', body: { kind: 'definitions', number: 0, json } }
  }

  /** The event at an offset from 1 on; after all have come, they come again in an order that no cache foresees. */
  at(offset: number): LogRecord {
    const place = offset - 1
    const part = place % eventsEach
    const turn = (place - part) / eventsEach
    const isReturn = place >= this.events
    const came = turn - part * between
    const visitor = isReturn ? (place * 7_919) % this.#visitors : came < 0 ? came + this.#visitors : came
    const appendedAt = start + Math.floor((Math.min(place, this.events) / this.events) * span) + Math.max(0, place - this.events) // prettier-ignore
    const source = sources[visitor % sources.length] as string
    const event = buildEvent({
      visitor_id: `5f0c${visitor.toString(16).padStart(8, '0')}-6a1d-4be2-9c57`,
      event_id: `7b1e${offset.toString(16).padStart(10, '0')}`,
      event_time: appendedAt,
      path: `/products/${visitor % 5_000}`,
      source,
      medium: source === '' ? '' : 'paid',
      campaign: source === '' ? '' : 'spring_sale',
    })
    return { offset, appendedAt, key: `shop:${event.visitor_id}`, body: { kind: 'event', event } }
  }
}
