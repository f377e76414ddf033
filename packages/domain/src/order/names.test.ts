import { describe, expect, it } from '@jest/globals'
import { buildEvent, wireOf } from '@cairn/testkit/domain'
import { foldOrder, type OrderState, type StorefrontEvent } from '../index.ts'

const T = Date.UTC(2026, 0, 5, 10)
const browser = { event_id: 'b', visitor_id: 'ann' }
const server = { event_id: 's', visitor_id: 'u:1', is_server: true, event_time: T + 9 }
const update = { event_id: 'u', visitor_id: '', name: 'order_updated', event_time: T + 20 }
const both = { coupon: 'MAY', properties: { promotion_id: 'spring' } }

/** Coupon and promotion of each verdict that some events of an order bring about. */
function named(...events: readonly Partial<StorefrontEvent>[]): string[] {
  let state: OrderState | null = null
  return events.flatMap((fields, offset) => {
    const event = buildEvent({ event_id: '', event_time: T, name: 'purchase', order_id: 'o1', ...fields })
    const folded = foldOrder(state, { event, wire: wireOf(event) }, offset, T)
    state = folded.state
    return folded.verdicts.map(({ verdict }) => `${verdict.status} ${verdict.coupon} ${verdict.promotion}`)
  })
}

describe('coupon and promotion of an order', () => {
  it('come from the server’s purchase where the browser’s decides and names none, whichever comes first', () => {
    expect(named(browser, { ...server, ...both })).toEqual(['placed  ', 'placed MAY spring'])
    expect(named({ ...server, ...both }, browser)).toEqual(['placed MAY spring', 'withdrawn  ', 'placed MAY spring'])
  })

  it('are the deciding purchase’s own where it names them, and nothing is said again for another’s', () => {
    const own = { ...browser, coupon: 'OWN', event_time: T + 30 }
    expect(named(own, { ...server, ...both, properties: {} })).toEqual(['placed OWN '])
    expect(named({ ...server, ...both }, own)).toEqual(['placed MAY spring', 'withdrawn  ', 'placed OWN spring'])
  })

  it('come from the earliest event that names one, by time and then by id, one apart from the other', () => {
    const coupon = { ...server, event_time: T + 10, coupon: 'JUNE' }
    expect(named(browser, coupon, { ...coupon, event_id: 't', coupon: 'MAY' })).toEqual(['placed  ', 'placed JUNE '])
    expect(named(browser, coupon, { ...coupon, event_id: 'r', coupon: 'MAY' }).at(-1)).toBe('placed MAY ')
    const promotion = { ...server, event_id: 'r', properties: { promotion_id: 'spring' } }
    expect(named(browser, coupon, promotion).at(-1)).toBe('placed JUNE spring')
  })

  it('come from an update, too, but not from a browser’s where a server speaks of the order', () => {
    expect(named(browser, { ...update, ...both }).at(-1)).toBe('placed MAY spring')
    expect(named(browser, { ...server, ...both, coupon: 'JUNE', event_time: T + 21 }, { ...update, ...both, is_server: true }).at(-1)).toBe('placed MAY spring') // prettier-ignore
    expect(named(browser, { ...update, ...both }, server).at(-1)).toBe('placed  ')
    expect(named(browser, server, { ...update, ...both })).toEqual(['placed  '])
  })

  it('come from no refund or cancellation', () => {
    const gone = { ...server, ...both, value_minor: 0, currency: 'EUR' }
    expect(named(browser, { ...gone, name: 'refund' })).toEqual(['placed  '])
    expect(named(browser, { ...gone, name: 'order_cancelled' }).at(-1)).toBe('cancelled  ')
  })

  it('are none where the text is longer than 500 characters', () => {
    const long = (length: number) => ({ coupon: 'c'.repeat(length), properties: { promotion_id: 'p'.repeat(length) } })
    expect(named({ ...browser, ...long(501) })).toEqual(['placed  '])
    expect(named({ ...browser, ...long(501) }, { ...server, ...long(500) }).at(-1)).toHaveLength(7 + 500 + 1 + 500)
  })
})
