import type { Millis, StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { eventKey } from '../event/key.ts'
import { compareMoments } from '../event/moment.ts'
import { compareText } from '../event/text-order.ts'
import { namedIn, withNames, type OfferNames } from './names.ts'
import { isInTime, outcomeOf, priceOf, type OrderOutcome } from './outcome.ts'
import { addRefund, isUnreadable, shortCurrency } from './refunds.ts'
import type { Buyer, OrderNames, OrderPrice, OrderState, SaidVerdict } from './state.ts'
import type { WrittenVerdict } from './verdict.ts'

/** What became of an order event. Closed: each is a label of a metric. */
export type OrderResult =
  | 'verdict'
  | 'unchanged'
  | 'waiting'
  | 'other_currency'
  | 'unreadable_amount'
  | 'not_by_server'
  | 'too_late'
  | 'too_many_refunds'
  | 'control'
  | 'poison'

/** An event that speaks of an order, and its bytes: the verdict carries those of the purchase that decides. */
export interface SentEvent {
  readonly event: StorefrontEvent
  readonly wire: Uint8Array
}

/** A verdict and the key it is written under. */
export interface AddressedVerdict {
  readonly key: string
  readonly verdict: WrittenVerdict
}

export interface FoldedOrder {
  /** The one that was given, where the event changes nothing. */
  readonly state: OrderState | null
  readonly result: OrderResult
  readonly verdicts: readonly AddressedVerdict[]
}

/**
 * How often an order that goes on changing is said at least, though it comes to the same. Each change prolongs how long it is
 * remembered here; its buyer must not have forgotten it when one comes that it is worth less by.
 */
export const orderSaidEveryMs: Millis = 7 * 24 * 60 * 60 * 1000

/** Purchases of an order that are known again. */
const MAX_PURCHASES = 100

const noNames: OrderNames = { coupon: null, promotion: null }

const nothingYet: OrderState = {
  touched_at: 0,
  by_server: false,
  server_at: null,
  purchases: [],
  buyer: null,
  updated_price: null,
  server_price: null,
  sent_price: null,
  sent_names: noNames,
  updated_names: noNames,
  cancelled_at: null,
  refunds: [],
  said: null,
}

/**
 * Takes one event of an order in, and says what the order comes to if that is now something else, or if the event is the
 * first in a week that changes what is kept. What it comes to is a function of the set of its events: any order and
 * repetition of them ends in the same last verdict.
 *
 * @param offset of the event's record in order-events
 * @param now stream time of that record
 */
export function foldOrder(state: OrderState | null, sent: SentEvent, offset: number, now: Millis): FoldedOrder {
  const before = state ?? nothingYet
  const { order, isFull } = take(before, sent)
  const { buyer } = order
  const kept = order === before ? state : { ...order, touched_at: now }
  if (buyer === null)
    return {
      state: kept,
      result: isFull ? 'too_many_refunds' : (whyIgnored(order, sent.event) ?? 'waiting'),
      verdicts: [],
    }
  const outcome = outcomeOf(order, buyer)
  const isSame = before.said !== null && saysSame(before.said, buyer, outcome)
  const news = isSame ? whyUnchanged(order, buyer, sent.event) : 'verdict'
  const result = isFull ? 'too_many_refunds' : news
  if (isSame && (order === before || periodOf(before.touched_at) === periodOf(now)))
    return { state: kept, result, verdicts: [] }
  const { said, verdicts } = say(before.said, buyer, outcome, sent.event.order_id, offset)
  return { state: { ...order, touched_at: now, said }, result, verdicts }
}

/** All changes but the first of a period find that the order was said in it. */
function periodOf(time: Millis): number {
  return Math.floor(time / orderSaidEveryMs)
}

/** What is kept after the event; the same object where that is what was kept before. */
function take(before: OrderState, sent: SentEvent): { readonly order: OrderState; readonly isFull: boolean } {
  const { event } = sent
  const order = event.is_server && !before.by_server ? withoutBrowsers(before) : before
  if (whyIgnored(order, event) !== undefined) return { order, isFull: false }
  switch (event.name) {
    case 'purchase':
      return { order: takePurchase(order, sent), isFull: false }
    case 'order_updated':
      return { order: takeUpdate(order, event), isFull: false }
    case 'order_cancelled': {
      const { cancelled_at } = order
      if (cancelled_at !== null && cancelled_at <= event.event_time) return { order, isFull: false }
      return { order: { ...order, cancelled_at: event.event_time }, isFull: false }
    }
    case 'refund': {
      const { refunds, isFull } = addRefund(order.refunds, event)
      return { order: refunds === order.refunds ? order : { ...order, refunds }, isFull }
    }
    default:
      return { order, isFull: false }
  }
}

/** From the first event of a server on: what browsers said besides who bought counts no more, so it is let go. */
function withoutBrowsers(order: OrderState): OrderState {
  return { ...order, by_server: true, updated_price: null, updated_names: noNames, cancelled_at: null, refunds: [] }
}

/** Why an event counts for nothing whatever else comes; undefined where it counts. */
function whyIgnored({ by_server }: OrderState, event: StorefrontEvent): OrderResult | undefined {
  if (event.name === 'purchase') return undefined
  // Anybody can send what a browser sends, with the id of an order that is not theirs.
  if (by_server && !event.is_server) return 'not_by_server'
  return event.name === 'refund' && isUnreadable(event) ? 'unreadable_amount' : undefined
}

/** Under the id and key of one before, it changes nothing: its visitor took in the one that came first, too. */
function takePurchase(order: OrderState, { event, wire }: SentEvent): OrderState {
  const own = hash53(`${eventKey(event)} ${event.event_id}`)
  if (order.purchases.includes(own)) return order
  const price = priceIn(event)
  const named = namedIn(event)
  const buyer = decides(order.buyer, event, named, wire)
  const server_price = event.is_server ? earliest(order.server_price, price) : order.server_price
  const sent_price = earliest(order.sent_price, price)
  const server_at = event.is_server ? Math.min(order.server_at ?? Infinity, event.event_time) : order.server_at
  const sent_names = withNames(order.sent_names, event, named)
  const purchases = [...order.purchases, own].sort((a, b) => a - b).slice(0, MAX_PURCHASES)
  return { ...order, buyer, server_price, sent_price, server_at, purchases, sent_names }
}

function takeUpdate(order: OrderState, event: StorefrontEvent): OrderState {
  const updated_price = latest(order.updated_price, priceIn(event))
  const updated_names = withNames(order.updated_names, event, namedIn(event))
  const isSame = updated_price === order.updated_price && updated_names === order.updated_names
  return isSame ? order : { ...order, updated_price, updated_names }
}

/** Whose order it is: a visitor who is named, else a user, else nobody; among these, of the earliest purchase. */
function decides(
  buyer: Buyer | null,
  event: StorefrontEvent,
  { coupon, promotion }: OfferNames,
  wire: Uint8Array,
): Buyer {
  const { visitor_id, event_time: time, event_id } = event
  const rank = visitor_id === '' ? 2 : visitor_id.startsWith('u:') ? 1 : 0
  const key = eventKey(event)
  if (buyer !== null) {
    const order =
      buyer.rank - rank || compareMoments(buyer.time, buyer.event_id, time, event_id) || compareText(buyer.key, key)
    if (order <= 0) return buyer
  }
  return { rank, time, event_id, key, coupon, promotion, wire }
}

function priceIn({ event_time: time, event_id, value_minor, currency }: StorefrontEvent): OrderPrice | null {
  return value_minor === null ? null : { time, event_id, value_minor, currency }
}

function earliest(known: OrderPrice | null, price: OrderPrice | null): OrderPrice | null {
  if (known === null || price === null) return known ?? price
  return comparePrices(known, price) <= 0 ? known : price
}

function latest(known: OrderPrice | null, price: OrderPrice | null): OrderPrice | null {
  if (known === null || price === null) return known ?? price
  return comparePrices(known, price) >= 0 ? known : price
}

function comparePrices(a: OrderPrice, b: OrderPrice): number {
  return (
    compareMoments(a.time, a.event_id, b.time, b.event_id) ||
    a.value_minor - b.value_minor ||
    compareText(a.currency, b.currency)
  )
}

function saysSame(said: SaidVerdict, buyer: Buyer, outcome: OrderOutcome): boolean {
  return (
    said.key === buyer.key &&
    said.event_id === buyer.event_id &&
    said.status === outcome.status &&
    said.value_minor === outcome.value_minor &&
    said.currency === outcome.currency &&
    said.refunded_minor === outcome.refunded_minor &&
    said.coupon === outcome.coupon &&
    said.promotion === outcome.promotion
  )
}

function whyUnchanged(order: OrderState, buyer: Buyer, event: StorefrontEvent): OrderResult {
  const { name, value_minor, currency, event_time } = event
  const ignored = whyIgnored(order, event)
  if (ignored !== undefined) return ignored
  if (name !== 'refund' && name !== 'order_cancelled') return 'unchanged'
  if (!isInTime(event_time, order, buyer)) return 'too_late'
  if (name !== 'refund' || value_minor === null) return 'unchanged'
  const price = priceOf(order)
  return price !== null && shortCurrency(price.currency) === shortCurrency(currency) ? 'unchanged' : 'other_currency'
}

/** The verdict to who has the order now; one who had it before is told first that it is somebody else's. */
function say(
  last: SaidVerdict | null,
  { key, event_id, wire }: Buyer,
  { status, value_minor, currency, refunded_minor, coupon, promotion }: OrderOutcome,
  order_id: string,
  order_offset: number,
): { readonly said: SaidVerdict; readonly verdicts: readonly AddressedVerdict[] } {
  const isMoved = last !== null && last.key !== key
  const number = last === null || isMoved ? 1 : last.number + 1
  const said = { key, event_id, number, status, value_minor, currency, refunded_minor, coupon, promotion }
  const verdict = { order_id, order_offset, number, status, value_minor, currency, refunded_minor, coupon, promotion, event: wire } // prettier-ignore
  const verdicts: AddressedVerdict[] = [{ key, verdict }]
  if (isMoved) verdicts.unshift({ key: last.key, verdict: withdrawn(last, order_id, order_offset) })
  return { said, verdicts }
}

/** Of a buyer who has the order no more: it is worth nothing there. */
function withdrawn({ number }: SaidVerdict, order_id: string, order_offset: number): WrittenVerdict {
  return {
    order_id,
    order_offset,
    number: number + 1,
    status: 'withdrawn',
    value_minor: null,
    currency: '',
    refunded_minor: 0,
    coupon: '',
    promotion: '',
    event: noBytes,
  }
}

const noBytes = new Uint8Array(0)
