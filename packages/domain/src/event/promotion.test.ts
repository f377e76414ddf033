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
  ])('%s with %j is "%s"', (name, properties, expected) => {
    expect(promotionOf(buildEvent({ event_id: 'e', name, properties }))).toBe(expected)
  })
})
