import { describe, expect, it } from '@jest/globals'
import { arrivals, EPOCH, folded, LogBuilder, SPAN, visitorEvents, type Arriving } from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, StorefrontEvent } from '../index.ts'
import { eventKey } from '../index.ts'

const MINUTE = 60_000

interface Caps {
  readonly gapMinutes: number
  readonly maxMinutes: number
  readonly maxEvents: number
}

const caps: fc.Arbitrary<Caps> = fc.record({
  gapMinutes: fc.constantFrom(10, 20, 30),
  maxMinutes: fc.constantFrom(10, 30, 60, 24 * 60),
  maxEvents: fc.constantFrom(1, 2, 3, 5, 10_000),
})

/** Of visitors' own clients: those of servers neither extend a session nor are counted against its cap. */
const ownEvents = visitorEvents.map((events) =>
  events.map((event) => ({ ...event, is_server: false, type: 'track', visitor_id: event.visitor_id || 'v1' })),
)

/** The log of some arrivals, at its end everything closed and flushed. */
function logOf(arriving: readonly Arriving[], { gapMinutes, maxMinutes, maxEvents }: Caps): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  const session = { gap: `${gapMinutes}m`, max_duration: `${maxMinutes}m`, max_events: maxEvents }
  log.definitions(now, 1, { goals: [], session })
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then === 'tick') log.tick(now)
    if (then === 'flush') log.flush(now)
  }
  log.flush(now + 12 * 60 * MINUTE)
  return log.records
}

interface Shown {
  readonly key: string
  /** In order of time. */
  readonly ids: readonly string[]
  readonly start: number
  readonly end: number
  readonly endReason: string
}

/** The sessions that the warehouse has in the end, with the events that are labelled with them. */
function shown(records: readonly LogRecord[]): Shown[] {
  const warehouse = folded(records)
  return warehouse.liveSessions().map((row) => {
    const own = records.flatMap(({ body, offset }) =>
      body.kind === 'event' && warehouse.sessionOf(offset) === row.session_id ? [body.event] : [],
    )
    expect([row.events, row.state]).toEqual([own.length, 'closed'])
    return { key: `shop:${row.visitor_id}`, ...spanOf(own), endReason: row.end_reason }
  })
}

function spanOf(events: readonly StorefrontEvent[]): Pick<Shown, 'ids' | 'start' | 'end'> {
  const sorted = events.toSorted(byTime)
  const times = sorted.map(({ event_time }) => event_time)
  return { ids: sorted.map(({ event_id }) => event_id), start: Math.min(...times), end: Math.max(...times) }
}

function byTime(a: StorefrontEvent, b: StorefrontEvent): number {
  return a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1)
}

/** Events that come in their order, cut the plain way: where the gap is longer, or the next would be one or a moment too many. */
function cutInOrder(sorted: readonly StorefrontEvent[], { gapMinutes, maxMinutes, maxEvents }: Caps): Shown[] {
  const sessions: StorefrontEvent[][] = []
  const reasons: string[] = []
  for (const event of sorted) {
    const session = sessions.at(-1)
    const [first, last] = [session?.[0], session?.at(-1)]
    const isNear = last !== undefined && event.event_time - last.event_time <= gapMinutes * MINUTE
    const hasRoom = first !== undefined && event.event_time - first.event_time <= maxMinutes * MINUTE
    if (isNear && hasRoom && session !== undefined && session.length < maxEvents) {
      session.push(event)
      continue
    }
    if (session !== undefined) reasons.push(isNear ? 'cap' : 'gap')
    sessions.push([event])
  }
  return sessions.map((events, at) => ({
    key: eventKey(events[0] as StorefrontEvent),
    ...spanOf(events),
    endReason: reasons[at] ?? 'gap',
  }))
}

function inOrder(sessions: readonly Shown[]): Shown[] {
  return sessions.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

describe('caps of sessions', () => {
  it('cut events that come in order before the first that is one too many, or a millisecond too late', () => {
    fc.assert(
      fc.property(ownEvents, caps, (events, drawn) => {
        const sorted = events.toSorted(byTime)
        const log = logOf(
          sorted.map((event) => ({ event, afterMs: 1, then: 'nothing' })),
          drawn,
        )
        const keys = [...new Set(events.map(eventKey))]
        const truth = keys.flatMap((key) =>
          cutInOrder(
            sorted.filter((event) => eventKey(event) === key),
            drawn,
          ),
        )
        expect(inOrder(shown(log))).toEqual(inOrder(truth))
      }),
      { numRuns: 300 },
    )
  })

  it('part, in any order, only sessions that together would be too large, and one of these says so', () => {
    const scenario = ownEvents.chain((events) => fc.tuple(arrivals(events), caps))
    fc.assert(
      fc.property(scenario, ([arriving, drawn]) => {
        const { gapMinutes, maxMinutes, maxEvents } = drawn
        const fits = (count: number, ms: number) => count <= maxEvents && ms <= maxMinutes * MINUTE
        const sessions = shown(logOf(arriving, drawn))
        const all = new Set(arriving.map(({ event }) => event.event_id))
        expect(sessions.flatMap(({ ids }) => ids).sort()).toEqual([...all].sort())
        for (const { ids, start, end } of sessions) expect(fits(ids.length, end - start)).toBe(true)
        const near = (a: Shown, b: Shown) =>
          a !== b && a.key === b.key && Math.max(a.start - b.end, b.start - a.end) <= gapMinutes * MINUTE
        for (const one of sessions) {
          const others = sessions.filter((other) => near(one, other))
          for (const other of others) {
            const span = Math.max(one.end, other.end) - Math.min(one.start, other.start)
            expect(fits(one.ids.length + other.ids.length, span)).toBe(false)
            expect([one.endReason, other.endReason]).toContain('cap')
          }
          if (one.endReason === 'cap') expect(others).not.toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })
})
