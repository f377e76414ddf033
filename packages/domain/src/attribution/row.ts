import type { Millis } from '../event/event.ts'

/** Why a credit row was written: the first of these that holds; of one that is deleted, why its conversion is credited no more. */
export type CreditReason =
  /** The conversion is new; deleted, an earlier event counts in its place. */
  | 'conversion'
  /** Deleted only: sessions were merged or split, and what counts in them now is another. */
  | 'session'
  /** What its order comes to changed: it was updated, refunded or cancelled; deleted, it does not count here any more. */
  | 'order'
  /** What it is worth, its user or its session's bot label changed. */
  | 'restated'
  /** A touchpoint came late, was merged, began earlier or has another source. */
  | 'path'
  /** A micro conversion before it came late or was withdrawn. */
  | 'assists'

/**
 * A record of topic `credits` (schemas/avro/credit.avsc documents every field): one macro conversion with its path, what
 * each model gives to each touchpoint, and the micro conversions before it, as parallel arrays.
 */
export interface CreditRow {
  readonly conversion_id: string
  readonly version: number
  readonly is_deleted: 0 | 1
  readonly site: string
  readonly visitor_id: string
  readonly user_id: string
  readonly session_id: string | null
  readonly goal: string
  readonly event_time: Millis
  readonly value_minor: number | null
  readonly currency: string
  readonly is_bot: 0 | 1
  readonly reason: CreditReason
  readonly touch_session_ids: readonly string[]
  readonly touch_started_at: readonly Millis[]
  readonly touch_channels: readonly string[]
  readonly touch_sources: readonly string[]
  readonly touch_mediums: readonly string[]
  readonly touch_campaigns: readonly string[]
  readonly touches_omitted: number
  readonly models: readonly string[]
  readonly credits: readonly (readonly number[])[]
  readonly values_minor: readonly (readonly number[])[]
  readonly assist_conversion_ids: readonly string[]
  readonly assist_goals: readonly string[]
  readonly assist_times: readonly Millis[]
  readonly assists_omitted: number
  readonly definitions_number: number
}
