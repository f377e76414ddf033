import type { StorefrontEvent } from '../event/event.ts'

/** What became of an order. Closed: each is a label of a metric and a value of the warehouse's `order_status`. */
export const orderStatuses = ['placed', 'partly_refunded', 'refunded', 'cancelled', 'withdrawn'] as const
export type OrderStatus = (typeof orderStatuses)[number]

/**
 * What an order comes to, said to the partition of the visitor who bought (schemas/avro/verdict.avsc). Always the full
 * outcome, never a difference.
 */
export interface Verdict {
  readonly order_id: string
  /** Offset in order-events of the record that brought it about: one with no greater offset says nothing new. */
  readonly order_offset: number
  /**
   * Which verdict to this key it is, from 1 (again from 1 where the order comes back to a buyer it was withdrawn from): a
   * visitor that has forgotten the order must not take a later one for a new order.
   */
  readonly number: number
  readonly status: OrderStatus
  /** Gross, minor units of `currency`; null where the order has no value. */
  readonly value_minor: number | null
  readonly currency: string
  /** What is netted off, at most `value_minor`; all of it for one that is cancelled; 0 where `value_minor` is null. */
  readonly refunded_minor: number
  /** Of the deciding purchase, else of the earliest purchase or update that names one; empty for none. */
  readonly coupon: string
  readonly promotion: string
  /** The deciding purchase, with the order's value, currency and coupon in place of its own; null for `withdrawn`. */
  readonly event: StorefrontEvent | null
  /** The currency it was sent with, in which its properties speak; empty for none, and for `withdrawn`. */
  readonly sent_currency: string
}

/** A verdict as it is written: with the bytes of its event as it was sent, none for a withdrawn one. */
export type WrittenVerdict = Omit<Verdict, 'event' | 'sent_currency'> & { readonly event: Uint8Array }
