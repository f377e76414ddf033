import { describe, expect, it } from '@jest/globals'
import { FoldRun, Warehouse, type Stepped } from '@cairn/testkit/domain'

/** 2024-05-02 in Berlin begins here. */
const MIDNIGHT = Date.UTC(2024, 4, 1, 22)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

function cutting(session: Record<string, unknown> = {}): FoldRun {
  const fold = new FoldRun()
  const rules = { cut_at_midnight: true, time_zone: 'Europe/Berlin', ...session }
  fold.define(MIDNIGHT - HOUR, { session: rules, goals: [] })
  return fold
}

/** The reasons of all sessions in the end, in the order of their starts. */
function reasons(...steps: Stepped[]): string[] {
  const warehouse = new Warehouse()
  for (const { result } of steps) warehouse.apply(result.outputs)
  const rows = warehouse.liveSessions().sort((a, b) => a.started_at - b.started_at)
  return rows.map((row) => row.end_reason)
}

describe('cut_at_midnight', () => {
  it('begins a session with the first event of the day, and says why the one before ended', () => {
    const fold = cutting()
    const before = fold.event(MIDNIGHT - 1, { event_id: 'a' })
    const after = fold.event(MIDNIGHT, { event_id: 'b' })
    expect(after.labelled).not.toBe(before.labelled)
    expect(fold.flush(MIDNIGHT + HOUR).sessions).toMatchObject([
      { session_id: before.labelled, end_reason: 'midnight', events: 1 },
      { session_id: after.labelled, end_reason: 'gap', events: 1 },
    ])
  })

  it('never joins the two days, whatever comes late, and corrects a reason that was given', () => {
    const fold = cutting()
    fold.event(MIDNIGHT + MINUTE, { event_id: 'after' })
    fold.event(MIDNIGHT + MINUTE, { event_id: 'before', event_time: MIDNIGHT - 40 * MINUTE })
    expect(fold.flush(MIDNIGHT + HOUR).sessions.map((row) => row.end_reason)).toEqual(['gap', 'gap'])
    fold.event(MIDNIGHT + HOUR, { event_id: 'between', event_time: MIDNIGHT - 20 * MINUTE })
    expect(fold.flush(MIDNIGHT + 2 * HOUR).sessions).toMatchObject([{ end_reason: 'midnight', events: 2 }])
  })

  it('is not the reason where more than the gap lies between', () => {
    const fold = cutting()
    const before = fold.event(MIDNIGHT - 1, { event_id: 'a' })
    const after = fold.event(MIDNIGHT + 30 * MINUTE, { event_id: 'b' })
    expect(reasons(before, after, fold.flush(MIDNIGHT + 2 * HOUR))).toEqual(['gap', 'gap'])
  })

  it("cuts the client's own sessions, too", () => {
    const fold = cutting({ client_session: 'trust' })
    const client = { client_session_id: 's' }
    const before = fold.event(MIDNIGHT - 2 * HOUR, { event_id: 'a', ...client })
    const after = fold.event(MIDNIGHT + 2 * HOUR, { event_id: 'b', ...client })
    expect(after.labelled).not.toBe(before.labelled)
    expect(reasons(before, after, fold.flush(MIDNIGHT + 3 * HOUR))).toEqual(['midnight', 'gap'])
  })

  it('leaves what was begun under other rules as it is, and adds nothing to it', () => {
    const fold = new FoldRun()
    const first = fold.event(MIDNIGHT - MINUTE, { event_id: 'a' })
    expect(fold.event(MIDNIGHT, { event_id: 'b' }).labelled).toBe(first.labelled)
    fold.define(MIDNIGHT, { session: { cut_at_midnight: true, time_zone: 'Europe/Berlin' }, goals: [] })
    expect(fold.event(MIDNIGHT + 1, { event_id: 'c' }).labelled).not.toBe(first.labelled)
  })
})
