import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  decided,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  orderTruth,
  sessionRules,
  SPAN,
  visitorEvents,
  Warehouse,
  type Arriving,
  type DrawnRules,
  windowedGoals,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, Output } from '../index.ts'
import { createPartition, step } from '../index.ts'

const order = { kind: 'macro', value: 'event', dedupe_by: 'order_id' }
const goals = [
  { ...order, name: 'buy', match: { event: 'purchase' } },
  // Of an order whose value and coupon may come after its session is let go.
  { ...order, name: 'large', match: { event: 'purchase', fields: { value: { gte: 1 } } } },
  { ...order, name: 'coded', kind: 'micro', match: { event: 'purchase', fields: { coupon: 'MAY' } } },
  { name: 'pay', kind: 'micro', match: { event: 'purchase' }, value: 'event', count: 'every' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
  ...compoundGoals,
  ...windowedGoals,
]

const scenario = visitorEvents.chain((events) => fc.record({ arriving: arrivals(events), rules: sessionRules }))

type Scenario = { readonly arriving: readonly Arriving[]; readonly rules: DrawnRules }

/** With a grace so short that repeats come while their session is kept, after it is forgotten, and in between. */
function logOf({ arriving, rules }: Scenario): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  log.definitions(now, 1, { session: { ...rules.session, gap: '10m', grace: '4m', max_duration: '1h' }, goals })
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then === 'tick') log.tick(now)
    if (then === 'flush') log.flush(now)
  }
  const whole = new LogBuilder(decided(log.records, 2))
  whole.flush(now)
  return whole.records
}

/** What the warehouse holds in the end; `watch` sees each step's outputs before they are applied. */
function folded(records: readonly LogRecord[], watch?: (output: Output, warehouse: Warehouse) => void): Warehouse {
  const partition = createPartition(jsonVisitorCodec)
  const warehouse = new Warehouse()
  for (const record of records) {
    const { outputs } = step(partition, record)
    for (const output of outputs) watch?.(output, warehouse)
    warehouse.apply(outputs)
  }
  return warehouse
}

/** Whether an output speaks of something as there that the warehouse has as retracted or withdrawn. */
function comesBack(output: Output, { moves, sessions, conversions }: Warehouse): boolean {
  if (output.kind === 'labelled') return moves.has(output.label.session_id ?? '')
  if (output.kind === 'session')
    return output.row.is_deleted === 0 && sessions.get(output.row.session_id)?.is_deleted === 1
  if (output.kind === 'conversion')
    return output.row.is_deleted === 0 && conversions.get(output.row.conversion_id)?.is_deleted === 1
  return false
}

describe('arrivals and repeats beyond grace', () => {
  it('keep the roll-up equal to the rows that stand', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const warehouse = folded(logOf(drawn))
        expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
      }),
      { numRuns: 200 },
    )
  })

  it('are in one session each: no session replaces another', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const warehouse = folded(logOf(drawn))
        const inSessions = [...warehouse.labels.keys()].filter((offset) => warehouse.sessionOf(offset) !== null)
        const events = warehouse.liveSessions().reduce((sum, row) => sum + row.events, 0)
        expect(events).toBe(inSessions.length)
      }),
      { numRuns: 200 },
    )
  })

  it('make a conversion each: none replaces another, and sessions count those that name them', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        // What becomes of an order when its session is forgotten is not said of the session any more.
        const arriving = drawn.arriving.map((one) => ({ ...one, event: { ...one.event, order_id: '' } }))
        const records = logOf({ ...drawn, arriving })
        const warehouse = folded(records)
        const purchases = records.filter(
          ({ offset, body }) => body.kind === 'event' && body.event.name === 'purchase' && warehouse.labels.has(offset),
        )
        const conversions = warehouse.liveConversions()
        expect(conversions.filter((row) => row.goal === 'pay')).toHaveLength(purchases.length)
        const counted = warehouse.liveSessions().map(({ session_id }) => {
          const own = conversions.filter((row) => row.session_id === session_id)
          const micro = own.filter((row) => row.kind === 'micro').length
          return { session_id, micro, macro: own.length - micro }
        })
        const told = warehouse.liveSessions().map(({ session_id, micro, macro }) => ({ session_id, micro, macro }))
        expect(counted).toEqual(told)
      }),
      { numRuns: 200 },
    )
  })

  it('leave every order one conversion, of who bought, worth what is left of it, by the coupon and promotion it has', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const conversions = folded(logOf(drawn)).liveConversions()
        const orders = conversions.filter(({ goal, order_id }) => goal === 'buy' && order_id !== '')
        const found = orders.map(
          ({ order_id, visitor_id, order_status, value_minor, refunded_minor, coupon, promotion }) => {
            return { order_id, visitor_id, status: order_status, value_minor, refunded_minor, coupon, promotion }
          },
        )
        const events = drawn.arriving.map(({ event }) => event)
        const truths = ['o1', 'o2'].flatMap((order_id) => {
          const truth = orderTruth(events.filter((event) => event.order_id === order_id))
          if (truth === undefined) return []
          const { visitor_id, status, value_minor, refunded_minor, coupon, promotion } = truth
          const net = value_minor === null ? null : value_minor - refunded_minor
          return [{ order_id, visitor_id, status, value_minor: net, refunded_minor, coupon, promotion }]
        })
        expect(found.sort((a, b) => (a.order_id < b.order_id ? -1 : 1))).toEqual(truths)
      }),
      { numRuns: 200 },
    )
  })

  it('leave every order the conversions of the goals that its value and coupon reach, each macro one with its credit', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const warehouse = folded(logOf(drawn))
        const conversions = warehouse.liveConversions().filter((row) => row.order_status !== '')
        const found = conversions.map(({ order_id, goal }) => `${order_id} ${goal}`)
        const events = drawn.arriving.map(({ event }) => event)
        const truths = ['o1', 'o2'].flatMap((order_id) => {
          const truth = orderTruth(events.filter((event) => event.order_id === order_id))
          if (truth === undefined) return []
          const reached = ['buy', ...(truth.coupon === 'MAY' ? ['coded'] : [])]
          return [...reached, ...((truth.value_minor ?? 0) >= 100 ? ['large'] : [])].map(
            (goal) => `${order_id} ${goal}`,
          )
        })
        expect(found.sort()).toEqual(truths)
        const credits = warehouse.liveCredits().map(({ row }) => row)
        for (const { conversion_id, order_id, kind, value_minor } of conversions) {
          const own = credits.filter((row) => row.conversion_id === conversion_id).map((row) => row.value_minor)
          expect([order_id, ...own]).toEqual(kind === 'macro' ? [order_id, value_minor] : [order_id])
        }
      }),
      { numRuns: 200 },
    )
  })

  it('bring no id back that was retracted or withdrawn', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const back: Output[] = []
        folded(logOf(drawn), (output, warehouse) => {
          if (comesBack(output, warehouse)) back.push(output)
        })
        expect(back).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('count an event once in a session, however late it is repeated', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const records = logOf(drawn)
        const warehouse = folded(records)
        const placed = records.flatMap(({ offset, body }) => {
          const session = warehouse.sessionOf(offset)
          return body.kind === 'event' && session !== null ? [`${session} ${body.event.event_id}`] : []
        })
        expect(new Set(placed).size).toBe(placed.length)
      }),
      { numRuns: 200 },
    )
  })
})
