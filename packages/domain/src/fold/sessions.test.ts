import { describe, expect, it } from '@jest/globals'
import { FoldRun, type Stepped } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const HOUR = 60 * MINUTE
const GRACE = 24 * HOUR

/** The one session row of a step. */
function row(stepped: Stepped): Stepped['sessions'][number] {
  const [only, ...others] = stepped.sessions
  if (only === undefined || others.length > 0) throw new Error(`expected one row, got ${stepped.sessions.length}`)
  return only
}

describe('the gap', () => {
  it('joins at exactly the gap and not a millisecond beyond, forward and backward', () => {
    for (const direction of [1, -1]) {
      const fold = new FoldRun()
      const first = fold.event(T, { event_id: 'a' })
      const joined = fold.event(T, { event_id: 'b', event_time: T + direction * GAP })
      const apart = fold.event(T, { event_id: 'c', event_time: T + direction * (2 * GAP + 1) })
      expect(joined.labelled).toBe(first.labelled)
      expect(apart.labelled).not.toBe(first.labelled)
    }
  })

  it('is measured in event time, whatever the arrival', () => {
    const fold = new FoldRun()
    const first = fold.event(T, { event_id: 'a' })
    expect(fold.event(T + 5 * HOUR, { event_id: 'b', event_time: T + MINUTE }).labelled).toBe(first.labelled)
    expect(fold.event(T + 5 * HOUR, { event_id: 'c' }).labelled).not.toBe(first.labelled)
  })

  it('separates sites and visitors', () => {
    const fold = new FoldRun()
    const ids = [{}, { visitor_id: 'v2' }, { site: 'other' }].map(
      (who, at) => fold.event(T, { event_id: `e${at}`, ...who }).labelled,
    )
    expect(new Set(ids).size).toBe(3)
  })
})

describe('a merge', () => {
  it('keeps the session whose first event arrived first and points the other at it', () => {
    const fold = new FoldRun()
    const later = fold.event(T, { event_id: 'a', event_time: T + 50 * MINUTE })
    const earlier = fold.event(T, { event_id: 'b', event_time: T })
    const bridge = fold.event(T, { event_id: 'c', event_time: T + 25 * MINUTE })
    expect(bridge.labelled).toBe(later.labelled)
    expect(row(bridge)).toMatchObject({
      session_id: earlier.labelled,
      version: 2,
      is_deleted: 1,
      state: 'retracted',
      merged_into: later.labelled,
      id_time: T,
      counted: 0,
      prev_counted: 0,
    })
    expect(row(fold.flush(T))).toMatchObject({
      session_id: later.labelled,
      id_time: T + 50 * MINUTE,
      started_at: T,
      ended_at: T + 50 * MINUTE,
      events: 3,
    })
  })

  it('takes back what the lost session contributed', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a', event_time: T + 50 * MINUTE })
    fold.event(T, { event_id: 'b', event_time: T, source: 'x', medium: 'email' })
    fold.flush(T)
    expect(row(fold.event(T, { event_id: 'c', event_time: T + 25 * MINUTE }))).toMatchObject({
      prev_counted: 1,
      prev_started_at: T,
      prev_channel: 'Email',
      prev_source: 'x',
    })
  })

  it('takes in only what the event bridges: sessions beyond it stay apart', () => {
    const fold = new FoldRun()
    const times = [0, 60, 120].map((minutes) => T + minutes * MINUTE)
    const ids = times.map((event_time, at) => fold.event(T, { event_id: `e${at}`, event_time }).labelled)
    const bridge = fold.event(T, { event_id: 'x', event_time: T + 90 * MINUTE })
    expect(bridge.sessions.map((lost) => [lost.session_id, lost.merged_into])).toEqual([[ids[2], ids[1]]])
    const second = fold.event(T, { event_id: 'y', event_time: T + 30 * MINUTE })
    expect(second.sessions.map((lost) => [lost.session_id, lost.merged_into])).toEqual([
      [ids[1], ids[0]],
      [ids[2], ids[0]],
    ])
    expect(row(fold.flush(T))).toMatchObject({ session_id: ids[0], events: 5 })
  })

  it('moves what a lost session had taken in along with it, and does not subtract that twice', () => {
    const fold = new FoldRun()
    const [c, b, a] = [130, 80, 0].map(
      (minutes) => fold.event(T, { event_id: `at ${minutes}`, event_time: T + minutes * MINUTE }).labelled,
    )
    fold.flush(T)
    expect(fold.event(T, { event_id: 'x', event_time: T + 30 * MINUTE }).labelled).toBe(a)
    const oldest = fold.event(T, { event_id: 'y', event_time: T + 55 * MINUTE })
    expect(oldest.sessions).toMatchObject([{ session_id: a, merged_into: b, prev_counted: 1 }])
    const all = fold.event(T, { event_id: 'z', event_time: T + 105 * MINUTE })
    expect(all.sessions).toMatchObject([
      { session_id: b, merged_into: c, prev_counted: 1 },
      { session_id: a, merged_into: c, prev_counted: 0 },
    ])
    expect(row(fold.flush(T))).toMatchObject({ session_id: c, events: 6 })
  })
})

