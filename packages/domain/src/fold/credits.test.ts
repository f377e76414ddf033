import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, jsonVisitorCodec, LogBuilder, MemoryVisitors, Warehouse } from '@cairn/testkit/domain'
import { createPartition, restorePartition, step, takeDirty, type StorefrontEvent } from '../index.ts'

const T = 1_790_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' } },
  { name: 'leave', kind: 'negative', match: { event: 'careers' } },
]

function foldWith(attribution: Record<string, unknown> = {}, session: Record<string, unknown> = {}) {
  const fold = new FoldRun()
  fold.define(T, { goals, attribution, session })
  return fold
}

/** The events that the micro conversions before an event's macro one are of. */
function assistsOf({ conversions, credits }: Warehouse, eventId: string): (string | undefined)[] | undefined {
  const [macro] = [...conversions.values()].filter(({ event_id, kind }) => event_id === eventId && kind === 'macro')
  const ids = credits.get(macro?.conversion_id ?? '')?.row.assist_conversion_ids
  return ids?.map((id) => conversions.get(id)?.event_id)
}

describe('the credit of a conversion', () => {
  it('is written with it, and not again by what comes after it in its session', () => {
    const fold = foldWith()
    fold.event(T, { event_id: 'a', source: 'letter', medium: 'email' })
    const [row] = fold.event(T + MINUTE, { event_id: 'b', name: 'purchase', value_minor: 999, currency: 'EUR' }).credits
    expect(row).toMatchObject({ reason: 'conversion', touch_channels: ['Email'], value_minor: 999 })
    expect(fold.event(T + 2 * MINUTE, { event_id: 'c' }).credits).toEqual([])
    expect(fold.event(T + 3 * MINUTE, { event_id: 'd', name: 'view_item' }).credits).toEqual([])
  })

  it('says why it is written again: a touchpoint, a micro conversion, a user', () => {
    const fold = foldWith()
    fold.event(T, { event_id: 'a', name: 'purchase' })
    const reasons = (credits: readonly { readonly reason: string }[]) => credits.map(({ reason }) => reason)
    expect(reasons(fold.event(T, { event_id: 'b', event_time: T - DAY }).credits)).toEqual(['path'])
    expect(reasons(fold.event(T, { event_id: 'c', event_time: T - DAY, name: 'view_item' }).credits)).toEqual([
      'assists',
    ])
    expect(reasons(fold.event(T, { event_id: 'd', event_time: T - DAY, user_id: 'ada' }).credits)).toEqual(['restated'])
  })

  it("of a server event that is earlier than the session it names follows that session's beginning", () => {
    const fold = foldWith({}, { client_session: 'trust' })
    const named = { client_session_id: 's', path: '/' }
    fold.event(T + HOUR, { ...named, event_id: 'a', event_time: T + 10 * MINUTE })
    const order = { ...named, event_id: 'b', event_time: T, name: 'purchase', is_server: true }
    expect(fold.event(T + HOUR, order).credits).toMatchObject([{ touch_channels: ['Direct'] }])
    const late = { ...named, event_id: 'c', event_time: T + 5 * MINUTE }
    const restated = { reason: 'path', touch_started_at: [T + 5 * MINUTE] }
    expect(fold.event(T + HOUR, late).credits).toMatchObject([restated])
  })

  it('looks back at sessions that can no longer be corrected, as long as the lookback and no longer', () => {
    const path = (days: number) => {
      const fold = foldWith()
      fold.event(T, { event_id: 'a' })
      fold.tick(T + 2 * DAY)
      return fold.event(T + days * DAY, { event_id: 'b', name: 'purchase' }).credits[0]?.touch_started_at
    }
    expect(path(30)).toEqual([T, T + 30 * DAY])
    expect(path(31)).toEqual([T + 31 * DAY])
  })

  it("has no micro conversions of a bot's sessions, nor of a bot's server event, also once those are final", () => {
    const fold = foldWith()
    const warehouse = new Warehouse()
    const look = (at: number, fields: Partial<StorefrontEvent> & Pick<StorefrontEvent, 'event_id'>) =>
      warehouse.apply(fold.event(at, { name: 'view_item', ...fields }).result.outputs)
    const buy = (at: number, event_id: string) => {
      warehouse.apply(fold.event(at, { event_id, name: 'purchase' }).result.outputs)
      return assistsOf(warehouse, event_id)
    }
    look(T, { event_id: 'a' })
    look(T + HOUR, { event_id: 'b' })
    look(T + 2 * HOUR, { event_id: 'c', is_server: true, is_bot: true })
    expect(buy(T + 3 * HOUR, 'd')).toEqual(['a', 'b'])
    look(T + 3 * HOUR, { event_id: 'e', event_time: T + HOUR + 1, is_bot: true })
    expect(assistsOf(warehouse, 'd')).toEqual(['a'])
    warehouse.apply(fold.tick(T + 3 * DAY).result.outputs)
    expect(buy(T + 3 * DAY, 'f')).toEqual(['a'])
  })

  it('is written for a new conversion however many others it affects', () => {
    const fold = foldWith({ reset_on_conversion: true })
    const warehouse = new Warehouse()
    for (let at = 0; at < 120; at++)
      warehouse.apply(fold.event(T + at, { event_id: `e${at}`, name: 'purchase' }).result.outputs)
    warehouse.apply(fold.event(T + 120, { event_id: 'late', event_time: T - 1, name: 'purchase' }).result.outputs)
    expect(warehouse.liveCredits()).toHaveLength(121)
  })

  it('begins anew after an old conversion, however many micro conversions came since', () => {
    const fold = foldWith({ reset_on_conversion: true })
    fold.event(T, { event_id: 'first', name: 'purchase' })
    for (let at = 0; at < 250; at++)
      fold.event(T + 3 * DAY + at, { event_id: `v${at}`, event_time: T + 3 * DAY + at, name: 'view_item' })
    fold.tick(T + 5 * DAY)
    const [row] = fold.event(T + 6 * DAY, { event_id: 'last', name: 'purchase' }).credits
    expect(row?.touch_started_at).toEqual([T + 3 * DAY, T + 6 * DAY])
  })

  it.each([0, 2])('looks back at nothing that a bot did, %i days after its session could be corrected', (days) => {
    const fold = foldWith({ reset_on_conversion: true })
    fold.event(T, { event_id: 'a', source: 'letter', medium: 'email' })
    fold.event(T + HOUR, { event_id: 'b', name: 'view_item', is_bot: true })
    fold.event(T + HOUR, { event_id: 'c', name: 'purchase' })
    fold.tick(T + HOUR + days * DAY)
    const [row] = fold.event(T + 3 * HOUR + days * DAY, { event_id: 'd', name: 'purchase' }).credits
    expect(row).toMatchObject({ touch_started_at: [T, T + 3 * HOUR + days * DAY], assist_goals: [] })
  })

  it('of an event of nobody leaves nothing behind', () => {
    const fold = foldWith()
    const { credits } = fold.event(T, { event_id: 'a', visitor_id: '', name: 'purchase' })
    expect(credits).toMatchObject([{ touch_session_ids: [], session_id: null }])
    takeDirty(fold.partition)
    fold.tick(T + 3 * DAY)
    expect(takeDirty(fold.partition).map(([, bytes]) => bytes)).toEqual([null])
  })
})

