import type { StorefrontEvent } from '@cairn/domain'

/** What an order comes to, and whose it is. */
export interface OracleOrder {
  readonly visitor_id: string
  /** Of the purchase that decides. */
  readonly event_id: string
  readonly status: string
  readonly value_minor: number | null
  readonly currency: string
  readonly refunded_minor: number
  readonly coupon: string
  readonly promotion: string
}

const LIMIT_MS = 180 * 24 * 60 * 60 * 1000

/**
 * What all events of one order come to, computed the plain way: keep of each event id what came first, sort by (time,
 * id), and apply the rules of the public contract one after the other. It shares no code with the fold, and asks of
 * arrival only which of two events under one id was first. Undefined without a purchase.
 */
export function orderTruth(events: readonly StorefrontEvent[]): OracleOrder | undefined {
  const first = new Map<string, StorefrontEvent>()
  for (const event of [...events].reverse()) first.set([event.name, event.visitor_id, event.event_id].join(), event)
  // Where the shop's own server speaks of the order, a browser says who bought and nothing else.
  const isByServer = events.some(({ is_server }) => is_server)
  const counting = [...first.values()].filter(({ name, is_server }) => name === 'purchase' || is_server || !isByServer)
  const sorted = counting.sort((a, b) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1))
  const purchases = sorted.filter((event) => event.name === 'purchase')
  const buyer = purchases.find(isNamed) ?? purchases.find(({ visitor_id }) => visitor_id !== '') ?? purchases[0]
  if (buyer === undefined) return undefined
  const booked = purchases.find(({ is_server }) => is_server)
  const since = Math.max(buyer.event_time, booked?.event_time ?? 0)
  const inTime = (event: StorefrontEvent): boolean => event.event_time - since <= LIMIT_MS
  const refunds = sorted.filter((event) => event.name === 'refund' && !isUnreadable(event)).slice(0, 100)
  const cancelled = sorted.filter(({ name }) => name === 'order_cancelled')
  const { visitor_id, event_id } = buyer
  const price = priceOf(sorted, purchases)
  const outcome = netted(price, refunds.filter(inTime), cancelled.some(inTime))
  const naming = [buyer, ...sorted.filter(({ name }) => name === 'purchase' || name === 'order_updated')]
  return {
    visitor_id,
    event_id,
    ...outcome,
    coupon: firstOf(naming, couponIn),
    promotion: firstOf(naming, promotionIn),
  }
}

/** What the first event that names one names; empty where none does. */
function firstOf(events: readonly StorefrontEvent[], named: (event: StorefrontEvent) => string): string {
  return events.map(named).find((text) => text !== '' && text.length <= 500) ?? ''
}

function couponIn({ coupon }: StorefrontEvent): string {
  return coupon
}

/** By the one property that the generated events have. */
function promotionIn({ properties }: StorefrontEvent): string {
  return properties['promotion_id'] ?? ''
}

function isNamed({ visitor_id }: StorefrontEvent): boolean {
  return visitor_id !== '' && !visitor_id.startsWith('u:')
}

/**
 * Whether an amount was sent that nobody could read, or items that have none: how much is given back is not known then,
 * and never guessed.
 */
function isUnreadable({ value_minor, properties }: StorefrontEvent): boolean {
  const { value = '', revenue = '', total = '', products = '[]', items = '[]' } = properties
  const sent = `${value}${revenue}${total}` !== '' || [products, items].some((list) => !['', '[]'].includes(list))
  return value_minor === null && sent
}

type Price = Pick<OracleOrder, 'value_minor' | 'currency'>

function priceOf(sorted: readonly StorefrontEvent[], purchases: readonly StorefrontEvent[]): Price {
  const hasValue = ({ value_minor }: StorefrontEvent): boolean => value_minor !== null
  return (
    sorted.findLast((event) => event.name === 'order_updated' && hasValue(event)) ??
    purchases.find((event) => event.is_server && hasValue(event)) ??
    purchases.find(hasValue) ?? { value_minor: null, currency: '' }
  )
}

function netted(
  { value_minor, currency }: Price,
  refunds: readonly StorefrontEvent[],
  isCancelled: boolean,
): Pick<OracleOrder, 'status' | 'value_minor' | 'currency' | 'refunded_minor'> {
  const all = { value_minor, currency, refunded_minor: value_minor ?? 0 }
  if (isCancelled) return { status: 'cancelled', ...all }
  if (refunds.some((refund) => refund.value_minor === null)) return { status: 'refunded', ...all }
  const own = refunds.filter((refund) => value_minor !== null && refund.currency === currency)
  const sum = own.reduce((sofar, refund) => sofar + Math.abs(refund.value_minor ?? 0), 0)
  if (own.length > 0 && sum >= (value_minor ?? 0)) return { status: 'refunded', ...all }
  return { status: sum > 0 ? 'partly_refunded' : 'placed', value_minor, currency, refunded_minor: sum }
}

/** What the orders of some events come to, as a goal that counts orders sees it: their deciding purchases, what they are worth, and what is left of it. */
export function ordersIn(events: readonly StorefrontEvent[]): {
  readonly decides: (event: StorefrontEvent) => boolean
  readonly gross: (event: StorefrontEvent) => number | null
  readonly net: (event: StorefrontEvent) => number | null
  readonly currency: (event: StorefrontEvent) => string
  readonly names: (event: StorefrontEvent) => Pick<OracleOrder, 'coupon' | 'promotion'>
} {
  const ids = new Set(events.map((event) => event.order_id).filter((id) => id !== ''))
  const truths = [...ids].map((id) => orderTruth(events.filter((event) => event.order_id === id)))
  const byEvent = new Map(truths.flatMap((truth) => (truth === undefined ? [] : [[truth.event_id, truth] as const])))
  return {
    decides: ({ order_id, event_id }) => order_id === '' || byEvent.has(event_id),
    gross: (event) => (byEvent.get(event.event_id) ?? event).value_minor,
    net(event) {
      const truth = byEvent.get(event.event_id)
      if (truth === undefined) return event.value_minor
      return truth.value_minor === null ? null : truth.value_minor - truth.refunded_minor
    },
    currency: (event) => (byEvent.get(event.event_id) ?? event).currency,
    names(event) {
      const { coupon, promotion } = byEvent.get(event.event_id) ?? {
        coupon: couponIn(event),
        promotion: promotionIn(event),
      }
      return { coupon, promotion }
    },
  }
}
