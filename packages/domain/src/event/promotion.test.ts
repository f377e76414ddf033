import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { promotionOf } from './promotion.ts'

describe('the promotion of an event', () => {
  it.each([
    ['purchase', { promotion_id: 'may', promotion_name: 'May sale' }, 'may'],
    ['purchase', { promotion_id: '', promotion_name: 'May sale' }, 'May sale'],
    ['select_promotion', { promotion_id: 'may', name: 'May sale' }, 'may'],
    ['select_promotion', { name: 'May sale' }, 'May sale'],
    ['view_promotion', { name: 'May sale' }, 'May sale'],
    ['view_item', { name: 'Oak table' }, ''],
    ['purchase', {}, ''],
    ['purchase', { items: '[{"promotion_id":"may","promotion_name":"May sale"},{"item_id":"a"}]' }, 'may'],
    ['purchase', { products: '[{"promotion_name":"May sale"},{"promotion_id":"May sale"}]' }, 'May sale'],
    ['purchase', { products: '[]', items: '[{"promotion_id":7}]' }, '7'],
    ['purchase', { promotion_id: 'june', items: '[{"promotion_id":"may"}]' }, 'june'],
    ['view_promotion', { name: 'June sale', items: '[{"promotion_id":"may"}]' }, 'June sale'],
    ['view_promotion', { items: '[{"promotion_id":"may"}]' }, 'may'],
    // Of two it is neither, whichever list they are in.
    ['purchase', { items: '[{"promotion_id":"may"},{"promotion_id":"june"}]' }, ''],
    ['purchase', { products: '[{"promotion_id":"may"}]', items: '[{"promotion_id":"june"}]' }, ''],
    // What another producer may have written.
    ['purchase', { items: '[{"promotion_id":{}},{"promotion_id":null},null,"promotion_id"]' }, ''],
    ['purchase', { items: '[{"promotion_id":"may"}' }, ''],
    ['purchase', { items: '{"promotion_id":"may"}' }, ''],
    ['purchase', { items: '"promotion_id"' }, ''],
  ])('%s with %j is "%s"', (name, properties, expected) => {
    expect(promotionOf(buildEvent({ event_id: 'e', name, properties }))).toBe(expected)
  })
})
