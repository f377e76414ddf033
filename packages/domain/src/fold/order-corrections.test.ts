import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, type Stepped } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
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

const large = { ...buy, name: 'large', match: { event: 'purchase', fields: { value: { gte: 15 } } } }

/** Conversion and credit rows as `+goal value` and `-goal`, credits with the visits they are divided among. */
function changes({ conversions, credits }: Stepped): string[] {
  return [
    ...conversions.map((row) => (row.is_deleted === 1 ? `-${row.goal}` : `+${row.goal} ${String(row.value_minor)}`)),
    ...credits.map((row) =>
      row.is_deleted === 1
        ? `-credit ${row.goal}`
        : `+credit ${row.goal} ${row.touch_channels.join()} ${row.values_minor[0]!.join()}`,
    ),
  ]
}

describe.each([1, 2 * DAY, 170 * DAY])('an order that is updated %d ms later', (later) => {
  const update = (fold: FoldRun, value_minor: number, number = 2) => {
    fold.tick(T + later)
    return fold.verdict(T + later + number, event, { order_offset: number, number, value_minor })
  }

  it('is counted by the goal that its value reaches now, in its visit and with the credits of it', () => {
    const fold = bought(buy, large)
    const [placed] = fold.verdict(T, event, PLACED).conversions
    const updated = update(fold, 2_000)
    expect(changes(updated)).toEqual([
      '+buy 2000',
      '+large 2000',
      '+credit buy Email,Direct 2000,0',
      '+credit large Email,Direct 2000,0',
    ])
    const { event_id, event_time, session_id, channel } = placed!
    expect(updated.conversions[1]).toMatchObject({ reason: 'conversion', event_id, event_time, session_id, channel })
    expect(updated.conversions[1]?.conversion_id).not.toBe(placed?.conversion_id)
    const refund = {
      order_offset: 3,
      number: 3,
      value_minor: 2_000,
      status: 'partly_refunded',
      refunded_minor: 500,
    } as const
    expect(changes(fold.verdict(T + later + 3, event, refund)).slice(0, 2)).toEqual(['+buy 1500', '+large 1500'])
  })

  it('is counted no more by the goal that its value leaves, and again when it comes back', () => {
    const fold = bought(buy, large)
    fold.verdict(T, event, { ...PLACED, value_minor: 2_000 })
    expect(changes(update(fold, 1_000))).toEqual([
      '-large',
      '+buy 1000',
      '-credit large',
      '+credit buy Email,Direct 1000,0',
    ])
    expect(changes(update(fold, 1_500, 3)).filter((one) => one.includes('large'))).toEqual([
      '+large 1500',
      '+credit large Email,Direct 1500,0',
    ])
  })

  it('is counted by a micro goal, which has no credits', () => {
    const fold = bought(buy, { ...large, kind: 'micro' })
    fold.verdict(T, event, PLACED)
    expect(changes(update(fold, 2_000))).toEqual(['+buy 2000', '+large 2000', '+credit buy Email,Direct 2000,0'])
  })
})

/** Three days later, when nothing holds the order any more, another of 2000. */
function buysNext(fold: FoldRun) {
  fold.tick(T + 2 * DAY)
  const next = { ...event, event_id: 'q', order_id: 'next', event_time: T + 3 * DAY, value_minor: 2_000 }
  fold.event(T + 3 * DAY, next)
  return { credited: fold.verdict(T + 3 * DAY, next, { order_offset: 9, number: 1 }).credits }
}

