import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, Warehouse } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const HOUR = 60 * 60_000
const DAY = 24 * HOUR

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' } },
]

/** A visitor who comes by `visits` letters, looks at `looks` products and buys forty times, until that is final. */
function boughtOften({ visits, looks }: { readonly visits: number; readonly looks: number }) {
  const fold = new FoldRun()
  fold.define(T, { goals })
  const warehouse = new Warehouse()
  const campaign = 'spring '.repeat(30)
  for (let at = 0; at < visits; at++)
    fold.event(T + at * HOUR, { event_id: `v${at}`, path: '/', source: 'letter', medium: 'email', campaign })
  for (let at = 0; at < looks; at++) fold.event(T + visits * HOUR + at, { event_id: `l${at}`, name: 'view_item' })
  const bought = T + 3 * DAY
  const orders = Array.from(
    { length: 40 },
    (_, at) =>
    buildEvent({ event_id: `p${at}`, event_time: bought + at, name: 'purchase', order_id: `o${at}`, value_minor: 1_000, currency: 'EUR' }), // prettier-ignore
  )
  for (const order of orders) {
    warehouse.apply(fold.event(order.event_time, order).result.outputs)
    warehouse.apply(fold.verdict(order.event_time, order, {}).result.outputs)
  }
  fold.tick(bought + 3 * DAY)
  const decide = (at: number, fields: Parameters<FoldRun['verdict']>[2]) => {
    const order = orders[at] ?? buildEvent({ event_id: '' })
    const stepped = fold.verdict(bought + 4 * DAY, order, { order_offset: 2, number: 2, ...fields })
    warehouse.apply(stepped.result.outputs)
    return stepped
  }
  return { warehouse, decide }
}

const refund = { status: 'partly_refunded', refunded_minor: 400 } as const

describe('the orders of a visitor who buys a lot', () => {
  it('share what is left of them as they did, even where there is no room for the micro conversions before them', () => {
    const { decide } = boughtOften({ visits: 2, looks: 250 })
    expect(decide(0, refund).credits).toMatchObject([
      { values_minor: Array.from({ length: 6 }, () => expect.any(Array)), assist_goals: [], assist_conversion_ids: [], assist_times: [], assists_omitted: 250 }, // prettier-ignore
    ])
    const [last] = decide(39, refund).credits
    expect([last?.assist_goals.length, last?.assists_omitted]).toEqual([200, 50])
  })

  it('have their credits taken away with them, also where there is no room to say these again', () => {
    const { warehouse, decide } = boughtOften({ visits: 40, looks: 0 })
    expect(decide(1, refund)).toMatchObject({ conversions: [{ value_minor: 600 }], credits: [] })
    expect(decide(0, { status: 'withdrawn', event: null }).credits).toMatchObject([{ is_deleted: 1, reason: 'order' }])
    const converted = warehouse.liveConversions().map((row) => row.conversion_id)
    const credited = warehouse.liveCredits().map(({ row }) => row.conversion_id)
    expect(converted).toHaveLength(39)
    expect(credited.sort()).toEqual(converted.sort())
  })
})

describe('an order that there was no room to remember', () => {
  it('is not counted again by a verdict that is said again', () => {
    const fold = new FoldRun()
    const [buy] = goals
    fold.define(T, { goals: Array.from({ length: 20 }, (_, at) => ({ ...buy, name: `buy${at}${'-'.repeat(200)}` })) })
    const warehouse = new Warehouse()
    const orders = Array.from(
      { length: 40 },
      (_, at) =>
      buildEvent({ event_id: `p${at}`, event_time: T + at, name: 'purchase', order_id: `o${at}`, value_minor: 1_000, currency: 'EUR', is_server: true }), // prettier-ignore
    )
    const decide = (at: number, fields: Parameters<FoldRun['verdict']>[2]) => {
      fold.tick(T + (at + 1) * 3 * DAY)
      const stepped = fold.verdict(T + at * 3 * DAY, orders[at] ?? buildEvent({ event_id: '' }), fields)
      warehouse.apply(stepped.result.outputs)
      return stepped.outcome
    }
    for (let at = 0; at < 40; at++) decide(at, {})
    expect(decide(0, { order_offset: 2, number: 2, ...refund })).toBe('verdict_forgotten')
    for (let at = 0; at < 40; at++) expect([at, decide(at, {})]).toEqual([at, 'verdict_repeated'])
    expect(warehouse.liveConversions()).toHaveLength(800)
  })
})

