import type { Millis } from '../event/event.ts'
import type { OrderStatus } from './verdict.ts'

/** The purchase that decides whose order it is. */
export interface Buyer {
  /** 0 of a named visitor, 1 of a user, 2 of nobody: the lowest decides, then the earliest. */
  readonly rank: number
  readonly time: Millis
  readonly event_id: string
  /** Key of the event in topic `events`. */
  readonly key: string
  /** The coupon and promotion it names itself, empty for none. */
  readonly coupon: string
  readonly promotion: string
  /** The event as it was sent. */
  readonly wire: Uint8Array
}

/** A coupon or promotion that one event names. */
export interface OrderName {
  readonly time: Millis
  readonly event_id: string
  readonly text: string
}

/** Of some events the earliest that names a coupon, and the earliest that names a promotion. */
export interface OrderNames {
  readonly coupon: OrderName | null
  readonly promotion: OrderName | null
}

/** A value that one event gives the order. */
export interface OrderPrice {
  readonly time: Millis
  readonly event_id: string
  readonly value_minor: number
  readonly currency: string
}

export interface OrderRefund {
  readonly time: Millis
  /** `hash53` of the event id: ids may be long, and there may be a hundred. */
  readonly id: number
  /** Null for all that is left. */
  readonly amount_minor: number | null
  readonly currency: string
}

/** The last verdict, and whom it was said to. */
export interface SaidVerdict {
  readonly key: string
  readonly event_id: string
  readonly number: number
  readonly status: OrderStatus
  readonly value_minor: number | null
  readonly currency: string
  readonly refunded_minor: number
  readonly coupon: string
  readonly promotion: string
}

/**
 * All that is kept of an order (schemas/avro/order-state.avsc). Of what was sent, minima and maxima, and refunds one by
 * one: neither the order nor the repetition of its events can be seen in it.
 */
export interface OrderState {
  /** Stream time of the last record that changed it. */
  readonly touched_at: Millis
  /** Whether a server spoke of it: then browsers say who bought and nothing else, and nothing else of theirs is kept. */
  readonly by_server: boolean
  /** Event time of the earliest purchase that a server sent, with a value or without. */
  readonly server_at: Millis | null
  /** `hash53` of key and id of its purchases, ascending, the lowest hundred: what comes again changes nothing. */
  readonly purchases: readonly number[]
  readonly buyer: Buyer | null
  /** Of the latest `order_updated` with a value. */
  readonly updated_price: OrderPrice | null
  /** Of the earliest purchase with a value that a server sent. */
  readonly server_price: OrderPrice | null
  /** Of the earliest purchase with a value. */
  readonly sent_price: OrderPrice | null
  /** Of purchases. */
  readonly sent_names: OrderNames
  /** Of updates: those of browsers are let go once a server speaks. */
  readonly updated_names: OrderNames
  /** Event time of the earliest cancellation. */
  readonly cancelled_at: Millis | null
  /** In order of time and id, the earliest hundred. */
  readonly refunds: readonly OrderRefund[]
  readonly said: SaidVerdict | null
}

/** How order states become bytes; `decode(encode(state))` equals `state`. */
export interface OrderCodec {
  readonly encode: (state: OrderState) => Uint8Array
  readonly decode: (bytes: Uint8Array) => OrderState
  /** `touched_at` of an encoded state. */
  readonly touchedAt: (bytes: Uint8Array) => Millis
}
