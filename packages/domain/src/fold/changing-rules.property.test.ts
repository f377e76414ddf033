import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  sessionRules,
  SPAN,
  visitorEvents,
  Warehouse,
  type Arriving,
  type DrawnRules,
  windowedGoals,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord } from '../index.ts'
import { createPartition, step } from '../index.ts'

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'pay', kind: 'micro', match: { event: 'purchase' }, value: 'event', count: 'every' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  ...compoundGoals,
  ...windowedGoals,
]

/** Rules with limits that are met, and the number of arrivals they are in force for. */
const period = fc.record({
  rules: sessionRules,
  limits: fc.constantFrom({}, { max_events: 3 }, { max_duration: '30m' }, { gap: '10m', grace: '4m' }),
  arrivals: fc.integer({ min: 1, max: 20 }),
})

interface Period {
  readonly rules: DrawnRules
  readonly limits: object
  readonly arrivals: number
}

const scenario = fc.record({
  arriving: visitorEvents.chain((events) => arrivals(events)),
  periods: fc.array(period, { minLength: 2, maxLength: 6 }),
})

function logOf({ arriving, periods }: { arriving: readonly Arriving[]; periods: readonly Period[] }): LogRecord[] {
  const log = new LogBuilder()
  const changes = periods.flatMap((at) => [at, ...Array.from({ length: at.arrivals - 1 }, () => undefined)])
  let now = EPOCH + SPAN
  for (const [at, { event, afterMs, then }] of arriving.entries()) {
    now += afterMs
    const change = changes[at]
    if (change !== undefined)
      log.definitions(now, at, { session: { ...change.rules.session, ...change.limits }, goals })
    // What becomes of an order when its session is forgotten is not said of the session any more.
    log.event(now, { ...event, order_id: '' })
    if (then === 'tick') log.tick(now)
    if (then === 'flush') log.flush(now)
  }
  log.flush(now)
  return log.records
}

describe('rules that change while sessions run', () => {
  it('leave every event in one session, every conversion with it, and the roll-up equal to the rows', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const partition = createPartition(jsonVisitorCodec)
        const warehouse = new Warehouse()
        for (const record of logOf(drawn)) {
          warehouse.apply(step(partition, record).outputs)
          expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
        }
        const live = new Map(warehouse.liveSessions().map((row) => [row.session_id, { ...row, found: 0 }]))
        for (const offset of warehouse.labels.keys()) {
          const session = warehouse.sessionOf(offset)
          if (session !== null) live.get(session)!.found++
        }
        for (const { events, found, session_id, micro, macro } of live.values()) {
          const own = warehouse.liveConversions().filter((row) => row.session_id === session_id)
          expect({ found, conversions: own.length }).toEqual({ found: events, conversions: micro + macro })
        }
      }),
      { numRuns: 300 },
    )
  })
})
