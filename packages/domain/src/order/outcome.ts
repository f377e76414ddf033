import type { Millis } from '../event/event.ts'
import { namesOf, type OfferNames } from './names.ts'
import { shortCurrency } from './refunds.ts'
import type { Buyer, OrderState } from './state.ts'
import type { OrderStatus } from './verdict.ts'

/** How long after the order a refund or a cancellation still nets off, exactly this included; event time. */
const nettingMs: Millis = 180 * 24 * 60 * 60 * 1000

/** What an order comes to. */
export type OrderOutcome = OrderMoney & OfferNames

interface OrderMoney {
  readonly status: Exclude<OrderStatus, 'withdrawn'>
  readonly value_minor: number | null
  readonly currency: string
  readonly refunded_minor: number
}

/**
 * What all that is kept of an order comes to. It is worked out from the whole each time: a refund may come before the
 * purchase that it nets off, and a later purchase may move the time up to which refunds count.
 */
export function outcomeOf(order: OrderState, buyer: Buyer): OrderOutcome {
  return { ...moneyOf(order, buyer), ...namesOf(order, buyer) }
}

function moneyOf(order: OrderState, buyer: Buyer): OrderMoney {
  const { cancelled_at } = order
  const price = priceOf(order)
  const gross = price?.value_minor ?? null
  const currency = price?.currency ?? ''
  const all = gross ?? 0
  if (cancelled_at !== null && isInTime(cancelled_at, order, buyer))
    return { status: 'cancelled', value_minor: gross, currency, refunded_minor: all }
  const { isWhole, sum } = refundedOf(order, buyer)
  if (isWhole) return { status: 'refunded', value_minor: gross, currency, refunded_minor: all }
  return { status: sum > 0 ? 'partly_refunded' : 'placed', value_minor: gross, currency, refunded_minor: sum }
}

/** The value in force: a server is the shop's own book, a browser only shows what it was told. */
export function priceOf({ updated_price, server_price, sent_price }: OrderState): OrderState['sent_price'] {
  return updated_price ?? server_price ?? sent_price
}

/**
 * Counted from the purchase that decides, or from the first one a server sent where that is later: the clock of a device
 * may be a year slow.
 */
export function isInTime(time: Millis, { server_at }: OrderState, buyer: Buyer): boolean {
  return time - Math.max(buyer.time, server_at ?? buyer.time) <= nettingMs
}

/** Of refunds that come in time and in the order's currency; one in another is never converted. */
function refundedOf(order: OrderState, buyer: Buyer): { readonly isWhole: boolean; readonly sum: number } {
  const price = priceOf(order)
  const currency = price === null ? null : shortCurrency(price.currency)
  let sum = 0
  let count = 0
  for (const refund of order.refunds) {
    if (!isInTime(refund.time, order, buyer)) continue
    if (refund.amount_minor === null) return { isWhole: true, sum: 0 }
    if (refund.currency !== currency) continue
    sum += refund.amount_minor
    count++
  }
  return { isWhole: price !== null && count > 0 && sum >= price.value_minor, sum }
}
