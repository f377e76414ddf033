import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { FoldRun, Warehouse } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const DAY = 24 * 60 * MINUTE
const MAX_EVENTS = 3
const MAX_DURATION = 40 * MINUTE

interface Sent {
  readonly minute: number
  readonly campaign: string
}

const visits: fc.Arbitrary<readonly Sent[]> = fc.array(
  fc.record({ minute: fc.integer({ min: 0, max: 90 }), campaign: fc.constantFrom('', '', '', 'x', 'y') }),
  { minLength: 1, maxLength: 12 },
)

interface Placed {
  readonly time: number
  readonly campaign: string
  readonly session: string
}

/** Folds events in the order they are given in; afterwards in that of their times, with the session each is in at last. */
function fold(sent: readonly Sent[]) {
  const run = new FoldRun()
  const warehouse = new Warehouse()
  run.define(T, { session: { cut_on_campaign: true, max_events: MAX_EVENTS, max_duration: '40m' }, goals: [] })
  const offsets = sent.map(({ minute, campaign }, at) => {
    // No two at once: the later of them in the list is so much later.
    const event = { event_id: `e${at}`, event_time: T + minute * MINUTE + at, campaign, medium: campaign && 'email' }
    warehouse.apply(run.event(T, event).result.outputs)
    if (at % 3 === 2) warehouse.apply(run.flush(T).result.outputs)
    return run.log.records.length - 1 - (at % 3 === 2 ? 1 : 0)
  })
  warehouse.apply(run.flush(T).result.outputs)
  warehouse.apply(run.flush(T + DAY).result.outputs)
  const placed = sent.map(({ minute, campaign }, at): Placed => {
    return { time: T + minute * MINUTE + at, campaign, session: warehouse.sessionOf(offsets[at] ?? -1) ?? '' }
  })
  return { warehouse, placed: placed.sort((a, b) => a.time - b.time) }
}

describe('sessions that campaigns cut and limits end, whatever comes in whatever order', () => {
  it('have no more than their limits, and each event is in one', () => {
    fc.assert(
      fc.property(visits, (sent) => {
        const { warehouse, placed } = fold(sent)
        for (const row of warehouse.liveSessions()) {
          const own = placed.filter(({ session }) => session === row.session_id)
          expect([row.events, row.started_at, row.ended_at]).toEqual([own.length, own[0]?.time, own.at(-1)?.time])
          expect(own.length).toBeLessThanOrEqual(MAX_EVENTS)
          expect(row.ended_at - row.started_at).toBeLessThanOrEqual(MAX_DURATION)
          for (const [at, { time }] of own.slice(1).entries())
            expect(time - (own[at]?.time ?? 0)).toBeLessThanOrEqual(GAP)
        }
        const live = new Set(warehouse.liveSessions().map((row) => row.session_id))
        expect(placed.every(({ session }) => live.has(session))).toBe(true)
        expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
      }),
      { numRuns: 500 },
    )
  })

  it('have events of one campaign, and none goes on behind the beginning of another unless it is full', () => {
    fc.assert(
      fc.property(visits, (sent) => {
        const { warehouse, placed } = fold(sent)
        for (const { session_id, end_reason } of warehouse.liveSessions()) {
          const own = placed.filter(({ session }) => session === session_id)
          const named = own.slice(1).filter(({ campaign }) => campaign !== '')
          expect(named.every(({ campaign }) => campaign === own[0]?.campaign)).toBe(true)
          if (end_reason === 'cap') continue
          const [from = 0, to = 0] = [own[0]?.time, own.at(-1)?.time]
          const begun = placed.filter(({ session }, at) => placed.findIndex((one) => one.session === session) === at)
          const within = begun.filter(({ time, campaign }) => from < time && time < to && campaign !== '')
          expect(within.every(({ campaign }) => campaign === own[0]?.campaign)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('stand apart only where a campaign parts them or they would be too much together, and say so', () => {
    fc.assert(
      fc.property(visits, (sent) => {
        const { warehouse, placed } = fold(sent)
        const sessions = warehouse.liveSessions().toSorted((a, b) => a.started_at - b.started_at)
        const campaignOf = (time: number) => placed.find((one) => one.time === time)?.campaign ?? ''
        for (const [at, next] of sessions.slice(1).entries()) {
          const one = sessions[at]
          if (one === undefined || next.started_at < one.ended_at || next.started_at - one.ended_at > GAP) continue
          const begun = campaignOf(next.started_at)
          if (begun !== '' && begun !== campaignOf(one.started_at)) {
            expect(['campaign', 'cap']).toContain(one.end_reason)
            continue
          }
          expect([one.end_reason, next.end_reason]).toContain('cap')
          // Together they would not end before the one behind them, and be too much with that.
          const third = sessions[at + 2]
          const goesOn = third !== undefined && third.started_at - next.ended_at <= GAP
          const campaign = goesOn ? campaignOf(third.started_at) : ''
          if (campaign !== '' && campaign === campaignOf(one.started_at)) continue
          const isTooLong = next.ended_at - one.started_at > MAX_DURATION
          expect(isTooLong || one.events + next.events > MAX_EVENTS).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('say that they are full only where another is near', () => {
    fc.assert(
      fc.property(visits, (sent) => {
        const sessions = fold(sent).warehouse.liveSessions()
        for (const one of sessions.filter(({ end_reason }) => end_reason === 'cap')) {
          const near = sessions.filter(
            (other) =>
              other !== one && Math.max(other.started_at - one.ended_at, one.started_at - other.ended_at) <= GAP,
          )
          expect(near).not.toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })
})
