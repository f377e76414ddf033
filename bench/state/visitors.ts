import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRecord, Millis, StorefrontEvent } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'
import { buildEvent, Decider } from '@cairn/testkit/domain'
import { repository } from '../processes.ts'

type Body = LogRecord['body']

/** So that no touchpoint is older than the shop's lookback of 30 days when the last one comes. */
const span = 29 * 86_400_000
const start = Date.UTC(2026, 4, 4, 8)
/** The span has so many parts; in each of them a visitor comes at most once. */
const rounds = 8
/** Of twenty visitors, how often each of them comes: most once, one of them in every round. Twice on average. */
const visitsOfTwenty = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8]
/** A visit is a page and an event of these: two of the shop's micro conversions, an order in one visit of thirty. */
const steps = ['view_item', 'view_item', 'view_item', 'add_to_cart', 'search', 'page_view'] as const
const visitsAnOrder = 30
const eventsEach = 2
/** Visits that begin between two events of one. */
const between = 20
const sources = ['', 'google', 'newsletter', 'facebook'] as const

/** A log in which so many visitors come, again and again, within 29 days, under the shop's own definitions. */
export class VisitorLog {
  /** Of the visits, without the verdicts on orders. */
  readonly events: number
  readonly #visitors: number

  constructor(visitors: number) {
    this.#visitors = visitors
    const visits = visitsOfTwenty.reduce(
      (sum, times, i) => sum + times * Math.ceil((visitors - i) / visitsOfTwenty.length),
      0,
    )
    this.events = visits * eventsEach
  }

  /** All of it, the definitions first. */
  *records(): Generator<LogRecord> {
    let offset = 0
    for (const { appendedAt, key, body } of this.#unplaced()) yield { offset: offset++, appendedAt, key, body }
  }

  /** Once all have come: another event of one of them, in an order that no cache foresees. */
  returning(offset: number): LogRecord {
    const visitor = (offset * 7_919) % this.#visitors
    const appendedAt = start + span + (offset % 1_000_000)
    return { offset, ...eventRecord(appendedAt, landing(visitor, rounds, appendedAt)) }
  }

  *#unplaced(): Generator<Omit<LogRecord, 'offset'>> {
    yield { appendedAt: start, key: '', body: definitions() }
    const open: { readonly visitor: number; readonly round: number }[] = []
    for (let round = 0; round < rounds; round++) {
      for (let visitor = 0; visitor < this.#visitors; visitor++) {
        const every = rounds / visitsOfTwenty[visitor % visitsOfTwenty.length]!
        if ((visitor + round) % every !== 0) continue
        const now = start + Math.floor(((round + visitor / this.#visitors) / rounds) * span)
        yield eventRecord(now, landing(visitor, round, now))
        open.push({ visitor, round })
        if (open.length > between) yield* ofStep(open.shift()!, now)
      }
    }
    for (const visit of open) yield* ofStep(visit, start + span)
  }
}

function definitions(): Body {
  const read = readDefinitions(readFileSync(join(repository, 'definitions', 'shop.yaml'), 'utf8'))
  if (!read.ok) throw new Error('definitions/shop.yaml is refused')
  return { kind: 'definitions', number: 0, json: read.json }
}

/** The page that a visit begins with. */
function landing(visitor: number, round: number, at: Millis): StorefrontEvent {
  const source = sources[(visitor + round) % sources.length]!
  return buildEvent({
    ...commonTo(visitor, round, at),
    event_id: idOf('7b1e', visitor, round),
    name: 'page_view',
    source,
    medium: source === '' ? '' : 'paid',
    campaign: source === '' ? '' : 'spring_sale',
  })
}

/** What follows the page, with what is decided of it where it is an order. */
function* ofStep(visit: { readonly visitor: number; readonly round: number }, now: Millis) {
  const { visitor, round } = visit
  // Neighbours, and the visits of one visitor, take different steps.
  const turn = visitor * 7 + round * 5
  const isOrder = turn % visitsAnOrder === 0
  const event = buildEvent({
    ...commonTo(visitor, round, now),
    event_id: idOf('9c3f', visitor, round),
    name: isOrder ? 'purchase' : steps[turn % steps.length]!,
    order_id: isOrder ? `A-${visitor}-${round}` : '',
    value_minor: isOrder ? 4_990 : null,
    currency: isOrder ? 'EUR' : '',
  })
  const record = eventRecord(now, event)
  yield record
  // Each order has a decider of its own: they are many, and this process is to be measured without them.
  if (isOrder) yield* new Decider().take(record)
}

function commonTo(visitor: number, round: number, at: Millis): Partial<StorefrontEvent> {
  return {
    visitor_id: `5f0c${visitor.toString(16).padStart(8, '0')}-6a1d-4be2-9c57`,
    event_time: at,
    received_at: at,
    host: 'shop.example',
    path: `/products/${(visitor + round) % 5_000}`,
  }
}

function idOf(prefix: string, visitor: number, round: number): string {
  return `${prefix}${round.toString(16).padStart(2, '0')}${visitor.toString(16).padStart(8, '0')}`
}

function eventRecord(appendedAt: Millis, event: StorefrontEvent): Omit<LogRecord, 'offset'> {
  return { appendedAt, key: `shop:${event.visitor_id}`, body: { kind: 'event', event } }
}
