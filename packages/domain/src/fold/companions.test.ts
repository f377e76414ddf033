import { describe, expect, it } from '@jest/globals'
import { FoldRun, jsonVisitorCodec, Warehouse, type Stepped } from '@cairn/testkit/domain'
import { takeDirty } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const GRACE = 24 * 60 * MINUTE

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event' }
const look = { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' }

function foldWith(session: Record<string, unknown>, ...goals: unknown[]): FoldRun {
  const fold = new FoldRun()
  fold.define(T, { session, goals })
  return fold
}

/** Conversion rows as `+event` and `-event`. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) => `${row.is_deleted === 1 ? '-' : '+'}${row.event_id}`)
}

const server = { is_server: true }

describe('a server event', () => {
  it('joins the session from its start to exactly a gap after its end, and else none', () => {
    const fold = foldWith({})
    const { labelled } = fold.event(T, { event_id: 'a' })
    fold.event(T, { event_id: 'b', event_time: T + MINUTE })
    const at = (event_time: number) => fold.event(T, { event_id: `at ${event_time}`, event_time, ...server }).labelled
    const edges = [T - 1, T, T + MINUTE + GAP, T + MINUTE + GAP + 1]
    expect(edges.map(at)).toEqual([null, labelled, labelled, null])
  })

  it('counts in it and brings its user, but moves nothing else of it and does not open it again', () => {
    const fold = foldWith({})
    fold.event(T, { event_id: 'a', path: '/', name: 'page_view', device: 'mobile', user_id: 'u1' })
    const [before] = fold.flush(T + GAP + 1).sessions
    const previous = {
      prev_channel: 'Direct',
      prev_source: '(direct)',
      prev_medium: '(none)',
      prev_started_at: T,
    }
    const of = {
      name: 'page_view',
      path: '/x',
      source: 's',
      device: 'desktop',
      country: 'DE',
      user_id: 'u2',
      ...server,
    }
    fold.event(T + GAP + 1, { event_id: 'b', event_time: T + MINUTE, ...of })
    expect(fold.flush(T + GAP + 1).sessions).toEqual([
      { ...before, version: 4, events: 2, user_id: 'u2', prev_counted: 1, ...previous },
    ])
  })

  it('goes to the session that started last, where two cover it', () => {
    const fold = foldWith({ max_duration: '10m' })
    fold.event(T, { event_id: 'a' })
    const second = fold.event(T, { event_id: 'b', event_time: T + 11 * MINUTE })
    expect(fold.event(T, { event_id: 's', event_time: T + 12 * MINUTE, ...server }).labelled).toBe(second.labelled)
  })

  it.each([
    [0, 1],
    [1, 0],
  ])('goes to the one that had begun, where its client names two, come %d before %d', (...order) => {
    const fold = foldWith({ client_session: 'trust', max_duration: '1h' })
    const named = { client_session_id: 'c' }
    const starts = [T, T + 3 * 60 * MINUTE] as const
    const sessions: unknown[] = []
    for (const at of order)
      sessions[at] = fold.event(starts[1], { event_id: `e${at}`, event_time: starts[at] ?? 0, ...named }).labelled
    const sent = { event_id: 's', event_time: T + 2 * 60 * MINUTE, ...named, ...server }
    expect(fold.event(starts[1], sent).labelled).toBe(sessions[0])
  })

  it('joins a session that comes later: its conversion is credited, and a move says where it is', () => {
    const fold = foldWith({}, buy)
    const order = { name: 'purchase', order_id: 'o', value_minor: 100, currency: 'EUR' }
    const first = fold.event(T, { event_id: 's', ...order, ...server })
    expect(first).toMatchObject({ labelled: null, conversions: [{ session_id: null, channel: '' }] })
    const session = fold.event(T, { event_id: 'a', event_time: T - MINUTE, path: '/', source: 'x', medium: 'email' })
    expect(session.conversions).toMatchObject([
      { conversion_id: first.conversions[0]?.conversion_id, session_id: session.labelled, channel: 'Email' },
    ])
    expect(fold.flush(T).sessions).toMatchObject([
      { session_id: session.labelled, ended_at: T - MINUTE, events: 2, macro: 1, moved_offsets: [1] },
    ])
    fold.event(T, { event_id: 'b' })
    expect(fold.flush(T).sessions).toMatchObject([{ moved_offsets: [] }])
  })

  it('leaves a session for one that turns out to have started later', () => {
    const fold = foldWith({ max_events: 2 }, look)
    const old = fold.event(T, { event_id: 'a' })
    fold.event(T, { event_id: 'c', event_time: T + 10 * MINUTE, name: 'view_item' })
    const joined = fold.event(T, { event_id: 's', event_time: T + 9 * MINUTE, name: 'view_item', ...server })
    expect(joined.labelled).toBe(old.labelled)
    fold.flush(T)
    const other = fold.event(T, { event_id: 'b', event_time: T + 8 * MINUTE, name: 'view_item' })
    expect(other.labelled).not.toBe(old.labelled)
    expect(changes(other).sort()).toEqual(['+b', '+c', '-s'])
    const ids = other.conversions.map((row) => [row.event_id, row.session_id])
    expect(ids).toContainEqual(['c', old.labelled])
    expect(fold.flush(T).sessions).toMatchObject([
      { session_id: old.labelled, events: 2, micro: 1, moved_offsets: [], end_reason: '' },
      { session_id: other.labelled, events: 2, micro: 1, moved_offsets: [3] },
    ])
  })

  it('follows its session into another without a move of its own', () => {
    const fold = foldWith({}, buy)
    const later = fold.event(T, { event_id: 'a', event_time: T + 50 * MINUTE })
    fold.event(T, { event_id: 'b' })
    fold.event(T, { event_id: 's', event_time: T + 1, name: 'purchase', ...server })
    const merged = fold.event(T, { event_id: 'c', event_time: T + 25 * MINUTE })
    expect(merged.conversions).toMatchObject([{ event_id: 's', session_id: later.labelled }])
    expect(fold.flush(T).sessions).toMatchObject([{ session_id: later.labelled, events: 4, moved_offsets: [] }])
  })

  it("with a bot's agent, as that of a mail's proxy, makes no bot of the visitor: its session says what it is", () => {
    const fold = foldWith({}, buy)
    fold.event(T, { event_id: 'a', name: 'purchase' })
    fold.flush(T)
    const proxied = fold.event(T, { event_id: 's', name: 'purchase', is_bot: true, ...server })
    expect(proxied.conversions).toMatchObject([{ event_id: 's', is_bot: 0 }])
    expect(fold.flush(T).sessions).toMatchObject([{ is_bot: 0, events: 2, counted: 1 }])
    expect(fold.event(T, { event_id: 'b', is_bot: true }).conversions).toMatchObject([{ is_bot: 1 }, { is_bot: 1 }])
    expect(fold.flush(T).sessions).toMatchObject([{ is_bot: 1, counted: 0, prev_counted: 1 }])
  })

  it('goes to the session that its client names, whatever the time, and to none where that is not there', () => {
    const fold = foldWith({ client_session: 'trust' })
    const one = fold.event(T, { event_id: 'a', client_session_id: 's1' })
    const named = (id: string) => ({ event_id: `s${id}`, event_time: T - GRACE, client_session_id: id, ...server })
    expect(fold.event(T, named('s1')).labelled).toBe(one.labelled)
    expect(fold.event(T, named('s2')).labelled).toBeNull()
    expect(fold.event(T, { event_id: 'x', ...server }).labelled).toBe(one.labelled)
  })

  it('stays in its own day', () => {
    const fold = foldWith({ cut_at_midnight: true })
    const midnight = Math.ceil(T / GRACE) * GRACE
    const before = fold.event(midnight, { event_id: 'a', event_time: midnight - 2 })
    expect(fold.event(midnight, { event_id: 's', event_time: midnight - 1, ...server }).labelled).toBe(before.labelled)
    expect(fold.event(midnight, { event_id: 't', ...server }).labelled).toBeNull()
  })

  it.each([T + MINUTE, T + GAP])('gives way at %d to an earlier alias where a goal counts once a visitor', (sent) => {
    const match = { any: [{ event: 'sign_up' }, { event: 'alias' }] }
    const fold = foldWith({}, { name: 'join', kind: 'micro', match, count: 'once_per_visitor' })
    const warehouse = new Warehouse()
    const send = (...of: Parameters<FoldRun['event']>) => warehouse.apply(fold.event(...of).result.outputs)
    // In a session or in none.
    if (sent < T + GAP) send(T, { event_id: 'a' })
    send(T + GAP, { event_id: 's', event_time: sent, name: 'sign_up', ...server })
    send(T + GAP, { event_id: 'b', event_time: sent + 1, name: 'alias', type: 'alias', user_id: 'ada' })
    expect(warehouse.liveConversions()).toMatchObject([{ event_id: 's' }])
    send(T + GAP, { event_id: 'c', event_time: sent - 1, name: 'alias', type: 'alias', user_id: 'ada' })
    expect(warehouse.liveConversions()).toMatchObject([{ event_id: 'c', session_id: null }])
    warehouse.apply(fold.flush(T + GRACE).result.outputs)
    expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
  })

  it('can be joined for gap and grace after it came, and not a millisecond longer', () => {
    for (const [after, events] of [
      [GAP + GRACE, 2],
      [GAP + GRACE + 1, 1],
    ] as const) {
      const fold = foldWith({})
      fold.event(T, { event_id: 's', ...server })
      fold.event(T + after, { event_id: 'a', event_time: T })
      expect(fold.flush(T + after).sessions).toMatchObject([{ events }])
    }
  })

  it('is forgotten with its session, and its visitor with both', () => {
    const fold = foldWith({})
    fold.event(T, { event_id: 'a' })
    fold.event(T + 1, { event_id: 's', ...server })
    fold.event(T + 1, { event_id: 't', event_time: T - 1, ...server })
    fold.tick(T + 3 * GRACE)
    const [[, bytes] = []] = takeDirty(fold.partition)
    expect(jsonVisitorCodec.decode(bytes!)).toMatchObject({ sessions: [], companions: [] })
    fold.tick(T + 40 * 24 * 3_600_000)
    expect(takeDirty(fold.partition)).toEqual([['shop:v1', null]])
  })
})

describe('the server events of one visitor', () => {
  it('are bounded: the longest without a session gives way, and beyond that they are sessionless', () => {
    const fold = foldWith({}, buy)
    const warehouse = new Warehouse()
    for (let at = 0; at < 300; at++) {
      const sent = { event_id: `e${at}`, event_time: T - 1, name: 'purchase', order_id: `o${at}`, ...server }
      warehouse.apply(fold.event(T, sent).result.outputs)
    }
    warehouse.apply(fold.event(T, { event_id: 'a', event_time: T - 2 }).result.outputs)
    const beyond = fold.event(T, { event_id: 'b', ...server, name: 'purchase' })
    warehouse.apply(beyond.result.outputs)
    warehouse.apply(fold.flush(T).result.outputs)
    const [row] = warehouse.liveSessions()
    expect(row?.events).toBe(1 + 250)
    expect(beyond.labelled).toBeNull()
    expect(warehouse.liveConversions()).toHaveLength(301)
    expect(warehouse.liveConversions().filter(({ session_id }) => session_id !== null)).toHaveLength(row?.macro ?? 0)
    const [[, state] = []] = takeDirty(fold.partition)
    expect(jsonVisitorCodec.decode(state!).companions.length).toBe((row?.events ?? 0) - 1)
  })
})
