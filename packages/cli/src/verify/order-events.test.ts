import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { OrderEventTopics, SentOrderEvents } from './order-events.ts'

const of = (event_id: string, name = 'purchase') => buildEvent({ event_id, name, order_id: 'o1' })
const [a, b, c] = [of('a'), of('b'), of('c', 'refund')]

/** What differs between events (before the flush, and after it) and order-events, of partitions 0 and 3. */
function differences(
  [before, after]: readonly [(typeof a)[], (typeof a)[]],
  [ordersBefore, ordersAfter]: readonly [(typeof a)[], (typeof a)[]],
): string[] {
  const sent = new SentOrderEvents()
  for (const event of before) sent.add(event, false)
  for (const event of after) sent.add(event, true)
  const topics = new OrderEventTopics([sent, new SentOrderEvents()])
  for (const event of ordersBefore) topics.meet(event, 3, false)
  for (const event of ordersAfter) topics.meet(event, 3, true)
  return topics.differences().map(({ table, partition, row, what }) => `${table} ${partition} ${row} ${what}`)
}

describe('the order events of both topics', () => {
  it('agree, however often each has them', () => {
    const view = buildEvent({ event_id: 'view', name: 'page_view' })
    expect(differences([[a, view, b, a, c], []], [[b, a, b, c], []])).toEqual([])
  })

  it('differ where one has what the other has not', () => {
    expect(differences([[a, b], []], [[a], []])).toEqual(['order-events 0 purchase b of shop:o1 missing'])
    expect(differences([[a], []], [[a, c], []])).toEqual(['order-events 3 refund c of shop:o1 extra'])
    // Under one id, a purchase and a refund are two.
    expect(differences([[a], []], [[of('a', 'refund')], []])).toHaveLength(2)
  })

  it('may be on both sides of a flush, and after it in one alone', () => {
    expect(differences([[a], [b]], [[b], [a]])).toEqual([])
    expect(differences([[], [a]], [[], [b]])).toEqual([])
  })
})