/** A session with so many orders, a second apart and not in this order, and what an event of the day before makes of their credits. */
function restatedAmong(orders: number, late: Partial<StorefrontEvent>) {
  const fold = foldWith()
  const warehouse = new Warehouse()
  const send = (event_id: string, fields: Partial<StorefrontEvent>) => {
    const { credits, result } = fold.event(T + HOUR, { event_id, ...fields })
    warehouse.apply(result.outputs)
    return credits.map(({ event_time }) => event_time)
  }
  const times = Array.from({ length: orders }, (_, nth) => T + (nth + 1) * 1_000)
  const isOdd = (time: number) => (time / 1_000) % 2 === 1
  send('begin', { event_time: T })
  for (const event_time of [...times.filter(isOdd), ...times.filter((time) => !isOdd(time))])
    send(`e${event_time}`, { event_time, name: 'purchase' })
  const restated = send('late', { event_time: T - DAY, ...late })
  const paths = new Map(warehouse.liveCredits().map(({ row }) => [row.event_time, row.touch_started_at]))
  return { times, restated: restated.sort((a, b) => a - b), pathOf: (time: number) => paths.get(time) }
}

describe('a late event', () => {
  it.each([40, 41, 100])('restates of %i later orders the latest 40, and the others stay as they were', (orders) => {
    const { times, restated, pathOf } = restatedAmong(orders, {})
    expect(restated).toEqual(times.slice(-40))
    expect(times.slice(0, -40).map(pathOf)).toEqual(Array(orders - 40).fill([T]))
    expect(times.slice(-40).map(pathOf)).toEqual(Array(40).fill([T - DAY, T]))
  })

  it.each([40, 41, 100])('that is an order is credited beside the latest 40 of %i later ones', (orders) => {
    const { times, restated, pathOf } = restatedAmong(orders, { name: 'purchase' })
    expect(restated).toEqual([T - DAY, ...times.slice(-40)])
    expect(pathOf(T - DAY)).toEqual([T - DAY])
    expect(times.slice(0, -40).map(pathOf)).toEqual(Array(orders - 40).fill([T]))
  })
})

