import type { StorefrontEvent } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'

/** So that none is forgotten when the last one comes. */
const span = 180 * 86_400_000
const start = Date.UTC(2026, 4, 4, 8)
/** Its purchase from a browser, and once more from the shop's server. */
const eventsEach = 2
/** Orders that come between the two. */
const between = 20

/** Order events in which so many orders come one after the other within half a year. */
export class OrderLog {
  /** Of those that place orders. */
  readonly events: number
  readonly #orders: number

  constructor(orders: number) {
    this.#orders = orders
    this.events = orders * eventsEach
  }

  orderId(place: number): string {
    return `A-${this.#orderAt(place).toString().padStart(9, '0')}`
  }

  /**
   * The order that the event at a place from 0 on is of. After all have come they are refunded in part, in an order that no
   * cache foresees.
   */
  #orderAt(place: number): number {
    if (place >= this.events) return (place * 7_919) % this.#orders
    const part = place % eventsEach
    const came = (place - part) / eventsEach - part * between
    return came < 0 ? came + this.#orders : came
  }

  appendedAt(place: number): number {
    const refunded = Math.max(0, place - this.events)
    return start + Math.floor((Math.min(place, this.events) / this.events) * span) + refunded
  }

  event(place: number): StorefrontEvent {
    const order = this.#orderAt(place)
    const event_time = this.appendedAt(place)
    const isRefund = place >= this.events
    return buildEvent({
      event_id: `7b1e${place.toString(16).padStart(10, '0')}`,
      event_time,
      received_at: event_time,
      name: isRefund ? 'refund' : 'purchase',
      order_id: this.orderId(place),
      visitor_id: `5f0c${order.toString(16).padStart(8, '0')}-6a1d-4be2-9c57`,
      is_server: isRefund || place % eventsEach === 1,
      value_minor: isRefund ? 100 : 4_990,
      currency: 'EUR',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      url: `https://shop.example/checkout/thank-you?order=${order}`,
      host: 'shop.example',
      path: '/checkout/thank-you',
      properties: { products },
    })
  }
}

/** As much as two articles take, which makes an event of 0.9 KB. */
const products = JSON.stringify(
  ['oak', 'ash'].map((wood) => ({
    product_id: `${wood}-table-180`,
    sku: `T-${wood}-180-90`,
    name: `Dining table of solid ${wood}, oiled, 180 by 90 cm`,
    category: 'Furniture/Dining room/Tables',
    variant: `${wood}, oiled`,
    price: 24.95,
    quantity: 1,
  })),
)
