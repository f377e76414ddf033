import type { Millis } from '../event/event.ts'
import type { OrderStatus } from '../order/verdict.ts'

export type GoalKind = 'macro' | 'micro' | 'negative'
export type GoalClass = 'process' | 'secondary' | ''

/** Why a conversion row was written; one that is deleted counts no more for that reason. */
export type ConversionReason =
  /** It counts since the event of this version; deleted, an earlier one counts in its place. */
  | 'conversion'
  /**
   * Its session, or what that says of it, is another: a late event, a merge, a split, a bot. Deleted, the session counts its
   * goal by another event, or does not complete it any more.
   */
  | 'session'
  /**
   * What its order comes to changed: it was updated, refunded or cancelled. Deleted, the order is another visitor's, was
   * decided by another purchase, or is one its goal does not count.
   */
  | 'order'
  /** Its visitor turned out to be another user. */
  | 'user'

/** Why a row that is deleted was written: no conversion counts no more because of its user. */
export type WithdrawalReason = Exclude<ConversionReason, 'user'>

/** A record of topic `conversions` (schemas/avro/conversion.avsc documents every field). */
export interface ConversionRow {
  readonly conversion_id: string
  readonly version: number
  readonly is_deleted: 0 | 1
  readonly reason: ConversionReason
  readonly site: string
  readonly visitor_id: string
  readonly user_id: string
  readonly session_id: string | null
  readonly goal: string
  readonly kind: GoalKind
  readonly class: GoalClass
  readonly event_id: string
  readonly event_name: string
  readonly event_time: Millis
  /** Net of what was refunded. */
  readonly value_minor: number | null
  readonly currency: string
  readonly order_id: string
  /** What became of the order; empty for what is none. */
  readonly order_status: OrderStatus | ''
  /** Minor units that were netted off. */
  readonly refunded_minor: number
  /** The value is the order's own, and not one that the goal sets; false for what is no order. */
  readonly is_order_value: boolean
  readonly coupon: string
  readonly promotion: string
  readonly channel: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly is_bot: 0 | 1
  readonly definitions_number: number
}
