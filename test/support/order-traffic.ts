import type { StorefrontEvent } from '@cairn/domain'
import { randomFrom } from '@cairn/testkit'
import { buildEvent } from '@cairn/testkit/domain'

const later = ['refund', 'refund', 'refund', 'order_updated', 'order_cancelled', 'purchase', 'purchase'] as const

/**
 * What is said of a shop's orders: purchases, and of orders placed before what comes after them: refunds, updates,
 * cancellations, and purchases again by a server or from another device. Some come twice.
 */
export function orderEvents(seed: number): () => StorefrontEvent {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const startedAt = Date.now() - 3_600_000
  let number = 0
  let orders = 0
  let previous: StorefrontEvent | undefined
  return () => (previous = previous !== undefined && random() < 0.05 ? previous : fresh())

  function fresh(): StorefrontEvent {
    const isNew = orders === 0 || random() < 0.4
    const order = isNew ? orders++ : Math.floor(random() * orders)
    const name = isNew ? 'purchase' : pick(later)
    return buildEvent({
      event_id: `e${seed}-${number++}`,
      event_time: startedAt + number - Math.floor(random() * 60_000),
      name,
      order_id: `o${order}`,
      visitor_id: pick([`v${order % 50}`, `v${order % 50}`, `u:${order % 20}`, '']),
      is_server: random() < 0.3,
      ...(random() < 0.1 ? {} : { value_minor: 100 * Math.floor(random() * 100), currency: 'EUR' }),
    })
  }
}

/** So many orders, each of a visitor of its own; `first` is the number of the first one. */
export function placed(count: number, first = 0): StorefrontEvent[] {
  return Array.from({ length: count }, (_, i) => ofOrder(first + i, 'purchase', 1000))
}

/** Two refunds of part of each of them, right after each other: what the first comes to is soon stale. */
export function refunded(count: number): StorefrontEvent[] {
  return Array.from({ length: count }, (_, i) => [ofOrder(i, 'refund', 300), ofOrder(i, 'refund', 200)]).flat()
}

function ofOrder(i: number, name: string, value_minor: number): StorefrontEvent {
  const who = name === 'refund' ? { visitor_id: 'u:clerk', is_server: true } : { visitor_id: `v${i}` }
  const event_id = `${name}-${value_minor}-${i}`
  return buildEvent({ event_id, event_time: Date.now(), name, order_id: `o${i}`, value_minor, currency: 'EUR', ...who })
}
