import { buy, type Cart, type Sale } from './checkout.ts'
import { categories, drawProduct, major, priceIn, productPath, type Product } from './catalogue.ts'
import type { Random } from './random.ts'
import { instant, pause } from './pace.ts'
import { startTracker, type Happening, type Tracker } from './tracker.ts'
import type { Channel } from './traffic.ts'
import type { Visit } from './visitor.ts'

/** What happened in a visit, by the shop's own books. */
export interface VisitRecord {
  readonly anonymousId: string
  readonly channel: Channel
  readonly startedAt: number
  readonly endedAt: number
  readonly productViews: number
  readonly cartAdditions: number
  readonly sales: readonly Sale[]
  readonly happenings: readonly Happening[]
}

const second = 1000
const searches = ['lamp', 'pan', 'wool', 'gift', 'planter', 'knife', 'towel', 'candle']

/** Plays one visit from its landing page to its last click. */
export function playVisit(random: Random, visit: Visit, nextOrderId: () => string): VisitRecord {
  const tracker = startTracker(random, visit)
  const cart: Cart = { lines: [], additions: 0, coupon: '' }
  land(random, visit, tracker)
  let sales: Sale[] = []
  if (!random.chance(0.42 / Math.sqrt(visit.intent))) {
    browse(random, visit, tracker, cart)
    if (cart.lines.length > 0) sales = buy(random, visit, tracker, cart, nextOrderId)
  }
  if (random.chance(0.02)) tracker.track('newsletter_signup', { form: 'footer' }, pause(random))
  return {
    anonymousId: visit.device.anonymousId,
    channel: visit.arrival.channel,
    startedAt: visit.startedAt,
    endedAt: Math.max(tracker.now(), ...sales.map(({ at }) => at)),
    productViews: tracker.happenings.filter(({ message }) => message.event === 'Product Viewed').length,
    cartAdditions: cart.additions,
    sales,
    happenings: tracker.happenings,
  }
}

function land(random: Random, visit: Visit, tracker: Tracker): void {
  if (!random.chance(visit.deepLanding)) {
    tracker.page('/', 'Linden Home', 0)
    return
  }
  if (random.chance(0.5)) viewList(random, tracker, random.pick(categories), 0)
  else viewProduct(random, visit, tracker, drawProduct(random, undefined), 0)
}

/** Lists, searches and products in turn; interest wanes with every round. */
function browse(random: Random, visit: Visit, tracker: Tracker, cart: Cart): void {
  let category: string | undefined
  const goOn = Math.min(0.9, 0.68 + 0.06 * visit.intent)
  for (let round = 0; round < 14 && (round === 0 || random.chance(goOn)); round++) {
    const step = random.next()
    if (step < 0.28) viewList(random, tracker, (category = random.pick(categories)), pause(random))
    else if (step < 0.4) search(random, tracker)
    else consider(random, visit, tracker, cart, drawProduct(random, category))
  }
  if (visit.person.account !== undefined && visit.device.userId === undefined && random.chance(0.2)) {
    tracker.page('/account/login', 'Sign in', pause(random))
    tracker.identify(visit.person.account, random.between(8 * second, 40 * second))
    tracker.track('Signed In', { method: 'email' }, instant(random))
  }
}

function viewList(random: Random, tracker: Tracker, category: string, pauseMs: number): void {
  tracker.page(`/${category}`, category, pauseMs)
  tracker.track('Product List Viewed', { list_id: category, category }, instant(random))
}

function search(random: Random, tracker: Tracker): void {
  const query = random.pick(searches)
  tracker.page('/search', `Search: ${query}`, pause(random))
  tracker.track('Products Searched', { query }, instant(random))
}

function viewProduct(random: Random, visit: Visit, tracker: Tracker, product: Product, pauseMs: number): void {
  tracker.page(productPath(product), product.name, pauseMs)
  tracker.track('Product Viewed', describe(visit, product), instant(random))
}

function consider(random: Random, visit: Visit, tracker: Tracker, cart: Cart, product: Product): void {
  viewProduct(random, visit, tracker, product, pause(random))
  if (random.chance(0.035)) tracker.track('Product Added to Wishlist', describe(visit, product), pause(random))
  if (random.chance(0.01))
    tracker.track('Product Shared', { share_via: 'email', ...describe(visit, product) }, pause(random))
  if (visit.device.userId !== undefined && random.chance(0.05)) {
    tracker.track('Product Reviewed', { product_id: product.id, rating: random.integer(3, 5) }, pause(random))
  }
  if (!random.chance(0.075 * visit.intent)) return
  const quantity = random.chance(0.8) ? 1 : random.integer(2, 4)
  tracker.track('Product Added', { ...describe(visit, product), quantity }, random.between(6 * second, 50 * second))
  cart.lines.push({ product, quantity })
  cart.additions += 1
}

function describe(visit: Visit, product: Product): Record<string, unknown> {
  const { market } = visit
  const price = major(priceIn(market, product))
  return { product_id: product.id, name: product.name, category: product.category, price, currency: market.currency }
}
