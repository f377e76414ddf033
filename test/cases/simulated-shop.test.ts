import { describe, expect, it } from '@jest/globals'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import { foldParts } from './folded.ts'

const end = Date.parse('2026-11-23T09:00:00Z')
const { parts, books } = simulate({ seed: 11, days: 4, people: 2400, end })
const folded = await foldParts(parts, 'demo', end + 2000)
const sessions = folded.sessions.filter((row) => row.is_bot === 0)

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

describe('the simulated shop through mapping and fold', () => {
  it('has every message accepted, each event once', () => {
    expect(folded.events).toHaveLength(books.events)
    expect(folded).toMatchObject({ duplicates: books.repeats, conflicts: 0 })
  })

  it('has crawlers recognised, all of them and nobody else', () => {
    expect(folded.events.filter(({ event }) => event.is_bot)).toHaveLength(books.botEvents)
  })

  it('makes one session of each visit, by the channel it came', () => {
    expect(sessions).toHaveLength(books.visits)
    expect(tally(sessions.map(({ channel }) => channel))).toEqual(Object.fromEntries(books.visitsByChannel))
    expect(new Set(sessions.map((row) => row.visitor_id)).size).toBe(books.visitors)
  })

  it('counts every order once, in its visit, and what became of it', () => {
    const found = folded.conversions.filter(({ goal }) => goal === 'purchase')
    const rows = found.map((row) => ({
      orderId: row.order_id,
      currency: row.currency,
      status: row.order_status,
      grossMinor: (row.value_minor ?? 0) + row.refunded_minor,
      refundedMinor: row.refunded_minor,
      isInVisit: row.session_id !== null,
    }))
    const byId = (a: { orderId: string }, b: { orderId: string }) => (a.orderId < b.orderId ? -1 : 1)
    expect(rows.toSorted(byId)).toEqual(books.orders.toSorted(byId))
  })

  it('credits what is left of every order, under each model', () => {
    const net = new Map(books.orders.map((order) => [order.orderId, order.grossMinor - order.refundedMinor]))
    const orderOf = new Map(folded.conversions.map((row) => [row.conversion_id, row.order_id]))
    expect(folded.credits).toHaveLength(books.orders.length)
    for (const { conversion_id, value_minor, models, values_minor, touch_session_ids } of folded.credits) {
      const own = net.get(orderOf.get(conversion_id) ?? '')
      expect(value_minor).toBe(own)
      if (touch_session_ids.length === 0) continue
      const sums = values_minor.map((shares) => shares.reduce((sum, share) => sum + share, 0))
      expect(sums).toEqual(models.map(() => own))
    }
  })

  it('names the promotion of the orders with a product of it, and of no other', () => {
    const purchases = folded.conversions.filter(({ goal }) => goal === 'purchase')
    // The shop's server sends no products with an order, and where it knows the visitor its purchase may decide.
    const promoted = folded.events.filter(({ event }) => event.properties['products']?.includes('"KIT-'))
    const orders = new Set(promoted.map(({ event }) => event.order_id))
    const expected = purchases.map(({ order_id }) => (orders.has(order_id) ? 'kitchen-weeks' : ''))
    expect(purchases.map(({ promotion }) => promotion)).toEqual(expected)
    expect(Object.keys(tally(expected)).toSorted()).toEqual(['', 'kitchen-weeks'])
  })

  it('counts carts and product views', () => {
    const withCart = sessions.filter((row) => row.goal_names.includes('add_to_cart'))
    expect(withCart).toHaveLength(books.visitsWithCart)
    const seen = folded.events.filter(({ event }) => !event.is_bot).map(({ event }) => event.name)
    expect(tally(seen)).toMatchObject({ view_item: books.productViews, add_to_cart: books.cartAdditions })
  })
})
