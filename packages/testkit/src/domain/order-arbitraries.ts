import type { StorefrontEvent } from '@cairn/domain'
import fc from 'fast-check'
import { EPOCH } from './arbitraries.ts'
import { buildEvent } from './event.ts'

const DAY = 24 * 60 * 60 * 1000

/** A few times that meet, are a moment apart, or lie 180 days apart to the millisecond and one beside it. */
const time = fc
  .tuple(fc.constantFrom(0, 0, 0, 1, 180 * DAY, 180 * DAY + 1, 360 * DAY), fc.constantFrom(0, 0, 1))
  .map(([days, beside]) => EPOCH + days + beside)

/** What an event says of money; an amount that could not be read is still among its properties, and so are items. */
const money = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      value_minor: fc.constant(null),
      currency: fc.constant(''),
      properties: fc.constantFrom<Record<string, string>>(
        {},
        { total: '', products: '[]', items: '' },
        { total: '27,00' },
        { revenue: '27' },
        { value: 'free' },
        { products: '[{"sku":"a"}]' },
        { products: '[]', items: '[{"item_id":"a"}]' },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      value_minor: fc.constantFrom(1000, 1000, 2500, 400, 600, -400, 0, -1000),
      currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
    }),
  },
)

/** What only some events of an order name; one that is too long to be told is none. */
const names = fc
  .record({
    coupon: fc.constantFrom('', '', '', 'MAY', 'JUNE', 'x'.repeat(500), 'x'.repeat(501)),
    promotion: fc.constantFrom('', '', '', 'spring', 'autumn', 'x'.repeat(501)),
  })
  .map(({ coupon, promotion }) => ({ coupon, properties: promotion === '' ? {} : { promotion_id: promotion } }))

/** What an event says beside whose it is and when. */
const content = fc.tuple(money, names).map(([paid, named]) => {
  const { properties = {} } = paid as Partial<StorefrontEvent>
  return { ...paid, ...named, properties: { ...properties, ...named.properties } }
})

const buyers = fc.constantFrom('v1', 'v1', 'v2', 'u:1', 'u:2', '')

/** Events that speak of order `o1` of site `shop`, each with an id of its own that does not follow its time. */
export const orderEvents: fc.Arbitrary<StorefrontEvent[]> = fc
  .array(
    fc.record({
      event_time: time,
      name: fc.constantFrom('purchase', 'purchase', 'purchase', 'refund', 'refund', 'order_updated', 'order_cancelled'),
      visitor_id: buyers,
      is_server: fc.boolean(),
      content,
    }),
    { minLength: 1, maxLength: 12, size: 'max' },
  )
  .map((drawn) =>
    drawn.map(({ content: said, ...event }, at) =>
      buildEvent({ event_id: `e${(at * 7) % 13}`, content_hash: at, order_id: 'o1', ...event, ...said }),
    ),
  )

/** Some of the purchases once more, each under its id and key with another time and content. */
export function changedPurchases(events: readonly StorefrontEvent[]): fc.Arbitrary<StorefrontEvent[]> {
  const purchases = events.filter(({ name }) => name === 'purchase')
  return fc
    .subarray(purchases)
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((purchase) =>
          fc
            .record({ event_time: time, is_server: fc.boolean(), content })
            .map(({ content: said, ...other }) => ({ ...purchase, ...other, ...said })),
        ),
      ),
    )
}

/** All of the events at least once, some again, in any order. */
export function inAnyOrder(events: readonly StorefrontEvent[]): fc.Arbitrary<StorefrontEvent[]> {
  return fc.subarray([...events]).chain((again) => {
    const all = [...events, ...again]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })
}
