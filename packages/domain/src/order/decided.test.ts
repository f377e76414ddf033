import { describe, expect, it } from '@jest/globals'
import { buildEvent, decided, LogBuilder } from '@cairn/testkit/domain'

const T = Date.UTC(2026, 0, 5, 10)

/** A page view, a purchase, its refund, and another page view. */
function shop(): LogBuilder {
  const log = new LogBuilder()
  const order = { order_id: 'o1', value_minor: 500, currency: 'EUR' }
  log.event(T, buildEvent({ event_id: 'view', name: 'page_view' }))
  log.event(T + 1, buildEvent({ event_id: 'buy', name: 'purchase', ...order }))
  log.event(T + 2, buildEvent({ event_id: 'back', name: 'refund', visitor_id: 'u:clerk', ...order }))
  log.event(T + 3, buildEvent({ event_id: 'bye', name: 'page_view' }))
  return log
}

function told(log: ReturnType<typeof decided>) {
  return log.map(({ appendedAt, body }) => {
    const what = body.kind === 'event' ? body.event.event_id : body.kind === 'verdict' ? body.verdict.status : body.kind
    return `${what} ${appendedAt - T}`
  })
}

describe('a log whose orders are decided', () => {
  it('has each verdict directly after the event that caused it, under the key of the buyer', () => {
    const log = decided(shop().records)
    expect(told(log)).toEqual(['view 0', 'buy 1', 'placed 1', 'back 2', 'refunded 2', 'bye 3'])
    expect(log.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5])
    expect(log[4]).toMatchObject({
      key: 'shop:v1',
      body: {
        verdict: { order_id: 'o1', order_offset: 1, number: 2, refunded_minor: 500, event: { event_id: 'buy' } },
      },
    })
  })

  it('has them later where they are delayed, in their order, the last ones after all records', () => {
    expect(told(decided(shop().records, 1))).toEqual(['view 0', 'buy 1', 'back 2', 'placed 2', 'bye 3', 'refunded 3'])
    expect(told(decided(shop().records, 9)).slice(4)).toEqual(['placed 3', 'refunded 3'])
    const delays = [2, 0]
    expect(told(decided(shop().records, () => delays.shift() ?? 0)).slice(3)).toEqual([
      'bye 3',
      'placed 3',
      'refunded 3',
    ])
  })
})