/** A visitor with so many sessions of one product view, two hours apart, and then an order. */
function buyAfter(sessions: number, attribution: Record<string, unknown> = {}) {
  const fold = foldWith(attribution)
  for (let at = 0; at < sessions; at++) fold.event(T + 2 * at * HOUR, { event_id: `e${at}`, name: 'view_item' })
  return { fold, row: fold.event(T + 2 * sessions * HOUR, { event_id: 'b', name: 'purchase' }).credits[0] }
}

describe('a path or a list of micro conversions that is too long', () => {
  it.each([
    [150, 51, 0],
    [300, 201, 100],
  ])('says of %i sessions how many touchpoints and micro conversions it leaves out', (sessions, touches, assists) => {
    const { row } = buyAfter(sessions)
    expect(row).toMatchObject({ touches_omitted: touches, assists_omitted: assists })
    expect(row?.touch_session_ids).toHaveLength(100)
    expect(row?.assist_goals).toHaveLength(sessions - assists)
    // What it lists are the latest, two hours apart.
    const last = T + 2 * (sessions - 1) * HOUR
    expect(row?.assist_times.at(-1)).toBe(last)
    expect(row?.assist_times[0]).toBe(last - 2 * (sessions - assists - 1) * HOUR)
  })

  it('counts only those within the lookback, and all of the day in which it begins', () => {
    expect(buyAfter(300, { lookback: '8d' }).row).toMatchObject({ touches_omitted: 0, assists_omitted: 0 })
    // T is at 14:13: of the first day, 8 of the 12 touchpoints are before the lookback.
    expect(T % DAY).toBe(14 * HOUR + 13 * MINUTE + 20_000)
    expect(buyAfter(300, { lookback: '20d' }).row?.touches_omitted).toBe(20 * 12 + 1 - 100 + 7)
  })

  it('leaves out nothing where the path began anew', () => {
    const { fold } = buyAfter(300, { reset_on_conversion: true })
    const [row] = fold.event(T + 602 * HOUR, { event_id: 'c', name: 'purchase' }).credits
    expect(row).toMatchObject({ touches_omitted: 0, assists_omitted: 0 })
    expect(row?.touch_session_ids).toHaveLength(1)
  })

  it('counts an order no more that is withdrawn after it was left out, and once where it comes back', () => {
    const fold = new FoldRun()
    const order = { name: 'order', kind: 'micro', match: { event: 'purchase' }, dedupe_by: 'order_id' }
    fold.define(T, { goals: [...goals, order, { name: 'join', kind: 'macro', match: { event: 'sign_up' } }] })
    const purchase = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id: 'o' })
    fold.fold(fold.log.event(T, purchase))
    fold.verdict(T, purchase, {})
    for (let at = 0; at < 250; at++) fold.event(T + 3 * DAY + at, { event_id: `v${at}`, name: 'view_item' })
    fold.tick(T + 5 * DAY)
    const before = (time: number) => {
      const row = fold.event(time, { event_id: `j${time}`, name: 'sign_up' }).credits.at(-1)
      const listed = row?.assist_goals ?? []
      return {
        orders: listed.filter((goal) => goal === 'order').length,
        all: listed.length + (row?.assists_omitted ?? 0),
      }
    }
    expect(before(T + 6 * DAY)).toEqual({ orders: 0, all: 251 })
    fold.verdict(T + 6 * DAY, purchase, { number: 2, order_offset: 2, status: 'withdrawn', event: null })
    expect(before(T + 9 * DAY)).toEqual({ orders: 0, all: 250 })
    fold.verdict(T + 9 * DAY, { ...purchase, event_id: 'q', is_server: true }, { order_offset: 3 })
    // Older than all that are listed, it is counted again.
    expect(before(T + 12 * DAY)).toEqual({ orders: 0, all: 251 })
  })

  it('says the same after a restart', () => {
    const log = new LogBuilder()
    log.definitions(T, 1, { goals })
    const add = (at: number, event_id: string, name: string) =>
      log.event(T + at * HOUR, buildEvent({ event_id, event_time: T + at * HOUR, name }))
    for (let at = 0; at < 300; at++) add(2 * at, `e${at}`, 'view_item')
    const last = add(600, 'b', 'purchase')
    const partition = createPartition(jsonVisitorCodec)
    for (const record of log.records.slice(0, -1)) step(partition, record)
    const disk = new MemoryVisitors(jsonVisitorCodec)
    disk.write(takeDirty(partition))
    const { position, parts, streamTime, eventClock, definitions } = partition
    const restored = restorePartition(
      jsonVisitorCodec,
      {
        position,
        parts,
        stream_time: streamTime,
        event_clock: eventClock,
        definitions_number: definitions.number,
        definitions: definitions.json,
      },
      { cold: disk },
    )
    expect(step(restored, last)).toEqual(step(partition, last))
  })

  it('is forgotten with the last of what was kept of the visitor', () => {
    const { fold } = buyAfter(300)
    fold.tick(T + 603 * HOUR + 2 * DAY)
    const kept = () =>
      takeDirty(fold.partition).map(([, bytes]) => bytes && jsonVisitorCodec.decode(bytes).omitted_days)
    expect(kept()[0]?.length).toBeGreaterThan(15)
    fold.tick(T + 603 * HOUR + 50 * DAY)
    expect(kept()).toEqual([null])
  })
})