describe('an order of which nothing stands, from before there was no room to remember', () => {
  /** Orders of a server with rows of 20 goals each, of which about 20 fill the room. */
  const filled = (...first: (readonly [order: string, ...Parameters<FoldRun['verdict']>[2][]])[]) => {
    const fold = new FoldRun()
    const large = { ...goals[0], match: { event: 'purchase', fields: { value: { gte: 5 } } } }
    fold.define(T, { goals: Array.from({ length: 20 }, (_, at) => ({ ...large, name: `buy${at}${'-'.repeat(200)}` })) })
    const warehouse = new Warehouse()
    const orderOf = (order_id: string, event_time: number) =>
      buildEvent({ event_id: `p${order_id}`, event_time, name: 'purchase', order_id, value_minor: 1_000, currency: 'EUR', is_server: true }) // prettier-ignore
    const decide = (at: number, order: string, fields: Parameters<FoldRun['verdict']>[2], event_time = T) => {
      const stepped = fold.verdict(at, orderOf(order, event_time), fields)
      warehouse.apply(stepped.result.outputs)
      return stepped.outcome
    }
    for (const [order, ...verdicts] of first) for (const verdict of verdicts) decide(T, order, verdict)
    for (let at = 1; at <= 40; at++) decide(T + at * 3 * DAY, `other${at}`, {}, T + at)
    const counted = (order: string) => warehouse.liveConversions().filter((row) => row.order_id === order).length
    return { decide, counted, later: T + 150 * DAY }
  }

  it('counts when it comes back to the visitor it was withdrawn from', () => {
    const { decide, counted, later } = filled([
      'mine',
      {},
      { order_offset: 2, number: 2, status: 'withdrawn', event: null },
    ])
    expect(counted('mine')).toBe(0)
    expect(decide(later, 'mine', { order_offset: 9, number: 1 }, T - 1)).toBe('verdict')
    expect(counted('mine')).toBe(20)
  })

  it('counts when it is updated to what a goal asks for', () => {
    const { decide, counted, later } = filled(['small', { value_minor: 400 }])
    expect(decide(later, 'small', { order_offset: 2, number: 2, value_minor: 600 })).toBe('verdict')
    expect(counted('small')).toBe(20)
  })

  it('gives way, as those do of which the ids stay, so that others keep what was said of them', () => {
    const many = Array.from({ length: 3_000 }, (_, at) => [`small${at}`, { value_minor: 400 }] as const)
    const { decide, later } = filled(...many)
    expect(decide(later, 'small0', { order_offset: 2, number: 2, value_minor: 600 })).toBe('verdict_forgotten')
    expect(decide(later, 'other25', { order_offset: 2, number: 2, ...refund })).toBe('verdict')
  })
})

describe('an order of which there was no room to keep all that was said', () => {
  it('is not counted again by goals whose conversions stand', () => {
    const fold = new FoldRun()
    const [buy] = goals
    const named = Array.from({ length: 40 }, (_, at) => ({ ...buy, name: `buy${at}` }))
    const fixed = { value: { amount: 5, currency: 'EUR' } }
    fold.define(T, { goals: named.map((goal, at) => (at % 2 === 0 ? goal : { ...goal, ...fixed })) })
    const warehouse = new Warehouse()
    const order_id = 'o'.repeat(8_000)
    const event = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id, value_minor: 1_000, currency: 'EUR' }) // prettier-ignore
    fold.event(T, event)
    const decide = (at: number, number: number, fields: Parameters<FoldRun['verdict']>[2]) => {
      const stepped = fold.verdict(at, event, { ...refund, order_offset: number, number, ...fields })
      warehouse.apply(stepped.result.outputs)
      return stepped.conversions.length
    }
    decide(T, 1, { status: 'placed', refunded_minor: 0 })
    decide(T, 2, {})
    // Of a worth of their own a second refund in part changes nothing: the others' rows find room.
    expect(decide(T, 3, { refunded_minor: 500 })).toBe(20)
    fold.tick(T + 3 * DAY)
    expect(decide(T + 3 * DAY, 4, { coupon: 'MAY' })).toBe(20)
    expect(warehouse.liveConversions()).toHaveLength(40)
  })
})
