import { describe, expect, it } from '@jest/globals'
import {
  buildEvent,
  compoundGoals,
  EPOCH,
  folded,
  jsonVisitorCodec,
  LogBuilder,
  MemoryVisitors,
  oracleCompoundGoals,
  oracleWindowedGoals,
  sessionNames,
  sessionRules,
  SPAN,
  truthOf,
  visitorEvents,
  type Warehouse,
  windowedGoals,
  type DrawnRules,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, Millis, PartitionState, StorefrontEvent } from '../index.ts'
import { eventKey, noteStored, restorePartition, takeDirty } from '../index.ts'

const MINUTE = 60_000
/** So short that sessions are let go while later ones of their windows come, and their late events. */
const GAP = 10 * MINUTE
const GRACE = 30 * MINUTE

const goals = [...compoundGoals, ...windowedGoals]
const oracleGoals = [...oracleCompoundGoals, ...oracleWindowedGoals]

/** How long after it happened an event comes, and once more, if at all. */
const delays = fc.tuple(
  fc.constantFrom(0, 0, 1, 5 * MINUTE, 15 * MINUTE, GRACE - 1),
  fc.constantFrom<(Millis | null)[]>(null, null, null, 0, 10 * MINUTE, GRACE - 1),
)

interface Arriving {
  readonly event: StorefrontEvent
  readonly at: Millis
}

interface Scenario {
  readonly arriving: readonly Arriving[]
  readonly rules: DrawnRules
  readonly timeSource: string
  readonly flushes: boolean
}

/**
 * With client sessions and orders that nobody comes back to after they were let go, and orders that no server reports: what
 * counted in a session that was let go stays, also where the buyer's client says it later.
 */
function simpler(event: StorefrontEvent): StorefrontEvent {
  const { event_time, client_session_id, order_id, is_server } = event
  const hour = Math.floor((event_time - EPOCH) / (2 * GAP))
  const named = (id: string) => (id === '' ? '' : `${id} ${hour}`)
  return { ...event, order_id: is_server ? '' : named(order_id), client_session_id: named(client_session_id) }
}

/** Every event comes within grace, some again, those that come at once in any order. */
const scenario: fc.Arbitrary<Scenario> = visitorEvents
  .chain((events) =>
    fc.tuple(...events.map((event) => fc.tuple(fc.constant(simpler(event)), delays, fc.nat(), fc.nat()))),
  )
  .chain((drawn) => {
    const coming = drawn.flatMap(([event, [first, again], order, orderAgain]) => {
      const one = { event, at: event.event_time + first, order }
      return again === null ? [one] : [one, { event, at: event.event_time + Math.max(first, again), order: orderAgain }]
    })
    const arriving = coming.sort((a, b) => a.at - b.at || a.order - b.order)
    return fc.record({
      arriving: fc.constant(arriving),
      rules: sessionRules,
      timeSource: fc.constantFrom('log', 'event'),
      flushes: fc.boolean(),
    })
  })

function logOf({ arriving, rules, timeSource, flushes }: Scenario): LogRecord[] {
  const log = new LogBuilder()
  const session = { ...rules.session, gap: '10m', grace: '30m' }
  log.definitions(EPOCH, 1, { time_source: timeSource, session, goals })
  for (const { event, at } of arriving) {
    log.event(at, event)
    if (flushes) log.flush(at)
  }
  log.flush(EPOCH + SPAN + GRACE)
  return log.records
}

/** Saves all there is and goes on from what was saved. */
function restarts(): (partition: PartitionState) => PartitionState {
  const stored = new MemoryVisitors(jsonVisitorCodec)
  return (partition) => {
    stored.write(takeDirty(partition))
    noteStored(partition)
    const { position, parts, streamTime, eventClock, definitions } = partition
    const checkpoint = {
      position,
      parts,
      stream_time: streamTime,
      event_clock: eventClock,
      definitions_number: definitions.number,
      definitions: definitions.json,
    }
    return restorePartition(jsonVisitorCodec, checkpoint, { cold: stored, cacheBytes: 0 })
  }
}