describe('a visitor with long names', () => {
  it.each([
    ['client ids', { client_session: 'trust' }],
    ['campaigns', {}],
  ])('keeps a history of bounded size: %s', (_, session) => {
    const fold = foldWith({}, session)
    const long = 'x'.repeat(30_000)
    for (let at = 0; at < 60; at++) {
      const time = T + at * 3 * DAY
      fold.tick(time)
      fold.event(time, {
        event_id: `e${at}`,
        client_session_id: `${at}${long}`,
        campaign: `${at}${long}`,
        medium: 'email',
      })
    }
    fold.tick(T + 60 * 3 * DAY)
    const [state] = takeDirty(fold.partition).map(([, bytes]) => bytes)
    const { touches } = jsonVisitorCodec.decode(state as Uint8Array)
    expect(touches.length).toBeGreaterThan(0)
    expect(JSON.stringify(touches).length).toBeLessThan(140_000)
  })

  it('has paths of bounded size, with the converting session in them', () => {
    const fold = foldWith()
    for (let at = 0; at < 10; at++)
      fold.event(T + at * HOUR, { event_id: `e${at}`, campaign: `${at}${'x'.repeat(9_000)}`, medium: 'email' })
    const [row] = fold.event(T + 9 * HOUR, { event_id: 'b', name: 'purchase' }).credits
    expect(row).toMatchObject({ touches_omitted: 7 })
    expect(row?.touch_started_at.at(-1)).toBe(T + 9 * HOUR)
  })
})
