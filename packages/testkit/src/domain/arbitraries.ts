import type { Millis, StorefrontEvent } from '@cairn/domain'
import fc from 'fast-check'
import { buildEvent } from './event.ts'
import type { OracleRules } from './oracle.ts'
import type { OracleOrigin } from './oracle-origin.ts'

const MINUTE = 60_000

/** 2023-11-14T22:00Z: an hour, so that roll-up hours are easy to read; an hour before midnight in Berlin. */
export const EPOCH: Millis = 1_699_999_200_000
/** Event times of {@link visitorEvents} lie this close after EPOCH. */
export const SPAN: Millis = 6 * 60 * MINUTE

/** Times on a grid of a few minutes hit exact gaps and ties; one millisecond beside them misses the gap by the least. */
const eventTime = fc
  .tuple(fc.integer({ min: 0, max: 36 }), fc.constantFrom(0, 0, 0, 1))
  .map(([tenMinutes, beside]) => EPOCH + tenMinutes * 10 * MINUTE + beside)

const names = [
  ...[
    'view_item',
    'view_item',
    'view_item',
    'add_to_cart',
    'add_to_cart',
    'sign_up',
    'sign_up',
    'identify',
    'identify',
  ],
  ...['checkout_step_viewed', 'add_payment_info'],
]

const visiting = fc.oneof(
  fc.record({ name: fc.constant('page_view'), path: fc.constantFrom('/', '/a', '/b') }),
  fc.record({ name: fc.constantFrom(...names) }),
  fc.record({
    name: fc.constant('purchase'),
    order_id: fc.constantFrom('', 'o1', 'o2'),
    coupon: fc.constantFrom('', 'SPRING'),
    properties: fc.constantFrom({}, { promotion_id: 'may' }),
    value_minor: fc.constantFrom(100, 250),
    currency: fc.constantFrom('EUR', 'USD'),
  }),
  fc.record({
    name: fc.constantFrom('order_updated', 'refund', 'refund', 'order_cancelled'),
    order_id: fc.constantFrom('o1', 'o2'),
    coupon: fc.constantFrom('', '', 'MAY'),
    properties: fc.constantFrom({}, {}, { promotion_id: 'june' }),
    value_minor: fc.constantFrom(null, 40, 60, 200),
    currency: fc.constantFrom('EUR', 'EUR', 'USD'),
  }),
)

/** One that matches what visits match tells whether it counts as an event of one. */
const alias = fc.record({ type: fc.constant('alias'), name: fc.constantFrom('alias', 'alias', 'view_item') })

const content = fc.oneof({ weight: 8, arbitrary: visiting }, { weight: 1, arbitrary: alias })

const origin = fc.constantFrom(
  {},
  {},
  { source: 'letter', medium: 'email', campaign: 'c1', term: 't1', content: 'top' },
  { source: 'google', medium: 'cpc', campaign: '', click_id_name: 'gclid', click_id: 'g1' },
  { campaign: 'c2', medium: 'social' },
  { click_id_name: 'gclid', click_id: 'g2' },
  { click_id_name: 'fbclid', click_id: 'f1' },
  { referrer: 'https://www.google.com/', referrer_host: 'www.google.com' },
  { referrer: 'https://news.example/a', referrer_host: 'news.example' },
)

const marks = fc.record({
  visitor_id: fc.constantFrom('v1', 'v1', 'v2', 'v3', ''),
  user_id: fc.constantFrom('', '', 'u1', 'u2'),
  is_server: fc.constantFrom(false, false, false, true),
  client_session_id: fc.constantFrom('', '', 's1', 's2'),
  is_bot: fc.nat({ max: 15 }).map((n) => n === 0),
  device: fc.constantFrom('', 'desktop', 'mobile'),
  country: fc.constantFrom('', 'DE', 'AT'),
})

/** As many events with a user as are remembered of a visitor one by one, and no more; an alias always has one. */
const mostIdentified = 8

/** Events of a few visitors, each with an id of its own that does not follow its time. */
export const visitorEvents: fc.Arbitrary<StorefrontEvent[]> = fc
  .array(fc.tuple(eventTime, content, origin, marks), { minLength: 1, maxLength: 40, size: 'max' })
  .map((drawn) =>
    withFewUsers(
      drawn.map(([event_time, what, from, who], at) =>
        buildEvent({ event_id: `e${(at * 7) % 41}`, content_hash: at, event_time, ...what, ...from, ...who }),
      ),
    ),
  )

function withFewUsers(events: readonly StorefrontEvent[]): StorefrontEvent[] {
  const identified = new Map<string, number>()
  return events.flatMap((event) => {
    const isAlias = event.type === 'alias'
    const user_id = isAlias && event.user_id === '' ? 'u1' : event.user_id
    if (user_id === '') return [event]
    const count = (identified.get(event.visitor_id) ?? 0) + 1
    identified.set(event.visitor_id, count)
    if (count <= mostIdentified) return [{ ...event, user_id }]
    return isAlias ? [] : [{ ...event, user_id: '' }]
  })
}

/** A `session` mapping and a `channels` list, and what the oracle knows of them. */
export interface DrawnRules {
  readonly session: Readonly<Record<string, unknown>>
  readonly channels: readonly unknown[]
  readonly oracle: OracleRules
}

const GAP = 30 * MINUTE

/** By the source alone, by two fields together, and one that comes too late for its visits. */
const channels = [
  { name: 'Letters', match: { source: 'letter' } },
  { name: 'Campaigns', match: { medium: 'social', campaign: 'c2' } },
  { name: 'Never', match: { medium: 'email' } },
]

function channelOf({ source, medium, campaign }: OracleOrigin): string | undefined {
  if (source === 'letter') return 'Letters'
  return medium === 'social' && campaign === 'c2' ? 'Campaigns' : undefined
}

/** Rules that do not depend on arrival, alone and together. */
export const sessionRules: fc.Arbitrary<DrawnRules> = fc
  .record({
    midnightIn: fc.constantFrom(undefined, undefined, 'UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
    onCampaign: fc.boolean(),
    trust: fc.constantFrom(false, false, true),
    hasChannels: fc.boolean(),
  })
  .map(({ midnightIn, onCampaign, trust, hasChannels }) => ({
    channels: hasChannels ? channels : [],
    session: {
      ...(midnightIn === undefined ? {} : { cut_at_midnight: true, time_zone: midnightIn }),
      ...(onCampaign ? { cut_on_campaign: true } : {}),
      ...(trust ? { client_session: 'trust' } : {}),
    },
    oracle: { gapMs: GAP, midnightIn, onCampaign, trust, ...(hasChannels ? { channelOf } : {}) },
  }))

/** One arrival: which event, how long after the previous record, and what the shell sends in between. */
export interface Arriving {
  readonly event: StorefrontEvent
  readonly afterMs: Millis
  readonly then: 'nothing' | 'tick' | 'flush'
}

/** All of the events at least once, some again, in any order, with time passing between them. */
export function arrivals(events: readonly StorefrontEvent[]): fc.Arbitrary<Arriving[]> {
  const repeats = fc.subarray([...events])
  const order = repeats.chain((again) => {
    const all = [...events, ...again]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })
  return order.chain((ordered) =>
    fc.tuple(
      ...ordered.map((event) =>
        fc.record({
          event: fc.constant(event),
          afterMs: fc.constantFrom(0, 1, 900, 4_000, 5 * MINUTE),
          then: fc.constantFrom('nothing' as const, 'nothing' as const, 'tick' as const, 'flush' as const),
        }),
      ),
    ),
  )
}