describe('caps', () => {
  it('end a session that would last longer than max_duration; exactly that long still joins', () => {
    const fold = new FoldRun()
    fold.define(T, { session: { max_duration: '1h' }, goals: [] })
    const first = fold.event(T, { event_id: 'a' })
    fold.event(T, { event_id: 'b', event_time: T + 30 * MINUTE })
    expect(fold.event(T, { event_id: 'c', event_time: T + HOUR }).labelled).toBe(first.labelled)
    const second = fold.event(T, { event_id: 'd', event_time: T + HOUR + 1 })
    expect(second.labelled).not.toBe(first.labelled)
    const rows = fold.flush(T + 5 * HOUR).sessions
    expect(rows.map(({ session_id, state, end_reason }) => [session_id, state, end_reason])).toEqual([
      [first.labelled, 'closed', 'cap'],
      [second.labelled, 'closed', 'gap'],
    ])
  })

  it('end a session at max_events, and the next event starts another', () => {
    const fold = new FoldRun()
    fold.define(T, { session: { max_events: 2 }, goals: [] })
    const ids = [0, 1, 2, 3, 4].map((at) => fold.event(T + at, { event_id: `e${at}` }).labelled)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    expect(ids[3]).toBe(ids[2])
    expect(new Set(ids).size).toBe(3)
  })

  it('correct the end reason of a session that was closed for its gap when it refuses', () => {
    const fold = new FoldRun()
    fold.define(T, { session: { max_events: 1 }, goals: [] })
    fold.event(T, { event_id: 'a' })
    expect(row(fold.flush(T + HOUR))).toMatchObject({ state: 'closed', end_reason: 'gap' })
    fold.event(T + HOUR, { event_id: 'b', event_time: T + MINUTE })
    expect(fold.flush(T + HOUR).sessions).toMatchObject([
      { state: 'closed', end_reason: 'cap' },
      { state: 'open', end_reason: '' },
    ])
  })

  it('keep apart two sessions that a merge would make too long, and give the event to the nearer', () => {
    const fold = new FoldRun()
    fold.define(T, { session: { max_duration: '40m' }, goals: [] })
    const a = fold.event(T, { event_id: 'a' })
    const b = fold.event(T, { event_id: 'b', event_time: T + 45 * MINUTE })
    const nearer = fold.event(T, { event_id: 'c', event_time: T + 25 * MINUTE })
    expect(nearer.labelled).toBe(b.labelled)
    expect(nearer.sessions).toEqual([])
    const tie = fold.event(T, { event_id: 'd', event_time: T + 12 * MINUTE + MINUTE / 2 })
    expect(tie.labelled).toBe(a.labelled)
  })
})

describe('client_session: trust', () => {
  const trusting = (): FoldRun => {
    const fold = new FoldRun()
    fold.define(T, { session: { client_session: 'trust', max_duration: '7d' }, goals: [] })
    return fold
  }

  it('joins by the client session id whatever the gap, and never two ids', () => {
    const fold = trusting()
    const first = fold.event(T, { event_id: 'a', client_session_id: 's1' })
    const far = fold.event(T, { event_id: 'b', client_session_id: 's1', event_time: T - 20 * HOUR })
    const other = fold.event(T, { event_id: 'c', client_session_id: 's2' })
    expect(far.labelled).toBe(first.labelled)
    expect(other.labelled).not.toBe(first.labelled)
  })

  it('keeps the gap rule for events without an id, among sessions without one', () => {
    const fold = trusting()
    const named = fold.event(T, { event_id: 'a', client_session_id: 's1' })
    const unnamed = fold.event(T, { event_id: 'b' })
    const joined = fold.event(T, { event_id: 'c', event_time: T + GAP })
    expect(unnamed.labelled).not.toBe(named.labelled)
    expect(joined.labelled).toBe(unnamed.labelled)
  })

  it('is ignored by default', () => {
    const fold = new FoldRun()
    const first = fold.event(T, { event_id: 'a', client_session_id: 's1' })
    expect(fold.event(T, { event_id: 'b', client_session_id: 's2' }).labelled).toBe(first.labelled)
  })
})

