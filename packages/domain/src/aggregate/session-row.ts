import { endWith, eventsAmong, highestRank, type Companion } from '../conversion/companion.ts'
import type { Millis } from '../event/event.ts'
import { idTime } from '../event/hash.ts'
import type { Owner } from '../event/owner.ts'
import { cartStage } from '../session/cart.ts'
import type { Contribution, SessionRow } from '../session/row.ts'
import type { Mark } from '../session/session.ts'
import { direct } from '../session/source.ts'
import { sessionUser, type UserMarks } from '../session/user.ts'
import { NO_GOALS, type Counted } from './contribution.ts'

/** What a row contributed to roll-ups; null when it counted nowhere. */
type Emitted = Contribution | null

export interface SessionOwner extends Owner {
  readonly users: UserMarks
  /** Start of the visitor's first known session. */
  readonly first_started_at: Millis
}

/**
 * The row of a session as it is now.
 *
 * @param companions the server events in it
 * @param now what it contributes to roll-ups, if it counts (not a bot's)
 * @param last what its last row contributed, null when that counted nowhere
 */
// eslint-disable-next-line max-lines-per-function -- one literal: objects put together by spreading are read more slowly
export function rowOf(
  owner: SessionOwner,
  session: Counted,
  companions: readonly Companion[],
  now: Contribution,
  last: Emitted,
  version: number,
): SessionRow {
  const origin = session.origin ?? direct
  const prev = last ?? NOTHING
  return {
    session_id: session.id,
    version,
    is_deleted: 0,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: sessionUser(owner.users, endWith(session, companions)),
    id_time: idTime(session.id),
    started_at: session.started_at,
    ended_at: session.ended_at,
    events: session.events + eventsAmong(companions),
    page_views: session.page_views,
    entry_page: valueOf(session.entry),
    exit_page: valueOf(session.exit),
    referrer: origin.referrer,
    channel: origin.channel,
    source: origin.source,
    medium: origin.medium,
    campaign: origin.campaign,
    term: origin.term,
    content: origin.content,
    click_id_name: origin.click_id_name,
    click_id: origin.click_id,
    device: valueOf(session.device),
    country: valueOf(session.country),
    is_bot: session.is_bot ? 1 : 0,
    is_new: session.started_at > owner.first_started_at ? 0 : 1,
    cart_stage: cartStage(highestRank(session, companions)),
    state: session.closed ? 'closed' : 'open',
    end_reason: endReason(session),
    merged_into: null,
    moved_offsets: session.moved,
    micro: countOf(session, 'micro'),
    macro: countOf(session, 'macro'),
    goal_names: now.goal_names,
    goal_currencies: now.goal_currencies,
    goal_macro: now.goal_macro,
    goal_converted: now.goal_converted,
    goal_counts: now.goal_counts,
    goal_values: now.goal_values,
    definitions_number: session.definitions_number,
    counted: session.is_bot ? 0 : 1,
    prev_counted: last === null ? 0 : 1,
    prev_started_at: prev.started_at,
    prev_channel: prev.channel,
    prev_source: prev.source,
    prev_medium: prev.medium,
    prev_campaign: prev.campaign,
    prev_goal_names: prev.goal_names,
    prev_goal_currencies: prev.goal_currencies,
    prev_goal_macro: prev.goal_macro,
    prev_goal_converted: prev.goal_converted,
    prev_goal_counts: prev.goal_counts,
    prev_goal_values: prev.goal_values,
  }
}

/** A session that was merged away, as far as its last row has to be undone. */
export interface Retracted {
  readonly id: string
  readonly emitted: Emitted
}

/** The row that takes a merged session away: it deletes, subtracts, and says where the session's events went. */
export function retractionRow(
  owner: SessionOwner,
  retracted: Retracted,
  mergedInto: string,
  definitionsNumber: number,
  version: number,
): SessionRow {
  const time = idTime(retracted.id)
  const prev = retracted.emitted ?? NOTHING
  return {
    session_id: retracted.id,
    version,
    is_deleted: 1,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: '',
    id_time: time,
    started_at: time,
    ended_at: time,
    events: 0,
    page_views: 0,
    entry_page: '',
    exit_page: '',
    referrer: '',
    channel: '',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    click_id_name: '',
    click_id: '',
    device: '',
    country: '',
    is_bot: 0,
    is_new: 0,
    cart_stage: 'none',
    state: 'retracted',
    end_reason: '',
    merged_into: mergedInto,
    moved_offsets: [],
    micro: 0,
    macro: 0,
    ...NO_GOALS,
    definitions_number: definitionsNumber,
    counted: 0,
    prev_counted: retracted.emitted === null ? 0 : 1,
    prev_started_at: prev.started_at,
    prev_channel: prev.channel,
    prev_source: prev.source,
    prev_medium: prev.medium,
    prev_campaign: prev.campaign,
    prev_goal_names: prev.goal_names,
    prev_goal_currencies: prev.goal_currencies,
    prev_goal_macro: prev.goal_macro,
    prev_goal_converted: prev.goal_converted,
    prev_goal_counts: prev.goal_counts,
    prev_goal_values: prev.goal_values,
  }
}

/** Stands for a replaced row that counted nowhere. */
const NOTHING: Contribution = { started_at: 0, channel: '', source: '', medium: '', campaign: '', ...NO_GOALS }

function valueOf(mark: Mark | null): string {
  return mark === null ? '' : mark.value
}

function endReason(session: Counted): SessionRow['end_reason'] {
  if (!session.closed) return ''
  if (session.capped) return 'cap'
  return session.cut === '' ? 'gap' : session.cut
}

function countOf({ conversions }: Counted, kind: 'micro' | 'macro'): number {
  let count = 0
  for (const conversion of conversions) if (conversion.kind === kind) count++
  return count
}