describe('an order that is updated when its session is forgotten', () => {
  it('is looked back at by later conversions as what it is then', () => {
    const fold = bought(buy, { ...large, kind: 'micro' })
    fold.verdict(T, event, PLACED)
    fold.tick(T + 2 * DAY)
    const [, added] = fold.verdict(T + 2 * DAY, event, { ...AGAIN, value_minor: 2_000 }).conversions
    const next = { ...event, event_id: 'q', order_id: 'next', event_time: T + 3 * DAY }
    fold.event(T + 3 * DAY, next)
    const assists = fold.verdict(T + 3 * DAY, next, { order_offset: 9, number: 1 }).credits
    expect(assists.map((row) => row.assist_conversion_ids)).toEqual([[added?.conversion_id]])
  })

  it('is where later paths of its new goal begin, where they begin anew', () => {
    const fold = bought(buy, large)
    fold.define(T, { attribution: { reset_on_conversion: true }, goals: [buy, large] })
    fold.verdict(T, event, PLACED)
    fold.tick(T + 2 * DAY)
    fold.verdict(T + 2 * DAY, event, { ...AGAIN, value_minor: 2_000 })
    const { credited } = buysNext(fold)
    expect(credited.map(({ goal, touch_channels }) => [goal, touch_channels])).toEqual([
      ['buy', ['Direct']],
      ['large', ['Direct']],
    ])
  })

  it('is in the credits of later conversions that can be corrected no more than it counts', () => {
    const fold = bought(buy, { ...large, kind: 'micro' })
    fold.verdict(T, event, { ...PLACED, value_minor: 2_000 })
    const { credited } = buysNext(fold)
    expect(credited).toMatchObject([{ goal: 'buy', assist_goals: ['large'] }])
    const { credits } = fold.verdict(T + 3 * DAY + 1, event, { ...AGAIN, value_minor: 1_000 })
    const ofNext = { conversion_id: credited[0]?.conversion_id, reason: 'assists', assist_goals: [] }
    expect(credits.find(({ event_time }) => event_time === T + 3 * DAY)).toMatchObject(ofNext)
  })

  it.each([
    ['that its value leaves', 2_000, 1_000, ['Direct'], ['Email', 'Direct', 'Direct']],
    ['that its value reaches', 1_000, 2_000, ['Email', 'Direct', 'Direct'], ['Direct']],
  ])('moves the paths that begin anew after a goal %s', (_, worth, now, path, moved) => {
    const fold = bought(buy, large)
    fold.define(T, { attribution: { reset_on_conversion: true }, goals: [buy, large] })
    fold.verdict(T, event, { ...PLACED, value_minor: worth })
    const next = buysNext(fold).credited.find(({ goal }) => goal === 'large')
    expect(next?.touch_channels).toEqual(path)
    const { credits } = fold.verdict(T + 3 * DAY + 1, event, { ...AGAIN, value_minor: now })
    const ofNext = credits.filter(({ event_time }) => event_time === T + 3 * DAY)
    expect(ofNext).toMatchObject([
      { conversion_id: next?.conversion_id, reason: 'path', touch_channels: moved, is_deleted: 0 },
    ])
    expect(credits.filter(({ event_time, goal }) => event_time === T && goal === 'large')).toHaveLength(1)
  })

  it('is where no later path begins once it is of another visitor', () => {
    const fold = bought(buy)
    fold.define(T, { attribution: { reset_on_conversion: true }, goals: [buy] })
    fold.verdict(T, event, PLACED)
    const [next] = buysNext(fold).credited
    expect(next?.touch_channels).toEqual(['Direct'])
    const { credits } = fold.verdict(T + 3 * DAY + 1, event, { ...AGAIN, status: 'withdrawn', event: null })
    expect(credits).toMatchObject([
      { event_time: T, is_deleted: 1, reason: 'order' },
      { conversion_id: next?.conversion_id, reason: 'path', touch_channels: ['Email', 'Direct', 'Direct'] },
    ])
  })

  it('stays with a goal that is defined no more, worth what it is worth now', () => {
    const fold = bought(buy, large)
    fold.verdict(T, event, { ...PLACED, value_minor: 2_000 })
    fold.tick(T + 2 * DAY)
    fold.define(T + 2 * DAY, { goals: [buy] })
    const updated = fold.verdict(T + 2 * DAY, event, { ...AGAIN, value_minor: 1_000 })
    expect(changes(updated).slice(0, 2)).toEqual(['+buy 1000', '+large 1000'])
  })
})

