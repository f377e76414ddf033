import type { SegmentMessage } from '../segment.ts'
import { major } from './catalogue.ts'
import type { Sale } from './checkout.ts'
import type { Parcel } from './delivery.ts'
import type { Random } from './random.ts'

/** What became of an order until the simulation ends. */
export interface Order {
  readonly orderId: string
  readonly currency: string
  readonly status: 'placed' | 'partly_refunded' | 'refunded' | 'cancelled'
  /** What the goods were sold for in the end, in minor units; shipping is never part of it. */
  readonly grossMinor: number
  /** Minor units of it that were given back. */
  readonly refundedMinor: number
  /** Whether a message names the browser it was placed in: else it is in no visit. */
  readonly isInVisit: boolean
}

export interface Books {
  readonly orders: readonly Order[]
  /** What the shop's server sends, in no order. */
  readonly parcels: readonly Parcel[]
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Share of messages that the server sends again, as it missed the answer. */
const repeated = 0.05

/**
 * The shop's server: it reports every order, whatever the browser has reported, and what becomes of it later. What would
 * happen after the end has not happened yet.
 */
export function keepOrders(random: Random, sales: readonly Sale[], end: number): Books {
  const orders: Order[] = []
  const parcels: Parcel[] = []
  for (const sale of sales) {
    const desk = openDesk(random, sale, end, parcels)
    const identity = identityOf(random, sale)
    desk.send('Order Completed', bookedAt(random, sale, end), moneyOf(sale, sale.goodsMinor), identity)
    const isInVisit = sale.isThanked || identity.anonymousId !== undefined
    orders.push({ orderId: sale.orderId, currency: sale.currency, isInVisit, ...settle(random, sale, desk) })
  }
  return { orders, parcels }
}

/** Mostly before the thank-you page has loaded; now and then the payment service tells minutes later. */
function bookedAt(random: Random, { at }: Sale, end: number): number {
  return random.chance(0.25) ? Math.min(at + random.between(2 * minute, 4 * minute), end) : at
}

type Outcome = Pick<Order, 'status' | 'grossMinor' | 'refundedMinor'>

/** Updates, refunds and cancellations, many of them when the visit is long over. */
function settle(random: Random, sale: Sale, desk: Desk): Outcome {
  const grossMinor = updated(random, sale, desk)
  const fate = random.next()
  const isCancelled = fate < 0.05
  if (isCancelled && desk.send('Order Cancelled', sale.at + random.between(5 * minute, 12 * hour), {}))
    return { status: 'cancelled', grossMinor, refundedMinor: grossMinor }
  if (
    fate >= 0.05 &&
    fate < 0.12 &&
    desk.send('Order Refunded', laterThan(random, sale.at), wholly(random, grossMinor))
  )
    return { status: 'refunded', grossMinor, refundedMinor: grossMinor }
  const parts = fate >= 0.12 && fate < 0.22 ? random.integer(1, 2) : 0
  const refundedMinor = refundParts(random, sale, grossMinor, parts, desk)
  return { status: refundedMinor > 0 ? 'partly_refunded' : 'placed', grossMinor, refundedMinor }
}

/** Something was out of stock, or came on top at the counter. */
function updated(random: Random, sale: Sale, desk: Desk): number {
  if (!random.chance(0.1)) return sale.goodsMinor
  const goodsMinor = Math.round(sale.goodsMinor * random.pick([0.5, 0.8, 0.9, 1.25]))
  const at = sale.at + random.between(10 * minute, 30 * hour)
  return desk.send('Order Updated', at, moneyOf(sale, goodsMinor)) ? goodsMinor : sale.goodsMinor
}

/** A refund that names no amount gives all of it back. */
function wholly(random: Random, grossMinor: number): Record<string, unknown> {
  return random.chance(0.5) ? {} : { total: major(grossMinor) }
}

function refundParts(random: Random, sale: Sale, grossMinor: number, parts: number, desk: Desk): number {
  let [refundedMinor, at] = [0, sale.at]
  for (let part = 0; part < parts; part++) {
    const minor = Math.round(grossMinor * random.between(0.05, 0.4))
    at = laterThan(random, at)
    if (desk.send('Order Refunded', at, { total: major(minor) })) refundedMinor += minor
  }
  return refundedMinor
}

function laterThan(random: Random, at: number): number {
  return at + random.between(2 * hour, 60 * hour)
}

type Identity = Pick<SegmentMessage, 'anonymousId' | 'userId'>

/**
 * Whom the server names at the sale: mostly the browser, by its cookie, and the account, else the account alone, else
 * nobody. Of a browser whose clock is wrong it never got the cookie: the times of both would not agree to the second.
 */
function identityOf(random: Random, { visit, isThanked }: Sale): Identity {
  const { device, person } = visit
  const user = person.account === undefined ? {} : { userId: person.account }
  const knowsBrowser = device.clockErrorMs === 0 && random.chance(isThanked ? 0.7 : 0.4)
  return knowsBrowser ? { anonymousId: device.anonymousId, ...user } : user
}

function moneyOf({ currency, shippingMinor }: Sale, goodsMinor: number): Record<string, unknown> {
  const total = major(goodsMinor + shippingMinor)
  return { revenue: major(goodsMinor), shipping: major(shippingMinor), total, currency }
}

/** Sends what happened to one order, unless it would happen after the end. */
interface Desk {
  readonly send: (
    event: string,
    at: number,
    properties: Readonly<Record<string, unknown>>,
    identity?: Identity,
  ) => boolean
}

function openDesk(random: Random, { orderId, currency, visit }: Sale, end: number, parcels: Parcel[]): Desk {
  const { account } = visit.person
  const customer: Identity = account === undefined ? {} : { userId: account }
  return {
    send: (event, happened, properties, identity = customer) => {
      const at = Math.round(happened)
      if (at > end) return false
      const message: SegmentMessage = {
        type: 'track',
        event,
        messageId: random.uuid(),
        ...identity,
        properties: { order_id: orderId, currency, ...properties },
        context: { library: { name: '@segment/analytics-node', version: '2.2.0' } },
        timestamp: new Date(at).toISOString(),
      }
      // Its queue of jobs is emptied now and then.
      const arrivesAt = at + random.between(50, random.chance(0.2) ? 20 * minute : 2 * second)
      parcels.push({ arrivesAt, message })
      if (random.chance(repeated)) parcels.push({ arrivesAt: arrivesAt + random.between(second, hour), message })
      return true
    },
  }
}
