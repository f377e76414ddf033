import type { SegmentMessage } from '../segment.ts'
import { keepOrders, type Order } from './back-office.ts'
import { crawl } from './bots.ts'
import { deliver, inOrder, type Parcel } from './delivery.ts'
import { seededRandom, type Random } from './random.ts'
import { arrive, drawTraffic, type Channel } from './traffic.ts'
import { drawPerson, type Person, type Visit } from './visitor.ts'
import { playVisit, type VisitRecord } from './visit.ts'

export interface SimulationOptions {
  /** The same seed and options give the same messages. */
  readonly seed: number
  readonly days: number
  /** People who come to the shop in that time; crawlers come on top. */
  readonly people: number
  /** UTC milliseconds at which the simulated time ends: now, or messages would come from the future. */
  readonly end: number
}

export interface Simulation {
  /** What the shop's visitors send, in sending order: repeats, late and jumbled messages included. */
  readonly messages: readonly SegmentMessage[]
  /** What the shop's server sends of orders, in sending order. */
  readonly serverMessages: readonly SegmentMessage[]
  /** Both, cut into spans of a few hours: now the visitors, now the server is ahead within one. */
  readonly parts: readonly Part[]
  readonly books: ShopBooks
}

/** Messages that are sent one after the other by one sender. */
export interface Part {
  readonly isServer: boolean
  readonly messages: readonly SegmentMessage[]
}

/** What really happened, known without looking at the messages: the measure for what a pipeline makes of them. */
export interface ShopBooks {
  /** Different messages, those of crawlers and of the server included. */
  readonly events: number
  readonly botEvents: number
  /** Of the server. */
  readonly serverEvents: number
  /** Messages sent although they had been sent before. */
  readonly repeats: number
  /** Browsers that came; a person with two devices is two. */
  readonly visitors: number
  readonly visits: number
  readonly visitsByChannel: ReadonlyMap<Channel, number>
  readonly productViews: number
  readonly cartAdditions: number
  readonly visitsWithCart: number
  readonly visitsWithOrder: number
  readonly orders: readonly Order[]
}

const hour = 3_600_000
const day = 24 * hour
/** A device with a wrong clock keeps its messages until the end, which must be within the grace of its first visit. */
const longestKept = 18 * hour
/** Crawls for each hundred people. */
const crawls = 1.2
const SERVER_SEED = 2 ** 40
/** Of what is sent by one sender before the other's turn. */
const partMs = 4 * hour

/** A few days of a shop's traffic, with all that makes real traffic hard: carts left, crawlers, repeats, late arrivals. */
export function simulate(options: SimulationOptions): Simulation {
  const { seed, days, people, end } = options
  const random = seededRandom(seed)
  const begin = end - days * day
  const visits: VisitRecord[] = []
  const parcels: Parcel[] = []
  let orderCount = 0
  const nextOrderId = (): string => `LH-${String(++orderCount).padStart(6, '0')}`
  for (let n = 0; n < people; n++) {
    for (const { visit, person } of visitsOfOne(random, begin, end, nextOrderId)) {
      const device = person.devices.find(({ anonymousId }) => anonymousId === visit.anonymousId)
      visits.push(visit)
      parcels.push(...deliver(random, visit.happenings, { end, clockErrorMs: device?.clockErrorMs ?? 0 }))
    }
  }
  const crawled = Array.from({ length: Math.round((people / 100) * crawls) }, () =>
    crawl(random, drawStart(random, begin, end - hour)),
  )
  for (const happenings of crawled) parcels.push(...deliver(random, happenings, { end, clockErrorMs: 0 }))
  const botEvents = crawled.reduce((sum, happenings) => sum + happenings.length, 0)
  // Chance of its own: the visitors do the same whatever the server does.
  const server = keepOrders(
    seededRandom(seed + SERVER_SEED),
    visits.flatMap(({ sales }) => sales),
    end,
  )
  return {
    messages: inOrder(parcels),
    serverMessages: inOrder(server.parcels),
    parts: inParts(parcels, server.parcels, begin),
    books: booksOf(
      visits,
      server.orders,
      { bots: botEvents, server: differentAmong(server.parcels) },
      parcels.length + server.parcels.length,
    ),
  }
}