/** What counts in the end, by visitor: goal, event, worth and the events of the session. */
function shown(records: readonly LogRecord[], warehouse: Warehouse): string[] {
  const named = sessionNames(records, warehouse)
  return warehouse
    .liveConversions()
    .map(({ goal, event_id, value_minor, session_id }) =>
      JSON.stringify([goal, event_id, value_minor, session_id === null ? undefined : named(session_id).sort()]),
    )
    .sort()
}

function expected({ arriving, rules }: Scenario): string[] {
  const events = [...new Set(arriving.map(({ event }) => event))]
  return [...new Set(events.map(eventKey))]
    .flatMap((key) => {
      const own = events.filter((event) => eventKey(event) === key)
      return truthOf(own, { ...rules.oracle, gapMs: GAP }, oracleGoals).conversions
    })
    .map(({ goal, event_id, value_minor, session }) =>
      JSON.stringify([goal, event_id, value_minor, session?.toSorted()]),
    )
    .sort()
}

describe('compound goals within windows, over sessions of which some were let go', () => {
  it('count what the events themselves tell, in whatever order these come within grace, and however often', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const records = logOf(drawn)
        expect(shown(records, folded(records))).toEqual(expected(drawn))
      }),
      { numRuns: 500 },
    )
  })

  it('count the same with a restart after every record', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const records = logOf(drawn)
        const warehouse = folded(records, restarts())
        expect(shown(records, warehouse)).toEqual(expected(drawn))
        expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
      }),
      { numRuns: 100 },
    )
  })
})

/** Sessions of many matches, of which some come late: what completed a goal is not all that may matter. */
const dense = fc.record({
  within: fc.integer({ min: 18, max: 45 }),
  rules: fc.constantFrom({}, { client_session: 'trust' }, { cut_on_campaign: true }, { cut_at_midnight: true }),
  drawn: fc.array(
    fc.record({
      name: fc.constantFrom('search', 'view_item', 'add_to_cart', 'page_view'),
      minute: fc.oneof(
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 30, max: 44 }),
      ),
      is_server: fc.constantFrom(false, false, false, true),
      client_session_id: fc.constantFrom('', 'a', 'b'),
      late: fc.constantFrom(0, 0, 1, 10, 40),
    }),
    { minLength: 8, maxLength: 20 },
  ),
})

function goalsWithin(within: string): unknown[] {
  const part = (event: string, times = 1) => ({ match: { event }, times })
  return [
    { name: 'way', kind: 'micro', compound: { sequence: ['search', 'view_item', 'add_to_cart'].map((e) => part(e)), within } },
    { name: 'twice', kind: 'micro', compound: { sequence: [part('search', 2), part('add_to_cart')], within } },
    { name: 'set', kind: 'micro', compound: { all: [part('search', 2), part('view_item'), part('add_to_cart')], within } },
    { name: 'once', kind: 'micro', count: 'once_per_visitor', compound: { all: [part('search', 2), part('page_view')], within } },
  ] // prettier-ignore
}

describe('compound goals within windows, in sessions of many matches', () => {
  it('count the same whether events come in time or late', () => {
    fc.assert(
      fc.property(dense, ({ within, rules, drawn }) => {
        const sent = drawn.map(({ minute, late, ...fields }, at) => {
          const event = buildEvent({ ...fields, event_id: `e${at}`, event_time: EPOCH + minute * MINUTE + at })
          return { event, inTime: event.event_time, late: event.event_time + late * MINUTE }
        })
        const counted = (when: 'inTime' | 'late') => {
          const log = new LogBuilder()
          const session = { gap: '10m', grace: '24h', ...rules }
          log.definitions(EPOCH, 1, { session, goals: goalsWithin(`${within}m`) })
          for (const one of sent.toSorted((a, b) => a[when] - b[when])) log.event(one[when], one.event)
          const { records } = log
          return folded(records)
            .liveConversions()
            .map(({ goal, event_id }) => `${goal} ${event_id}`)
            .sort()
        }
        expect(counted('late')).toEqual(counted('inTime'))
      }),
      { numRuns: 200 },
    )
  })
})
