import { idTime } from '../event/hash.ts'
import type { Contribution, SessionRow } from '../session/row.ts'
import type { Mark } from '../session/session.ts'
import { direct } from '../session/source.ts'
import { goalCounts, type Counted } from './contribution.ts'

export interface RowOwner {
  readonly site: string
  readonly visitor_id: string
}

/**
 * The row of a session as it is now.
 *
 * @param prev what the last row of this session contributed, null when it counted nowhere
 */
export function sessionRow(owner: RowOwner, session: Counted, prev: Contribution | null, version: number): SessionRow {
  const origin = session.origin ?? direct
  const counts = goalCounts(session.conversions)
  return {
    session_id: session.id,
    version,
    is_deleted: 0,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: valueOf(session.user),
    id_time: idTime(session.id),
    started_at: session.started_at,
    ended_at: session.ended_at,
    events: session.events,
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
    device: valueOf(session.device),
    country: valueOf(session.country),
    is_bot: session.is_bot ? 1 : 0,
    state: session.closed ? 'closed' : 'open',
    end_reason: endReason(session),
    merged_into: null,
    micro: countOf(session, 'micro'),
    macro: countOf(session, 'macro'),
    ...counts,
    definitions_number: session.definitions_number,
    counted: session.is_bot ? 0 : 1,
    ...previous(prev),
  }
}

/** The row that takes a merged session away: it deletes, subtracts, and says where the session's events went. */
export function retractionRow(
  owner: RowOwner,
  retracted: { readonly id: string; readonly emitted: Contribution | null },
  mergedInto: Pick<Counted, 'id' | 'definitions_number'>,
  version: number,
): SessionRow {
  const time = idTime(retracted.id)
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
    device: '',
    country: '',
    is_bot: 0,
    state: 'retracted',
    end_reason: '',
    merged_into: mergedInto.id,
    micro: 0,
    macro: 0,
    ...goalCounts([]),
    definitions_number: mergedInto.definitions_number,
    counted: 0,
    ...previous(retracted.emitted),
  }
}

type Previous = Pick<SessionRow, Extract<keyof SessionRow, `prev_${string}`>>

/** Stands for a replaced row that counted nowhere. */
const NOTHING: Contribution = { started_at: 0, channel: '', source: '', medium: '', campaign: '', ...goalCounts([]) }

function previous(replaced: Contribution | null): Previous {
  const prev = replaced ?? NOTHING
  return {
    prev_counted: replaced === null ? 0 : 1,
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

function valueOf(mark: Mark | null): string {
  return mark === null ? '' : mark.value
}

function endReason(session: Counted): SessionRow['end_reason'] {
  if (!session.closed) return ''
  return session.capped ? 'cap' : 'gap'
}

function countOf({ conversions }: Counted, kind: 'micro' | 'macro'): number {
  let count = 0
  for (const conversion of conversions) if (conversion.kind === kind) count++
  return count
}
