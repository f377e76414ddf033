import type { StorefrontEvent } from '@cairn/domain'
import { idIn } from './id.ts'
import { textOf, type JsonObject } from './json.ts'

/** Segment's name for an order's id, GA4's, and the one some SDKs write. */
const names = ['order_id', 'transaction_id', 'orderId'] as const

/** The order an event speaks of; empty where it names none. */
export function orderIdOf(properties: JsonObject): string {
  for (const name of names) {
    const id = idIn(textOf(properties[name]))
    if (id !== '') return id
  }
  return ''
}

/** Whether an event was sent with a text for an order id that is none. */
export function hasUnusableOrderId({ order_id, properties }: StorefrontEvent): boolean {
  return order_id === '' && names.some((name) => (properties[name] ?? '').trim() !== '')
}
