import type { Millis } from '../event/event.ts'
import type { CartStage } from './cart.ts'

/** Goals counted in a session as parallel arrays, one entry a goal and currency (schemas/avro/session.avsc). */
export interface GoalCounts {
  readonly goal_names: readonly string[]
  readonly goal_currencies: readonly string[]
  readonly goal_macro: readonly number[]
  readonly goal_converted: readonly number[]
  readonly goal_counts: readonly number[]
  readonly goal_values: readonly number[]
}

/** What a session adds to roll-ups; the row that replaces it carries this again to subtract it. */
export interface Contribution extends GoalCounts {
  readonly started_at: Millis
  readonly channel: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
}

export type SessionState = 'open' | 'closed' | 'retracted'

/** A record of topic `sessions` (schemas/avro/session.avsc documents every field). */
export interface SessionRow extends GoalCounts {
  readonly session_id: string
  readonly version: number
  readonly is_deleted: 0 | 1
  readonly site: string
  readonly visitor_id: string
  readonly user_id: string
  readonly id_time: Millis
  readonly started_at: Millis
  readonly ended_at: Millis
  readonly events: number
  readonly page_views: number
  readonly entry_page: string
  readonly exit_page: string
  readonly referrer: string
  readonly channel: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly term: string
  readonly content: string
  readonly click_id_name: string
  readonly click_id: string
  readonly device: string
  readonly country: string
  readonly is_bot: 0 | 1
  readonly is_new: 0 | 1
  readonly cart_stage: CartStage
  readonly state: SessionState
  readonly end_reason: '' | 'gap' | 'cap' | 'midnight' | 'campaign'
  readonly merged_into: string | null
  readonly moved_offsets: readonly number[]
  readonly micro: number
  readonly macro: number
  readonly definitions_number: number
  readonly counted: 0 | 1
  readonly prev_counted: 0 | 1
  readonly prev_started_at: Millis
  readonly prev_channel: string
  readonly prev_source: string
  readonly prev_medium: string
  readonly prev_campaign: string
  readonly prev_goal_names: readonly string[]
  readonly prev_goal_currencies: readonly string[]
  readonly prev_goal_macro: readonly number[]
  readonly prev_goal_converted: readonly number[]
  readonly prev_goal_counts: readonly number[]
  readonly prev_goal_values: readonly number[]
}
