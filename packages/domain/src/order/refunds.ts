import type { StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { compareText } from '../event/text-order.ts'
import type { OrderRefund } from './state.ts'

/** Refunds kept of an order: the earliest ones, so that which ones they are does not depend on arrival. */
const MAX_REFUNDS = 100

/** A currency is three letters. What another producer may have written instead is told apart by this much of it. */
const longestCurrency = 16

export function shortCurrency(currency: string): string {
  return currency.slice(0, longestCurrency)
}

/** Where money is sent; ingest takes it out and leaves them among an event's properties. */
const amounts = ['value', 'revenue', 'total'] as const

/** Where the items that go back are listed, as JSON; ingest sums what they cost. */
const lists = ['products', 'items'] as const

/**
 * Whether a refund names an amount that could not be made out, as `27,00` or one without a currency, or items whose prices
 * could not. Without either it is of all that is left; with one that nobody can read it is not known of how much, and
 * nothing is guessed.
 */
export function isUnreadable({ value_minor, properties }: StorefrontEvent): boolean {
  if (value_minor !== null) return false
  return amounts.some((name) => (properties[name] ?? '') !== '') || lists.some((name) => isListed(properties[name]))
}

function isListed(sent: string | undefined): boolean {
  return sent !== undefined && sent !== '' && sent !== '[]'
}

/** Refunds after one more; `isFull` when that leaves one out. The same list where it changes nothing. */
export function addRefund(
  refunds: readonly OrderRefund[],
  event: StorefrontEvent,
): { readonly refunds: readonly OrderRefund[]; readonly isFull: boolean } {
  const added = refundOf(event)
  const known = refunds.find(({ id }) => id === added.id)
  // Sent twice, it counts as it was first sent.
  if (known !== undefined && compare(known, added) <= 0) return { refunds, isFull: false }
  const others = known === undefined ? refunds : refunds.filter((one) => one !== known)
  const at = others.findIndex((one) => compare(added, one) < 0)
  const all = at < 0 ? [...others, added] : [...others.slice(0, at), added, ...others.slice(at)]
  const isFull = all.length > MAX_REFUNDS
  if (isFull && all[MAX_REFUNDS] === added) return { refunds, isFull }
  return { refunds: isFull ? all.slice(0, MAX_REFUNDS) : all, isFull }
}

/** A refund may be sent as what goes back or as what it does to the order: only its size is meant. */
function refundOf({ event_time, event_id, value_minor, currency }: StorefrontEvent): OrderRefund {
  return {
    time: event_time,
    id: hash53(event_id),
    amount_minor: value_minor === null ? null : Math.abs(value_minor),
    currency: value_minor === null ? '' : shortCurrency(currency),
  }
}

function compare(a: OrderRefund, b: OrderRefund): number {
  return (
    a.time - b.time ||
    a.id - b.id ||
    (a.amount_minor ?? -1) - (b.amount_minor ?? -1) ||
    compareText(a.currency, b.currency)
  )
}
