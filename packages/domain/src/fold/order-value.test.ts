import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, type Stepped } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const DAY = 24 * 60 * 60_000

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const margin = { ...buy, name: 'a margin', value: { property: 'margin' } }
const worthless = { ...buy, name: 'b worthless', value: undefined }
const event = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id: 'o', value_minor: 1_000, currency: 'EUR', properties: { margin: '3' } }) // prettier-ignore

const refund = { order_offset: 2, number: 2, status: 'partly_refunded', refunded_minor: 300 } as const
const cancellation = { order_offset: 3, number: 3, status: 'cancelled', refunded_minor: 1_000 } as const
const withdrawal = { order_offset: 4, number: 4, status: 'withdrawn', event: null } as const

describe('the value of an order', () => {
  it('is that of the goals that have it, and of no other, for as long as it is remembered', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [margin, worthless, buy, { ...buy, name: 'each', dedupe_by: undefined }] })
    const said = ({ conversions }: Stepped) =>
      conversions.map((row) => [row.goal, row.is_order_value, row.value_minor, row.refunded_minor]).sort()
    expect(said(fold.event(T, event))).toEqual([['each', false, 1_000, 0]])
    expect(said(fold.verdict(T, event, {}))).toEqual([
      ['a margin', false, 300, 0],
      ['b worthless', false, null, 0],
      ['buy', true, 1_000, 0],
    ])
    expect(said(fold.verdict(T + 1, event, refund))).toEqual([
      ['a margin', false, 300, 0],
      ['b worthless', false, null, 0],
      ['buy', true, 700, 300],
    ])
    fold.tick(T + 3 * DAY)
    expect(said(fold.verdict(T + 3 * DAY, event, cancellation))).toEqual([
      ['a margin', false, 0, 300],
      ['b worthless', false, null, 0],
      ['buy', true, 0, 1_000],
    ])
    const gone = fold.verdict(T + 3 * DAY, event, withdrawal).conversions
    expect(gone.map((row) => [row.is_deleted, row.is_order_value])).toEqual(Array(3).fill([1, false]))
  })
})
