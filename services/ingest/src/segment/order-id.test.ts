import { describe, expect, it } from '@jest/globals'
import { orderIdOf } from './order-id.ts'

describe('an event', () => {
  it.each([
    ...[
      'undefined',
      'null',
      'NaN',
      'None',
      'nil',
      '(not set)',
      '(none)',
      '[object Object]',
      'N/A',
      ' UNDEFINED ',
      '-',
      '0',
    ],
    ...['{{ order.id }}', '${orderId}', '<%= order.id %>', '%%ORDER_ID%%', ' ', false],
  ])('belongs to no order where its id is %j, which would make one of all buyers', (order_id) => {
    expect(orderIdOf({ order_id })).toBe('')
    expect(orderIdOf({ order_id, transaction_id: ' T-1\n' })).toBe('T-1')
  })

  it.each(['1001', 1001, ' 1001 ', '\t1001'])('belongs to order 1001 also where its id is %j', (order_id) => {
    expect(orderIdOf({ order_id })).toBe('1001')
  })

  it.each(['null-7', 'NA-1', '10', '{{A}}1', 'none of these'])('belongs to order %j', (order_id) => {
    expect(orderIdOf({ order_id })).toBe(order_id)
  })
})