describe('events without a visitor', () => {
  it('are labelled sessionless and leave no session row', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    expect(fold.event(T, { event_id: 'b', visitor_id: '' })).toMatchObject({ outcome: 'accepted', labelled: null })
    expect(row(fold.flush(T))).toMatchObject({ events: 1 })
  })
})

describe('the fields of a session', () => {
  it('come from its earliest or latest event, not from the first or last to arrive', () => {
    const fold = new FoldRun()
    fold.event(T, {
      event_id: 'm',
      event_time: T + 10,
      path: '/middle',
      name: 'page_view',
      user_id: 'u1',
      device: 'mobile',
    })
    fold.event(T, {
      event_id: 'z',
      event_time: T + 20,
      path: '/last',
      name: 'page_view',
      source: 'late',
      medium: 'email',
    })
    fold.event(T, { event_id: 'a', event_time: T, path: '/first', source: 'early', medium: 'email', device: 'desktop' })
    fold.event(T, { event_id: 'b', event_time: T - 10, name: 'identify', user_id: 'u0', country: 'DE' })
    expect(row(fold.flush(T))).toMatchObject({
      started_at: T - 10,
      ended_at: T + 20,
      events: 4,
      page_views: 2,
      entry_page: '/first',
      exit_page: '/last',
      source: 'early',
      user_id: 'u1',
      device: 'desktop',
      country: 'DE',
      is_bot: 0,
    })
  })

  it('take the smaller event id of two at the same time', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'b', path: '/b' })
    fold.event(T, { event_id: 'a', path: '/a' })
    expect(row(fold.flush(T))).toMatchObject({ entry_page: '/a', exit_page: '/b' })
  })

  it("count nowhere once one of its events is a bot's, and take back what was counted", () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    expect(row(fold.flush(T))).toMatchObject({ counted: 1, prev_counted: 0 })
    fold.event(T, { event_id: 'b', is_bot: true })
    expect(row(fold.flush(T))).toMatchObject({ is_bot: 1, counted: 0, prev_counted: 1, prev_started_at: T })
    fold.event(T, { event_id: 'c' })
    expect(row(fold.flush(T))).toMatchObject({ events: 3, counted: 0, prev_counted: 0 })
  })
})

describe('retention', () => {
  it('lets a late event join for gap and grace after the last touch, and not a millisecond longer', () => {
    for (const [after, joins] of [
      [GAP + GRACE, true],
      [GAP + GRACE + 1, false],
    ] as const) {
      const fold = new FoldRun()
      const first = fold.event(T, { event_id: 'a' })
      const late = fold.event(T + after, { event_id: 'b', event_time: T + 1 })
      expect(late.labelled === first.labelled).toBe(joins)
    }
  })

  it('forgets a visitor of whom nothing is left, whether or not another record came first', () => {
    // A bot's session leaves no touchpoint.
    for (const comesFirst of [false, true]) {
      for (const [after, is_new] of [
        [GAP + GRACE, 0],
        [GAP + GRACE + 1, 1],
      ] as const) {
        const fold = new FoldRun()
        fold.event(T, { event_id: 'a', is_bot: true, user_id: 'ada' })
        if (comesFirst) fold.tick(T + after)
        fold.event(T + after, { event_id: 'b' })
        const user_id = is_new === 1 ? '' : 'ada'
        expect(fold.flush(T + after).sessions.find(({ is_bot }) => is_bot === 0)).toMatchObject({ is_new, user_id })
      }
    }
  })

  it('opens a closed session again when it is touched', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    expect(row(fold.flush(T + HOUR)).state).toBe('closed')
    fold.event(T + HOUR, { event_id: 'b', event_time: T + 1 })
    expect(row(fold.flush(T + HOUR))).toMatchObject({ state: 'open', end_reason: '' })
    expect(row(fold.tick(T + HOUR + GAP + 1))).toMatchObject({ state: 'closed', end_reason: 'gap' })
  })
})
