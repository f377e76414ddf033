import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const DAY = 24 * 60 * 60_000
const [PLACED, AGAIN] = [
  { order_offset: 1, number: 1 },
  { order_offset: 2, number: 2 },
]

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const event = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id: 'o', value_minor: 1_000, currency: 'EUR' }) // prettier-ignore

/** A visit by mail, a day later one that buys. */
function bought(...goals: unknown[]): FoldRun {
  const fold = new FoldRun()
  fold.define(T, { goals })
  fold.event(T - DAY, { event_id: 'a', path: '/', source: 'letter', medium: 'email' })
  fold.event(T, event)
  return fold
}

describe('an order of which more becomes known', () => {
  it.each([1, 2 * DAY])('has the coupon and promotion that another of its events names %d ms later', (later) => {
    const fold = bought(buy)
    const [placed] = fold.verdict(T, event, PLACED).conversions
    fold.flush(T)
    fold.tick(T + later)
    const names = { coupon: 'MAY', promotion: 'spring' }
    const { conversions, credits } = fold.verdict(T + later, event, { ...AGAIN, ...names })
    expect(conversions).toEqual([{ ...placed, ...names, version: conversions[0]?.version, reason: 'order' }])
    expect(credits).toEqual([])
  })

  it('is matched again with the coupon that comes later', () => {
    const fold = bought({ ...buy, match: { event: 'purchase', fields: { coupon: 'MAY' } } })
    expect(fold.verdict(T, event, PLACED).conversions).toEqual([])
    expect(fold.verdict(T, event, { ...AGAIN, coupon: 'MAY' }).conversions).toMatchObject([
      { goal: 'buy', coupon: 'MAY' },
    ])
  })
})
