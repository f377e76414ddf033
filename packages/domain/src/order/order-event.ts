import type { StorefrontEvent } from '../event/event.ts'

/** Canonical names of the events that say something of an order. */
const orderEventNames = new Set(['purchase', 'order_updated', 'refund', 'order_cancelled'])

/** Whether an event says something of an order that others can speak of, too: it names one. */
export function isOrderEvent({ name, order_id }: Pick<StorefrontEvent, 'name' | 'order_id'>): boolean {
  return order_id !== '' && orderEventNames.has(name)
}

/** Whether it reports that an order was placed, as a reload of the thank-you page or the shop's server may once more. */
export function placesOrder({ name, order_id }: Pick<StorefrontEvent, 'name' | 'order_id'>): boolean {
  return order_id !== '' && name === 'purchase'
}

/** Whether events of a name only change an order that a purchase places. */
export function changesOrders(name: string): boolean {
  return name !== 'purchase' && orderEventNames.has(name)
}

/** The key of an order's records: all events of one order meet in one partition, whoever sent them. */
export function orderKey({ site, order_id }: Pick<StorefrontEvent, 'site' | 'order_id'>): string {
  return `${site}:${order_id}`
}
