import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, Warehouse } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const DAY = 24 * 60 * 60_000

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const fixed = { amount: 5, currency: 'EUR' }
const event = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id: 'o', value_minor: 1_000, currency: 'EUR', properties: { margin: '3' } }) // prettier-ignore
const updated = { order_offset: 3, number: 3, value_minor: 2_000 }

type Decided = Parameters<FoldRun['verdict']>[2]

/** An order after a visit by mail, whose goals are defined otherwise `later` ms after it, and which is decided anew then. */
function redefined(later: number, before: readonly object[], after: readonly object[], ...verdicts: Decided[]) {
  const fold = new FoldRun()
  const warehouse = new Warehouse()
  fold.define(T, { goals: before })
  fold.event(T - DAY, { event_id: 'a', path: '/', source: 'letter', medium: 'email' })
  fold.event(T, event)
  for (const verdict of [{}, ...verdicts.slice(0, -1)]) warehouse.apply(fold.verdict(T, event, verdict).result.outputs)
  const [was] = warehouse.liveConversions()
  fold.tick(T + later)
  fold.define(T + later, { goals: after })
  const { conversions, credits, result } = fold.verdict(T + later, event, verdicts.at(-1) ?? {})
  warehouse.apply(result.outputs)
  return { warehouse, was, conversions, credits }
}

describe.each([1, 3 * DAY])('an order that is updated %d ms later, after its goal', (later) => {
  it.each([
    ['event', fixed, 500],
    [fixed, 'event', 2_000],
    ['event', { property: 'margin' }, 300],
    ['event', undefined, null],
    [undefined, 'event', 2_000],
  ])('got another value, %j instead of %j, is worth that: %d', (before, after, worth) => {
    const changed = redefined(later, [{ ...buy, value: before }], [{ ...buy, value: after }], updated)
    expect(changed.conversions).toMatchObject([{ conversion_id: changed.was?.conversion_id, value_minor: worth }])
    const shared = worth === null ? undefined : [worth, 0]
    expect(changed.credits.map((row) => [row.value_minor, row.values_minor[0]])).toEqual([[worth, shared]])
  })

  it('got a value of its own, or lost it, has refunded what that says', () => {
    const refund = { order_offset: 2, number: 2, status: 'partly_refunded', refunded_minor: 400 } as const
    const valuedBy = (before: unknown, after: unknown) => {
      const goals = [[{ ...buy, value: before }], [{ ...buy, value: after }]] as const
      const { conversions } = redefined(later, ...goals, refund, { ...refund, ...updated })
      return conversions.map((row) => [row.value_minor, row.refunded_minor, row.order_status, row.is_order_value])
    }
    expect(valuedBy('event', fixed)).toEqual([[500, 0, 'partly_refunded', false]])
    expect(valuedBy(fixed, 'event')).toEqual([[1_600, 400, 'partly_refunded', true]])
  })

  it('got the value of the order says so, be it as much as its own was', () => {
    const goals = [[{ ...buy, value: fixed }], [{ ...buy, value: 'event' }]] as const
    const { conversions } = redefined(later, ...goals, { ...updated, value_minor: 500 })
    expect(conversions).toMatchObject([{ value_minor: 500, is_order_value: true, reason: 'order' }])
  })

  it('was given up keeps the value of the order, or its own, through a refund', () => {
    const margin = { ...buy, name: 'margin', value: fixed }
    const refund = { order_offset: 2, number: 2, status: 'partly_refunded', refunded_minor: 400 } as const
    const { warehouse } = redefined(later, [margin, buy], [{ ...buy, name: 'other' }], refund, { ...updated, ...refund, order_offset: 3, number: 3 }) // prettier-ignore
    const live = warehouse.liveConversions().map((row) => [row.goal, row.value_minor, row.refunded_minor, row.is_order_value]) // prettier-ignore
    expect(live.sort()).toEqual([
      ['buy', 1_600, 400, true],
      ['margin', 500, 0, false],
      ['other', 1_600, 400, true],
    ])
  })

  it('got another class has that', () => {
    const micro = { ...buy, kind: 'micro', class: 'process' }
    const { conversions, was } = redefined(later, [micro], [{ ...micro, class: 'secondary' }], updated)
    expect(conversions).toMatchObject([{ conversion_id: was?.conversion_id, class: 'secondary' }])
  })

  it('became micro is another conversion, without credits', () => {
    const { warehouse, was } = redefined(later, [buy], [{ ...buy, kind: 'micro' }], updated)
    const [now, ...others] = warehouse.liveConversions()
    expect([now, others]).toMatchObject([{ kind: 'micro', value_minor: 2_000, session_id: was?.session_id }, []])
    expect(now?.conversion_id).not.toBe(was?.conversion_id)
    expect(warehouse.liveCredits()).toEqual([])
  })

  it.each([
    ['of its visits', []],
    ['those of another goal', [{ ...buy, name: 'other' }]],
  ])('became macro is another conversion, with credits %s', (_, others) => {
    const { warehouse } = redefined(later, [{ ...buy, kind: 'micro' }, ...others], [buy, ...others], updated)
    const live = warehouse.liveConversions()
    expect(live.map(({ goal, kind, value_minor }) => [goal, kind, value_minor]).sort()).toEqual(
      [buy, ...others].map(({ name }) => [name, 'macro', 2_000]),
    )
    const credits = warehouse.liveCredits().map(({ row }) => row)
    expect(credits.map((row) => row.conversion_id).sort()).toEqual(live.map((row) => row.conversion_id).sort())
    for (const { touch_channels, values_minor } of credits)
      expect([touch_channels, values_minor[0]]).toEqual([
        ['Email', 'Direct'],
        [2_000, 0],
      ])
  })
})
