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
}

const LIMIT_MS = 180 * 24 * 60 * 60 * 1000

/**
 * What all events of one order come to, computed the plain way: keep each event id once, sort by (time, id), and apply
 * the rules of the public contract one after the other. It shares no code with the fold and knows no arrival. Undefined
 * without a purchase.
 */
export function orderTruth(events: readonly StorefrontEvent[]): OracleOrder | undefined {
  const unique = [...new Map(events.map((event) => [event.event_id, event])).values()]
  const sorted = unique.sort((a, b) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1))
  const purchases = sorted.filter((event) => event.name === 'purchase')
  const buyer = purchases.find(isNamed) ?? purchases.find(({ visitor_id }) => visitor_id !== '') ?? purchases[0]
  if (buyer === undefined) return undefined
  const inTime = (event: StorefrontEvent): boolean => event.event_time - buyer.event_time <= LIMIT_MS
  const refunds = sorted.filter(({ name }) => name === 'refund').slice(0, 100)
  const cancelled = sorted.filter(({ name }) => name === 'order_cancelled')
  const { visitor_id, event_id } = buyer
  const price = priceOf(sorted, purchases)
  return { visitor_id, event_id, ...netted(price, refunds.filter(inTime), cancelled.some(inTime)) }
}

function isNamed({ visitor_id }: StorefrontEvent): boolean {
  return visitor_id !== '' && !visitor_id.startsWith('u:')
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
