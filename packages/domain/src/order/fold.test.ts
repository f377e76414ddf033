import { describe, expect, it } from '@jest/globals'
import { buildEvent, eventOf, wireOf } from '@cairn/testkit/domain'
import { foldOrder, type FoldedOrder, type OrderState, type StorefrontEvent } from '../index.ts'

const DAY = 86_400_000
const T = Date.UTC(2026, 0, 5, 10)

/** One order: what is sent of it is folded at once. */
class OrderRun {
  state: OrderState | null = null
  #offset = 0
  #id = 0

  send(name: string, fields: Partial<StorefrontEvent> = {}): FoldedOrder {
    const money = fields.value_minor === undefined || fields.value_minor === null ? {} : { currency: 'EUR' }
    const event = buildEvent({ event_id: `e${this.#id++}`, event_time: T, name, order_id: 'o1', ...money, ...fields })
    const folded = foldOrder(this.state, { event, wire: wireOf(event) }, this.#offset++, T)
    this.state = folded.state
    return folded
  }
}

/** What a step says: outcome, and of each verdict whom it is said to and what. */
function told({ result, verdicts }: FoldedOrder) {
  return [
    result,
    ...verdicts.map(({ key, verdict }) => {
      const { number, status, value_minor, currency, refunded_minor, event } = verdict
      const id = event.length === 0 ? null : eventOf(event).event_id
      return [key, number, status, value_minor, currency, refunded_minor, id]
    }),
  ]
}

describe('whose an order is', () => {
  it('is the visitor who is named, else the user, else nobody; the one who had it is told first', () => {
    const order = new OrderRun()
    expect(told(order.send('purchase', { visitor_id: '', event_time: T - 9 }))).toEqual([
      'verdict',
      ['shop:~e0', 1, 'placed', null, '', 0, 'e0'],
    ])
    expect(told(order.send('purchase', { visitor_id: 'u:7', event_time: T + 5 }))).toEqual([
      'verdict',
      ['shop:~e0', 2, 'withdrawn', null, '', 0, null],
      ['shop:u:7', 1, 'placed', null, '', 0, 'e1'],
    ])
    expect(told(order.send('purchase', { visitor_id: 'v1', event_time: T + 9 }))).toEqual([
      'verdict',
      ['shop:u:7', 2, 'withdrawn', null, '', 0, null],
      ['shop:v1', 1, 'placed', null, '', 0, 'e2'],
    ])
    expect(told(order.send('purchase', { visitor_id: 'u:8', event_time: T - 99 }))).toEqual(['unchanged'])
  })

  it('is the buyer of the earliest purchase, by time and then by id', () => {
    const order = new OrderRun()
    order.send('purchase', { event_id: 'b', visitor_id: 'v1' })
    expect(told(order.send('purchase', { event_id: 'c', visitor_id: 'v2' }))).toEqual(['unchanged'])
    expect(told(order.send('purchase', { event_id: 'a', visitor_id: 'v3' }))).toHaveLength(3)
  })

  it('comes back to a buyer it was withdrawn from with verdicts numbered anew, under one offset with the withdrawal', () => {
    const order = new OrderRun()
    order.send('purchase', { visitor_id: 'v1', event_time: T })
    order.send('order_updated', { value_minor: 700 })
    order.send('purchase', { visitor_id: 'v2', event_time: T - 1 })
    const back = order.send('purchase', { visitor_id: 'v1', event_time: T - 2 })
    expect(told(back)).toEqual([
      'verdict',
      ['shop:v2', 2, 'withdrawn', null, '', 0, null],
      ['shop:v1', 1, 'placed', 700, 'EUR', 0, 'e3'],
    ])
    expect(back.verdicts.map(({ verdict }) => verdict.order_offset)).toEqual([3, 3])
  })

  it('is said again where another event of the same buyer decides, and not where the same one comes again', () => {
    const order = new OrderRun()
    order.send('purchase', { event_id: 'late' })
    expect(told(order.send('purchase', { event_id: 'late' }))).toEqual(['unchanged'])
    expect(told(order.send('purchase', { event_id: 'early', event_time: T - 1 }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'placed', null, '', 0, 'early'],
    ])
  })
})

describe('a purchase that comes again under its id and key', () => {
  it('changes nothing, whatever its time and content are now and whether it decided', () => {
    const order = new OrderRun()
    order.send('purchase', { event_id: 'a', value_minor: 1000, event_time: T + 5 })
    order.send('purchase', { event_id: 'b', visitor_id: 'v2', event_time: T + 9 })
    for (const again of [{ event_id: 'a' }, { event_id: 'b', visitor_id: 'v2' }])
      expect(told(order.send('purchase', { ...again, event_time: T - 9, value_minor: 7 }))).toEqual(['unchanged'])
    // Under another key it is another visitor's.
    expect(told(order.send('purchase', { event_id: 'b', visitor_id: 'v3', event_time: T - 9 }))).toHaveLength(3)
  })

  it('is known among the hundred that are kept', () => {
    const order = new OrderRun()
    for (let i = 0; i < 101; i++) order.send('purchase', { event_id: `p${i}`, event_time: T + i })
    expect(order.state?.purchases).toHaveLength(100)
    expect(new Set(order.state?.purchases).size).toBe(100)
  })
})

describe('an order that a server speaks of', () => {
  const hostile = [
    ['order_updated', { value_minor: 1 }],
    ['refund', {}],
    ['order_cancelled', {}],
  ] as const

  it('takes nothing of browsers but purchases, whether they come before or after', () => {
    const order = new OrderRun()
    order.send('purchase', { value_minor: 1000 })
    for (const [name, fields] of hostile) expect(order.send(name, fields).result).toBe('verdict')
    // Whatever the server says: it need not be a purchase, nor one with a value.
    expect(told(order.send('order_updated', { is_server: true }))).toEqual([
      'verdict',
      ['shop:v1', 5, 'placed', 1000, 'EUR', 0, 'e0'],
    ])
    for (const [name, fields] of hostile) expect(told(order.send(name, fields))).toEqual(['not_by_server'])
    expect(told(order.send('refund', { value_minor: 300, is_server: true }))).toEqual([
      'verdict',
      ['shop:v1', 6, 'partly_refunded', 1000, 'EUR', 300, 'e0'],
    ])
    // Who bought, browsers know better.
    expect(told(order.send('purchase', { visitor_id: 'v2', event_time: T - 1 }))).toHaveLength(3)
  })

  it('ignores them before a purchase, too', () => {
    const order = new OrderRun()
    expect(told(order.send('refund', { is_server: true, value_minor: 1 }))).toEqual(['waiting'])
    for (const [name, fields] of hostile) expect(told(order.send(name, fields))).toEqual(['not_by_server'])
  })
})

describe('the value of an order', () => {
  it('is that of the latest update, else of the earliest purchase of a server, else of the earliest purchase', () => {
    const order = new OrderRun()
    order.send('purchase', { value_minor: 900, event_time: T })
    expect(told(order.send('purchase', { value_minor: 800, event_time: T + 1 }))).toEqual(['unchanged'])
    const value = (folded: FoldedOrder) => folded.verdicts[0]?.verdict.value_minor
    expect(value(order.send('purchase', { value_minor: 1000, event_time: T + 9, is_server: true }))).toBe(1000)
    expect(told(order.send('purchase', { value_minor: 1100, event_time: T + 10, is_server: true }))).toEqual([
      'unchanged',
    ])
    expect(value(order.send('order_updated', { value_minor: 600, event_time: T + 20, is_server: true }))).toBe(600)
    expect(value(order.send('order_updated', { value_minor: 500, event_time: T + 21, is_server: true }))).toBe(500)
    expect(told(order.send('order_updated', { value_minor: 400, event_time: T + 19, is_server: true }))).toEqual([
      'unchanged',
    ])
    expect(told(order.send('order_updated', { event_time: T + 30, is_server: true }))).toEqual(['unchanged'])
  })

  it('is none where nobody sent one; then a whole refund leaves its status, and one with a value nothing', () => {
    const order = new OrderRun()
    order.send('purchase')
    expect(told(order.send('refund', { value_minor: 100 }))).toEqual(['other_currency'])
    expect(told(order.send('refund'))).toEqual(['verdict', ['shop:v1', 2, 'refunded', null, '', 0, 'e0']])
    expect(told(order.send('order_cancelled'))).toEqual(['verdict', ['shop:v1', 3, 'cancelled', null, '', 0, 'e0']])
  })

  it('may be nothing at all: any refund then refunds it', () => {
    const order = new OrderRun()
    order.send('purchase', { value_minor: 0 })
    expect(told(order.send('refund', { value_minor: 0 }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'refunded', 0, 'EUR', 0, 'e0'],
    ])
  })
})

describe('refunds', () => {
  function placed(): OrderRun {
    const order = new OrderRun()
    order.send('purchase', { value_minor: 1000 })
    return order
  }

  it('net off their sizes once each, whatever their sign, and never more than the order is worth', () => {
    const order = placed()
    expect(told(order.send('refund', { event_id: 'r', value_minor: -300 }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'partly_refunded', 1000, 'EUR', 300, 'e0'],
    ])
    expect(told(order.send('refund', { event_id: 'r', value_minor: -300 }))).toEqual(['unchanged'])
    expect(told(order.send('refund', { value_minor: 0 }))).toEqual(['unchanged'])
    expect(told(order.send('refund', { value_minor: 699 }))).toEqual([
      'verdict',
      ['shop:v1', 3, 'partly_refunded', 1000, 'EUR', 999, 'e0'],
    ])
    expect(told(order.send('refund', { value_minor: 1 }))).toEqual([
      'verdict',
      ['shop:v1', 4, 'refunded', 1000, 'EUR', 1000, 'e0'],
    ])
    expect(told(order.send('refund', { value_minor: 50 }))).toEqual(['unchanged'])
  })

  it('without a value take all that is left', () => {
    const order = placed()
    order.send('refund', { value_minor: 300 })
    expect(told(order.send('refund'))).toEqual(['verdict', ['shop:v1', 3, 'refunded', 1000, 'EUR', 1000, 'e0']])
  })

  it('with an amount that could not be read net nothing, before the purchase and after it', () => {
    const order = new OrderRun()
    expect(told(order.send('refund', { properties: { total: '27,00' } }))).toEqual(['unreadable_amount'])
    order.send('purchase', { value_minor: 1000 })
    for (const name of ['value', 'revenue', 'total'])
      expect(told(order.send('refund', { properties: { [name]: '27' } }))).toEqual(['unreadable_amount'])
    const late = T + 181 * DAY
    expect(told(order.send('refund', { properties: { total: '?' }, event_time: late }))).toEqual(['unreadable_amount'])
    // One that is empty, or of something else, is none.
    expect(told(order.send('refund', { properties: { total: '', reason: 'torn' } }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'refunded', 1000, 'EUR', 1000, 'e1'],
    ])
  })

  it('with items but no amount net nothing, and an empty list names none', () => {
    const order = placed()
    for (const properties of [{ products: '[{"sku":"a"}]' }, { products: '[]', items: '[{"item_id":"a"}]' }])
      expect(told(order.send('refund', { properties }))).toEqual(['unreadable_amount'])
    // Ingest has summed their prices.
    expect(told(order.send('refund', { value_minor: 300, properties: { products: '[{"price":3}]' } }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'partly_refunded', 1000, 'EUR', 300, 'e0'],
    ])
    expect(told(order.send('refund', { properties: { products: '[]', items: '' } }))).toEqual([
      'verdict',
      ['shop:v1', 3, 'refunded', 1000, 'EUR', 1000, 'e0'],
    ])
  })

  it('without a currency net nothing where the order has one', () => {
    expect(told(placed().send('refund', { value_minor: 300, currency: '' }))).toEqual(['other_currency'])
  })

  it('in another currency than the order net nothing, and count once the order is in theirs', () => {
    const order = placed()
    expect(told(order.send('refund', { value_minor: 300, currency: 'USD' }))).toEqual(['other_currency'])
    expect(told(order.send('order_updated', { value_minor: 1200, currency: 'USD' }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'partly_refunded', 1200, 'USD', 300, 'e0'],
    ])
  })

  it('wait for the purchase where they come before it', () => {
    const order = new OrderRun()
    expect(told(order.send('refund', { value_minor: 300, event_time: T + 9 }))).toEqual(['waiting'])
    expect(told(order.send('order_updated', { value_minor: 500 }))).toEqual(['waiting'])
    expect(told(order.send('purchase', { value_minor: 1000 }))).toEqual([
      'verdict',
      ['shop:v1', 1, 'partly_refunded', 500, 'EUR', 300, 'e2'],
    ])
  })

  it('count up to exactly 180 days after the purchase that decides', () => {
    const order = placed()
    expect(told(order.send('refund', { value_minor: 1, event_time: T + 180 * DAY + 1 }))).toEqual(['too_late'])
    expect(told(order.send('order_cancelled', { event_time: T + 180 * DAY + 1 }))).toEqual(['too_late'])
    expect(told(order.send('refund', { value_minor: 2, event_time: T + 180 * DAY }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'partly_refunded', 1000, 'EUR', 2, 'e0'],
    ])
    expect(told(order.send('order_cancelled', { event_time: T + 180 * DAY }))).toEqual([
      'verdict',
      ['shop:v1', 3, 'cancelled', 1000, 'EUR', 1000, 'e0'],
    ])
    // An earlier purchase decides from now on: neither counts any more.
    expect(told(order.send('purchase', { event_time: T - 1 }))).toEqual([
      'verdict',
      ['shop:v1', 4, 'placed', 1000, 'EUR', 0, 'e5'],
    ])
  })

  it('count from the first purchase of a server where the one that decides is earlier', () => {
    const order = placed()
    const booked = T + 360 * DAY
    const refund = { value_minor: 1, is_server: true }
    order.send('purchase', { visitor_id: '', is_server: true, event_time: booked + 1 })
    order.send('purchase', { visitor_id: '', is_server: true, event_time: booked })
    expect(told(order.send('refund', { ...refund, event_time: booked + 180 * DAY + 1 }))).toEqual(['too_late'])
    expect(told(order.send('refund', { ...refund, event_time: booked + 180 * DAY }))).toEqual([
      'verdict',
      ['shop:v1', 2, 'partly_refunded', 1000, 'EUR', 1, 'e0'],
    ])
  })

  it('are kept up to a hundred, the earliest; one more says so', () => {
    const order = placed()
    for (let i = 0; i < 100; i++) order.send('refund', { value_minor: 1, event_time: T + 100 + i })
    expect(told(order.send('refund', { value_minor: 500, event_time: T + 300 }))).toEqual(['too_many_refunds'])
    expect(told(order.send('refund', { value_minor: 7, event_time: T + 1 }))).toEqual([
      'too_many_refunds',
      ['shop:v1', 102, 'partly_refunded', 1000, 'EUR', 106, 'e0'],
    ])
    expect(order.state?.refunds).toHaveLength(100)
  })
})

describe('a cancelled order', () => {
  it('is worth nothing whatever was refunded, before and after', () => {
    const order = new OrderRun()
    order.send('purchase', { value_minor: 1000 })
    order.send('refund', { value_minor: 300 })
    expect(told(order.send('order_cancelled'))).toEqual([
      'verdict',
      ['shop:v1', 3, 'cancelled', 1000, 'EUR', 1000, 'e0'],
    ])
    expect(told(order.send('refund'))).toEqual(['unchanged'])
  })
})