/** One person's visits: half an hour is the gap of a session, so the next visit of a device begins well after the last. */
function visitsOfOne(
  random: Random,
  begin: number,
  end: number,
  nextOrderId: () => string,
): { visit: VisitRecord; person: Person }[] {
  let startedAt = drawStart(random, begin, end)
  const person = drawPerson(random, startedAt > end - longestKept)
  const visits: { visit: VisitRecord; person: Person }[] = []
  for (let n = 0; n === 0 || random.chance(0.3); n++) {
    const traffic = drawTraffic(random, n > 0)
    const plan: Visit = {
      person,
      device: random.pick(person.devices),
      market: person.market,
      arrival: arrive(random, traffic),
      startedAt,
      // Who comes back knows the shop.
      intent: traffic.intent * (n > 0 ? 1.3 : 1),
      deepLanding: traffic.deep,
    }
    const visit = playVisit(random, plan, nextOrderId)
    // The shop's day is over: what would happen after the end has not happened yet.
    if (visit.endedAt > end) break
    visits.push({ visit, person })
    startedAt = visit.endedAt + random.between(hour, 30 * hour)
  }
  return visits
}

/** A time in the range, rather in the evening than at night. */
function drawStart(random: Random, from: number, to: number): number {
  for (;;) {
    const at = Math.floor(random.between(from, to))
    const hourOfDay = (at % day) / hour
    if (random.chance(0.55 - 0.45 * Math.cos(((hourOfDay - 5) / 24) * 2 * Math.PI))) return at
  }
}

function inParts(visitors: readonly Parcel[], server: readonly Parcel[], begin: number): Part[] {
  const spans = new Map<number, { visitors: Parcel[]; server: Parcel[] }>()
  const spanOf = ({ arrivesAt }: Parcel): { visitors: Parcel[]; server: Parcel[] } => {
    const number = Math.floor((arrivesAt - begin) / partMs)
    const known = spans.get(number) ?? { visitors: [], server: [] }
    spans.set(number, known)
    return known
  }
  for (const parcel of visitors) spanOf(parcel).visitors.push(parcel)
  for (const parcel of server) spanOf(parcel).server.push(parcel)
  return [...spans]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([number, sent]) => {
      const parts = [
        { isServer: false, messages: inOrder(sent.visitors) },
        { isServer: true, messages: inOrder(sent.server) },
      ]
      return number % 2 === 0 ? parts : parts.toReversed()
    })
    .filter(({ messages }) => messages.length > 0)
}

function differentAmong(parcels: readonly Parcel[]): number {
  return new Set(parcels.map(({ message }) => message.messageId)).size
}

function booksOf(
  visits: readonly VisitRecord[],
  orders: readonly Order[],
  others: { readonly bots: number; readonly server: number },
  sent: number,
): ShopBooks {
  const byChannel = new Map<Channel, number>()
  for (const { channel } of visits) byChannel.set(channel, (byChannel.get(channel) ?? 0) + 1)
  const sum = (count: (visit: VisitRecord) => number): number =>
    visits.reduce((total, visit) => total + count(visit), 0)
  const inVisit = new Set(orders.flatMap(({ orderId, isInVisit }) => (isInVisit ? [orderId] : [])))
  const bought = visits.filter(({ sales }) => sales.some(({ orderId }) => inVisit.has(orderId)))
  const withCart = visits.filter(({ cartAdditions }) => cartAdditions > 0)
  const events = others.bots + others.server + sum(({ happenings }) => happenings.length)
  return {
    events,
    botEvents: others.bots,
    serverEvents: others.server,
    repeats: sent - events,
    visitors: new Set(visits.map(({ anonymousId }) => anonymousId)).size,
    visits: visits.length,
    visitsByChannel: byChannel,
    productViews: sum(({ productViews }) => productViews),
    cartAdditions: sum(({ cartAdditions }) => cartAdditions),
    visitsWithCart: withCart.length,
    visitsWithOrder: bought.length,
    orders,
  }
}
