import { describe, expect, it, jest } from '@jest/globals'
import { EPOCH, FoldRun, Warehouse } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { seed } from '../support/seed.ts'
import { oracleJava, sessionWindows } from './session-windows/kafka-streams.ts'

jest.setTimeout(180_000)

const minute = 60_000
const hour = 60 * minute
/** The session rules where no definitions are deployed. */
const gapMs = 30 * minute
const graceMs = 24 * hour

interface Arrival {
  readonly visitor: string
  readonly time: number
  /** How long after the arrival before. */
  readonly afterMs: number
}

/**
 * Times lie on a grid of a third of the gap, so that exact gaps are frequent, or a millisecond beside it, which misses the
 * gap by the least. Both rules say the same of that edge: the fold starts a session when the gap is exceeded, and Kafka
 * Streams merges windows whose difference is at most the gap. What the two mean by late is not the same; so all arrives
 * within grace by either clock: streams last at most 8 hours by event time, and 21 from the first event to the last arrival.
 * No session reaches a cap, which Kafka Streams does not know, and no event is sent twice, which it would count twice.
 */
const arrival = fc.record({
  visitor: fc.constantFrom('a', 'a', 'b', 'c', 'd', 'e'),
  time: fc
    .tuple(fc.integer({ min: 1, max: 48 }), fc.constantFrom(-1, 0, 0, 0, 1))
    .map(([at, beside]) => EPOCH + (at * gapMs) / 3 + beside),
  afterMs: fc.constantFrom(0, 1, minute, 10 * minute),
})
const streams = fc.sample(fc.array(arrival, { minLength: 20, maxLength: 75, size: 'max' }), { seed, numRuns: 400 })

/** What Cairn's fold makes of a stream, in the words of the oracle; the name tells its visitors from those of others. */
function folded(stream: readonly Arrival[], name: number) {
  const run = new FoldRun()
  const warehouse = new Warehouse()
  let appendedAt = EPOCH + 8 * hour
  let reopened = false
  stream.forEach(({ visitor, time, afterMs }, at) => {
    appendedAt += afterMs
    const { result, sessions } = run.event(appendedAt, { event_id: `e${at}`, visitor_id: visitor, event_time: time })
    reopened ||= sessions.some(({ session_id, events }) => {
      const before = warehouse.sessions.get(session_id)
      return before?.state === 'closed' && before.events < events
    })
    warehouse.apply(result.outputs)
  })
  warehouse.apply(run.flush(appendedAt).result.outputs)
  const merged = [...warehouse.sessions.values()].some((row) => row.merged_into !== null)
  const lines = warehouse
    .liveSessions()
    .map((row) => `${name}${row.visitor_id} ${row.started_at} ${row.ended_at} ${row.events}`)
  return { lines, merged, reopened }
}

const java = oracleJava()
const withOracle = java === undefined ? describe.skip : describe
const skipped = java === undefined ? ' (skipped: needs a JDK 17 and Maven)' : ''

withOracle(`sessions beside those of Kafka Streams${skipped}, CAIRN_SEED=${seed}`, () => {
  it('are the same, for random streams out of order', () => {
    const events = streams.flatMap((stream, name) => stream.map(({ visitor, time }) => `${name}${visitor} ${time}`))
    const expected = sessionWindows(java!, gapMs, graceMs, events)
    const runs = streams.map(folded)
    expect(runs.flatMap(({ lines }) => lines).sort()).toEqual(expected.sort())
    // The streams are worth comparing.
    expect(runs.filter(({ merged }) => merged).length).toBeGreaterThan(streams.length / 4)
    expect(runs.filter(({ reopened }) => reopened).length).toBeGreaterThan(streams.length / 4)
  })

  it.each([
    ['one session at exactly the gap', gapMs, ['0a 0 1800000 2']],
    ['two a millisecond beyond it', gapMs + 1, ['0a 0 0 1', '0a 1800001 1800001 1']],
  ])('are %s, by either rule', (_, apart, sessions) => {
    const stream = [EPOCH, EPOCH + apart].map((time) => ({ visitor: 'a', time, afterMs: 0 }))
    const relative = (lines: readonly string[]) =>
      lines.map((line) => line.replace(/\d{13}/g, (time) => String(Number(time) - EPOCH))).sort()
    expect(relative(folded(stream, 0).lines)).toEqual(sessions)
    expect(relative(sessionWindows(java!, gapMs, graceMs, stream.map(({ time }) => `0a ${time}`)))).toEqual(sessions) // prettier-ignore
  })
})
