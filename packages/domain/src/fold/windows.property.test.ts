import { describe, expect, it } from '@jest/globals'
import {
  compoundGoals,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  MemoryVisitors,
  oracleCompoundGoals,
  oracleWindowedGoals,
  sessionRules,
  SPAN,
  truthOf,
  visitorEvents,
  Warehouse,
  windowedGoals,
  type DrawnRules,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, Millis, PartitionState, StorefrontEvent } from '../index.ts'
import { createPartition, eventKey, noteStored, restorePartition, step, takeDirty } from '../index.ts'

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

/** Without orders, and with client sessions that nobody comes back to after they were let go. */
function simpler(event: StorefrontEvent): StorefrontEvent {
  const { event_time, client_session_id: id } = event
  const named = id === '' ? '' : `${id} ${Math.floor((event_time - EPOCH) / (2 * GAP))}`
  return { ...event, order_id: '', client_session_id: named }
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

type Restart = (partition: PartitionState) => PartitionState

const never: Restart = (partition) => partition

/** Saves all there is and goes on from what was saved. */
function restarts(): Restart {
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

function folded(records: readonly LogRecord[], restart: Restart): Warehouse {
  let partition = createPartition(jsonVisitorCodec)
  const warehouse = new Warehouse()
  for (const record of records) {
    warehouse.apply(step(partition, record).outputs)
    partition = restart(partition)
  }
  return warehouse
}

/** What counts in the end, by visitor: goal, event, worth and the events of the session. */
function shown(records: readonly LogRecord[], warehouse: Warehouse): string[] {
  const eventsOf = new Map<string, string[]>()
  for (const { body, offset } of records) {
    const session = warehouse.labels.has(offset) ? warehouse.sessionOf(offset) : null
    if (body.kind !== 'event' || session === null) continue
    eventsOf.set(session, [...(eventsOf.get(session) ?? []), body.event.event_id])
  }
  return warehouse
    .liveConversions()
    .map(({ goal, event_id, value_minor, session_id }) =>
      JSON.stringify([goal, event_id, value_minor, eventsOf.get(session_id ?? '')?.sort()]),
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
        expect(shown(records, folded(records, never))).toEqual(expected(drawn))
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
