import { describe, expect, it } from '@jest/globals'
import { couponOf } from './commerce.ts'

describe('the coupon of an event', () => {
  it.each([
    [{ coupon: 'MAY' }, 'MAY'],
    [{ coupon_id: 'MAY' }, 'MAY'],
    [{ coupon: 'MAY', coupon_id: '17' }, 'MAY'],
    [{ coupon: '', coupon_id: '17' }, '17'],
    [{ coupon_name: 'May sale' }, ''],
  ])('with %j is %j', (properties, coupon) => {
    expect(couponOf(properties)).toBe(coupon)
  })
})
