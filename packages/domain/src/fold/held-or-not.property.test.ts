import { describe, expect, it } from '@jest/globals'
import { buildEvent, decided, EPOCH, folded, LogBuilder } from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { StorefrontEvent } from '../index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const fixed = { amount: 5, currency: 'EUR' }
const matches = {
  buy: { event: 'purchase' },
  large: { event: 'purchase', fields: { value: { gte: 2 } } },
  coded: { event: 'purchase', fields: { coupon: 'MAY' } },
}

/** The goals of orders as they may be defined at one time: worth and kind are drawn anew, and some are left out. */
const goals = fc.subarray(Object.entries(matches)).chain((defined) =>
  fc.tuple(
    ...defined.map(([name, match]) =>
      fc.record({
        name: fc.constant(name),
        match: fc.constant(match),
        kind: fc.constantFrom('macro', 'macro', 'micro'),
        value: fc.constantFrom<unknown>('event', 'event', fixed, { ...fixed, currency: 'USD' }, { property: 'margin' }),
        dedupe_by: fc.constant('order_id'),
      }),
    ),
  ),
)

/** Milliseconds since what came before: sessions with the short grace are let go between them, the others never. */
const after = fc.constantFrom(0, 1, 5 * MINUTE, HOUR, 25 * HOUR, 2 * DAY)

const event = fc.oneof(
  fc.record({
    name: fc.constantFrom('purchase', 'purchase', 'purchase', 'refund', 'order_updated', 'order_cancelled'),
    order_id: fc.constantFrom('o1', 'o1', 'o2'),
    value_minor: fc.constantFrom(100, 250, 70, 400),
    currency: fc.constant('EUR'),
    coupon: fc.constantFrom('', '', 'MAY'),
    visitor_id: fc.constantFrom('v1', 'v1', 'v2', ''),
    user_id: fc.constantFrom('', '', '', 'u1', 'u2'),
    is_server: fc.constantFrom(false, false, true),
    properties: fc.constantFrom<Record<string, string>>({}, { margin: '1.5' }),
  }),
  fc.record({
    name: fc.constant('page_view'),
    visitor_id: fc.constantFrom('v1', 'v1', 'v2'),
    source: fc.constantFrom('', '', 'letter', 'paper'),
  }),
)

const history = fc.array(fc.record({ after, event, goals: fc.option(goals, { freq: 3 }) }), {
  minLength: 2,
  maxLength: 15,
  size: 'max',
})

/** What the orders of a history come to in the end, each conversion with what its credits are of. */
function comesTo(sent: readonly Step[], first: readonly object[], grace: string, delay: number): string[] {
  const log = new LogBuilder()
  const session = { gap: '30m', grace }
  let [now, number] = [EPOCH, 1]
  log.definitions(now, number, { session, goals: first })
  for (const [at, step] of sent.entries()) {
    now += step.after
    if (step.goals !== null) log.definitions(now, ++number, { session, goals: step.goals })
    log.event(now, buildEvent({ event_id: `e${(at * 7) % 19}`, content_hash: at, event_time: now, ...step.event }))
    log.tick(now)
  }
  const warehouse = folded(decided(log.records, delay))
  const credits = warehouse.liveCredits().map(({ row }) => row)
  return warehouse
    .liveConversions()
    .map(({ conversion_id, goal, kind, visitor_id, order_id, order_status, ...worth }) => {
      const { value_minor, currency, refunded_minor, coupon } = worth
      const credited = credits.filter((row) => row.conversion_id === conversion_id)
      const shared = credited.map((row) => [row.value_minor, row.currency])
      const counted = [order_id, order_status, goal, kind, visitor_id, value_minor, currency, refunded_minor, coupon]
      return JSON.stringify([...counted, shared])
    })
    .sort()
}

interface Step {
  readonly after: number
  readonly event: Partial<StorefrontEvent>
  readonly goals: readonly object[] | null
}

describe('orders whose goals are defined otherwise again and again', () => {
  it('come to the same whether their sessions were let go meanwhile or not', () => {
    fc.assert(
      fc.property(history, goals, fc.constantFrom(0, 0, 3), (sent, first, delay) => {
        expect(comesTo(sent, first, '1m', delay)).toEqual(comesTo(sent, first, '30d', delay))
      }),
      { numRuns: 300 },
    )
  })
})
