import { major, priceIn, type Product } from './catalogue.ts'
import { instant, pause } from './pace.ts'
import type { Random } from './random.ts'
import type { Tracker } from './tracker.ts'
import type { Visit } from './visitor.ts'

export interface CartLine {
  readonly product: Product
  readonly quantity: number
}

export interface Cart {
  readonly lines: CartLine[]
  additions: number
  coupon: string
}

/** An order as it is paid for. */
export interface Sale {
  readonly orderId: string
  /** When the payment came through, by the right time. */
  readonly at: number
  /** Goods after discount in minor units of `currency`. */
  readonly goodsMinor: number
  readonly shippingMinor: number
  readonly currency: string
  readonly visit: Visit
  /** Whether the thank-you page was reached, whose script reports the order. */
  readonly isThanked: boolean
}

const second = 1000
const coupon = { code: 'LETTER10', share: 0.1 }
/** Advertised for all of a category, whoever comes: what is sent with its products names it. */
const promotion = { id: 'kitchen-weeks', category: 'kitchen' }
const freeShippingFrom = 8000
const shippingMinor = 490

/** From the cart to the thank-you page, or as far as the visitor goes. Returns the sale, if any. */
export function buy(random: Random, visit: Visit, tracker: Tracker, cart: Cart, nextOrderId: () => string): Sale[] {
  if (!random.chance(0.8)) return []
  reviewCart(random, visit, tracker, cart)
  if (cart.lines.length === 0 || !random.chance(Math.min(0.85, 0.5 * Math.sqrt(visit.intent)))) return []
  tracker.page('/checkout', 'Checkout', pause(random))
  tracker.track('Checkout Started', { ...amounts(visit, cart), products: lines(visit, cart) }, instant(random))
  if (!checkOut(random, visit, tracker, cart)) return []
  return [complete(random, visit, tracker, cart, nextOrderId())]
}

function reviewCart(random: Random, visit: Visit, tracker: Tracker, cart: Cart): void {
  tracker.page('/cart', 'Cart', pause(random))
  tracker.track('Cart Viewed', { products: lines(visit, cart) }, instant(random))
  if (!random.chance(0.13)) return
  const [removed] = cart.lines.splice(random.integer(0, cart.lines.length - 1), 1)
  if (removed === undefined) return
  tracker.track('Product Removed', { ...line(visit, removed), currency: visit.market.currency }, pause(random))
}

/** Address, delivery, payment; false when the visitor leaves on the way. */
function checkOut(random: Random, visit: Visit, tracker: Tracker, cart: Cart): boolean {
  const { account } = visit.person
  if (account !== undefined && visit.device.userId === undefined) {
    tracker.identify(account, random.between(10 * second, 60 * second))
  }
  for (const [step, stays] of [0.9, 0.86].entries()) {
    tracker.track('Checkout Step Viewed', { step: step + 1 }, instant(random))
    if (!random.chance(stays)) return false
    tracker.track('Checkout Step Completed', { step: step + 1 }, pause(random))
  }
  if (random.chance(visit.arrival.channel === 'Email' ? 0.5 : 0.08)) enterCoupon(random, tracker, cart)
  tracker.track('Payment Info Entered', { payment_method: random.pick(['card', 'paypal', 'invoice']) }, pause(random))
  return random.chance(0.92)
}

/** One code in five is mistyped or has run out. */
function enterCoupon(random: Random, tracker: Tracker, cart: Cart): void {
  tracker.track('Coupon Entered', { coupon_id: coupon.code }, pause(random))
  const isDenied = random.chance(0.2)
  tracker.track(isDenied ? 'Coupon Denied' : 'Coupon Applied', { coupon_id: coupon.code }, instant(random))
  if (!isDenied) cart.coupon = coupon.code
}

/** One buyer in fifteen pays and is gone before the thank-you page has loaded: only the shop's server knows the order. */
function complete(random: Random, visit: Visit, tracker: Tracker, cart: Cart, orderId: string): Sale {
  const { revenueMinor: goodsMinor, shippingMinor: shipping } = totals(visit, cart)
  const isThanked = random.chance(14 / 15)
  const { currency } = visit.market
  const sale = { orderId, at: tracker.now() + second, goodsMinor, shippingMinor: shipping, currency, visit, isThanked }
  if (isThanked) thank(random, visit, tracker, cart, orderId)
  return sale
}

function thank(random: Random, visit: Visit, tracker: Tracker, cart: Cart, orderId: string): void {
  if (random.chance(0.3)) tracker.comeFrom('https://www.paypal.com/', '/checkout/thank-you', 'Thank you', pause(random))
  else tracker.page('/checkout/thank-you', 'Thank you', pause(random))
  const { revenueMinor, shippingMinor: shipping } = totals(visit, cart)
  // A slip of the script: in some browsers it adds the shipping to the revenue. The server knows better.
  const said = random.chance(0.2) ? { revenue: major(revenueMinor + shipping) } : {}
  const properties = { order_id: orderId, ...amounts(visit, cart), ...said, products: lines(visit, cart) }
  tracker.track('Order Completed', properties, instant(random))
  if (!random.chance(0.04)) return
  // The thank-you page is opened again and its script reports the order once more, under another message id.
  tracker.page('/checkout/thank-you', 'Thank you', random.between(5 * second, 240 * second))
  tracker.track('Order Completed', properties, instant(random))
}

function totals(visit: Visit, cart: Cart): { revenueMinor: number; discountMinor: number; shippingMinor: number } {
  const goods = cart.lines.reduce((sum, { product, quantity }) => sum + priceIn(visit.market, product) * quantity, 0)
  const discountMinor = cart.coupon === '' ? 0 : Math.round(goods * coupon.share)
  const revenueMinor = goods - discountMinor
  return { revenueMinor, discountMinor, shippingMinor: revenueMinor >= freeShippingFrom ? 0 : shippingMinor }
}

/** Segment's spec: `revenue` is what the goods bring after discount, `total` has shipping too. */
function amounts(visit: Visit, cart: Cart): Record<string, unknown> {
  const { revenueMinor, discountMinor, shippingMinor: shipping } = totals(visit, cart)
  return {
    revenue: major(revenueMinor),
    discount: major(discountMinor),
    shipping: major(shipping),
    total: major(revenueMinor + shipping),
    currency: visit.market.currency,
    ...(cart.coupon === '' ? {} : { coupon: cart.coupon }),
  }
}

function lines(visit: Visit, cart: Cart): Record<string, unknown>[] {
  return cart.lines.map((one) => line(visit, one))
}

function line(visit: Visit, { product, quantity }: CartLine): Record<string, unknown> {
  const promoted = product.category === promotion.category ? { promotion_id: promotion.id } : {}
  const price = major(priceIn(visit.market, product))
  return { product_id: product.id, name: product.name, price, quantity, ...promoted }
}
