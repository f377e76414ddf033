import { describe, expect, it } from '@jest/globals'
import type { Verdict } from '../order/verdict.ts'
import { netOf } from './net.ts'

function verdict(status: Verdict['status'], refunded_minor: number): Verdict {
  const order = { order_id: 'o', order_offset: 0, number: 1, value_minor: 1_000, currency: 'EUR' }
  return { ...order, status, refunded_minor, coupon: '', promotion: '', event: null, sent_currency: '' }
}

describe('what is left of a value', () => {
  it('is all of it without verdict, and nothing once the order is refunded or cancelled', () => {
    expect(netOf(1_000, true, null)).toEqual({ value_minor: 1_000, refunded_minor: 0 })
    for (const status of ['refunded', 'cancelled'] as const) {
      expect(netOf(1_000, true, verdict(status, 1_000))).toEqual({ value_minor: 0, refunded_minor: 1_000 })
      expect(netOf(750, false, verdict(status, 1_000))).toEqual({ value_minor: 0, refunded_minor: 750 })
      expect(netOf(null, true, verdict(status, 0))).toEqual({ value_minor: null, refunded_minor: 0 })
    }
  })

  it('after a refund in part is the rest of the order’s own value, and all of one that the goal sets', () => {
    expect(netOf(1_000, true, verdict('partly_refunded', 999))).toEqual({ value_minor: 1, refunded_minor: 999 })
    expect(netOf(750, false, verdict('partly_refunded', 999))).toEqual({ value_minor: 750, refunded_minor: 0 })
  })

  it('is a value below zero as it is, while nothing is refunded', () => {
    expect(netOf(-1_000, true, verdict('placed', 0))).toEqual({ value_minor: -1_000, refunded_minor: 0 })
  })
})