describe.each([1, 2 * DAY])('an order of which a goal is defined no more, %d ms later', (later) => {
  const drop = (goal: Record<string, unknown>, value_minor: number) => {
    const fold = bought(buy, goal)
    const { conversions } = fold.verdict(T, event, { ...PLACED, value_minor: 2_000 })
    fold.tick(T + later)
    fold.define(T + later, { goals: [buy] })
    const updated = fold.verdict(T + later, event, { ...AGAIN, value_minor })
    return { fold, id: conversions[1]?.conversion_id, updated }
  }

  it('stays with it, worth what it is worth now, and is netted with it', () => {
    const { fold, id, updated } = drop(large, 1_000)
    expect(changes(updated)).toEqual([
      '+buy 1000',
      '+large 1000',
      '+credit buy Email,Direct 1000,0',
      '+credit large Email,Direct 1000,0',
    ])
    expect(updated.conversions[1]?.conversion_id).toBe(id)
    const refund = { order_offset: 3, number: 3, value_minor: 1_000, status: 'partly_refunded', refunded_minor: 400 } as const // prettier-ignore
    expect(changes(fold.verdict(T + later, event, refund)).slice(0, 2)).toEqual(['+buy 600', '+large 600'])
  })

  it('keeps the worth that the goal set itself', () => {
    const { fold, updated } = drop({ ...large, value: { amount: 5, currency: 'EUR' } }, 1_000)
    expect(changes(updated)).not.toContain('-large')
    const refund = { order_offset: 3, number: 3, value_minor: 1_000, status: 'partly_refunded', refunded_minor: 400 } as const // prettier-ignore
    expect(
      changes(fold.verdict(T + later, event, refund))
        .slice(0, 2)
        .sort(),
    ).toEqual(['+buy 600', '+large 500'])
  })

  it('stays with it where an earlier purchase decides', () => {
    const { fold } = drop(large, 2_000)
    const earlier = { ...event, event_id: 'q', event_time: T - 1 }
    fold.event(T + later, earlier)
    const moved = fold.verdict(T + later, earlier, { order_offset: 3, number: 3, value_minor: 1_000 })
    const live = moved.conversions.filter((row) => row.is_deleted === 0)
    expect(live.map(({ goal, value_minor }) => [goal, value_minor])).toEqual([
      ['buy', 1_000],
      ['large', 1_000],
    ])
  })
})

describe('an order that begins anew because it was forgotten', () => {
  it('is netted once, as what it is since then', () => {
    const fold = bought(buy)
    const [first] = fold.verdict(T, event, PLACED).conversions
    const [reloaded, refunded] = [T + 183 * DAY, T + 190 * DAY]
    fold.tick(reloaded)
    const again = { ...event, event_id: 'reload', event_time: reloaded }
    fold.event(reloaded, again)
    const [second] = fold.verdict(reloaded, again, { order_offset: 5, number: 1 }).conversions
    expect(second?.conversion_id).not.toBe(first?.conversion_id)
    fold.tick(refunded)
    const refund = { order_offset: 6, number: 2, status: 'partly_refunded', refunded_minor: 400 } as const
    expect(fold.verdict(refunded, again, refund).conversions).toMatchObject([
      { conversion_id: second?.conversion_id, value_minor: 600 },
    ])
  })
})

describe('an order whose session shares its time with another, as a cap makes them', () => {
  it('stays in its own when it is refunded', () => {
    const fold = new FoldRun()
    fold.define(T, { session: { max_events: 3 }, goals: [buy] })
    const now = T + 40 * MINUTE
    const at = (minute: number) => T + (minute - 10) * MINUTE
    fold.event(now, { event_id: 'first', event_time: at(0), source: 'letter', medium: 'email' })
    const { labelled } = fold.event(now, event)
    fold.verdict(now, event, PLACED)
    fold.event(now, { event_id: 'last', event_time: at(40) })
    const beside = [5, 15].map((minute) => fold.event(now, { event_id: `late${minute}`, event_time: at(minute) }))
    expect(beside.map((one) => one.labelled === labelled)).toEqual([false, false])
    fold.flush(now)
    const refund = { ...AGAIN, status: 'partly_refunded', refunded_minor: 400 } as const
    const refunded = fold.verdict(now, event, refund)
    expect(refunded.conversions).toMatchObject([{ reason: 'order', session_id: labelled, channel: 'Email' }])
    expect(fold.flush(now).sessions).toMatchObject([{ session_id: labelled, goal_values: [600] }])
  })
})
