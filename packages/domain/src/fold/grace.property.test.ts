import { describe, expect, it } from '@jest/globals'
import { buildEvent, folded, FoldRun, LogBuilder } from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord } from '../index.ts'

const T = 1_790_000_000_000
const MINUTE = 60_000
const GAP = 10 * MINUTE

/** An event of one visitor, by when it comes after the record before it, and when it happened. */
interface Arriving {
  readonly afterMs: number
  readonly happened: { readonly before: 'now' | 'the last one'; readonly ms: number }
  readonly then: 'nothing' | 'tick'
}

interface Scenario {
  readonly graceMs: number
  readonly arriving: readonly Arriving[]
}

/** The edges of gap, grace and both together, and a moment beside them. */
function scenarioWithin(graceMs: number): fc.Arbitrary<Scenario> {
  const edges = [0, GAP, graceMs, GAP + graceMs]
  const times = fc.tuple(fc.constantFrom(...edges), fc.constantFrom(-1, 0, 0, 1)).map(([edge, beside]) => edge + beside)
  const positive = times.map((ms) => Math.max(0, ms))
  const arriving = fc.record({
    afterMs: fc.oneof(fc.constant(0), positive),
    happened: fc.oneof(
      fc.record({ before: fc.constant('now' as const), ms: positive }),
      fc.record({ before: fc.constant('the last one' as const), ms: fc.tuple(times, fc.constantFrom(-1, 1)).map(([ms, way]) => ms * way) }), // prettier-ignore
    ),
    then: fc.constantFrom('nothing' as const, 'nothing' as const, 'tick' as const),
  })
  return fc.record({ graceMs: fc.constant(graceMs), arriving: fc.array(arriving, { minLength: 2, maxLength: 12 }) })
}

const scenarios = fc.constantFrom(MINUTE, GAP, 60 * MINUTE).chain(scenarioWithin)

function logOf({ graceMs, arriving }: Scenario): LogRecord[] {
  const log = new LogBuilder()
  log.definitions(T, 1, { goals: [], session: { gap: '10m', grace: `${graceMs / MINUTE}m`, max_duration: '30d' } })
  let now = T
  let last = T
  for (const [at, { afterMs, happened, then }] of arriving.entries()) {
    now += afterMs
    // Nothing arrives before it happened.
    last = Math.min(now, (happened.before === 'now' ? now : last) - happened.ms)
    log.event(now, buildEvent({ event_id: `e${at}`, event_time: last }))
    if (then === 'tick') log.tick(now)
  }
  log.flush(now + 3 * (GAP + graceMs))
  return log.records
}

interface Known {
  start: number
  end: number
  touchedAt: number
  readonly ids: string[]
}

/**
 * The plain way: all sessions there ever were, of which those can be corrected that an event has touched within gap and
 * grace; what is within the gap of several makes them one.
 */
function sessionsOf(records: readonly LogRecord[], graceMs: number): string[] {
  let sessions: Known[] = []
  for (const { body, appendedAt } of records) {
    if (body.kind !== 'event') continue
    const { event_time: time, event_id } = body.event
    const takes = ({ start, end, touchedAt }: Known) =>
      appendedAt <= touchedAt + GAP + graceMs && start - GAP <= time && time <= end + GAP
    const taking = sessions.filter(takes)
    const times = [time, ...taking.flatMap(({ start, end }) => [start, end])]
    const ids = [...taking.flatMap((session) => session.ids), event_id]
    const joined = { start: Math.min(...times), end: Math.max(...times), touchedAt: appendedAt, ids }
    sessions = [...sessions.filter((session) => !taking.includes(session)), joined]
  }
  return sessions.map(({ ids }) => ids.sort().join()).sort()
}

describe('the edge of grace', () => {
  it('lets an event join a session up to gap and grace after its last touch, and not a millisecond longer', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const records = logOf(scenario)
        const warehouse = folded(records)
        const found = new Map<string, string[]>()
        for (const { body, offset } of records) {
          const session = warehouse.sessionOf(offset)
          if (body.kind !== 'event' || session === null) continue
          found.set(session, [...(found.get(session) ?? []), body.event.event_id])
        }
        const shown = [...found.values()].map((ids) => ids.sort().join()).sort()
        expect(shown).toEqual(sessionsOf(records, scenario.graceMs))
        expect(warehouse.liveSessions()).toHaveLength(shown.length)
      }),
      { numRuns: 1_000 },
    )
  })

  it('flags an event late that is older than gap and grace, exactly that not yet, and gives it a session all the same', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const run = new FoldRun()
        for (const record of logOf(scenario)) {
          const { late, labelled } = run.fold(record)
          if (record.body.kind !== 'event') continue
          const age = record.appendedAt - record.body.event.event_time
          expect({ age, late, isInSession: typeof labelled === 'string' }).toEqual({
            age,
            late: age > GAP + scenario.graceMs,
            isInSession: true,
          })
        }
      }),
      { numRuns: 500 },
    )
  })
})
