import type { Claim } from '../conversion/count.ts'
import type { Conversion } from '../conversion/conversion.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/**
 * About how many bytes a state takes in Avro, without encoding it (numbers at their usual width, a byte a character).
 * Tells when a checkpoint is due, and bounds what one visitor can make the fold keep.
 */
export function visitorSize(visitor: VisitorState): number {
  return 50 + visitor.visitor_id.length + 20 * visitor.seen_id.length + retainedSize(visitor)
}

/** The part of it that one visitor can make grow without end: sessions and claims. */
export function retainedSize({ sessions, claims }: VisitorState): number {
  let size = 0
  for (const session of sessions) size += sessionSize(session)
  for (const claim of claims) size += claimSize(claim)
  return size
}

export function sessionSize(session: TrackedSession): number {
  let size = 150 + session.client_session_id.length + 37 * session.absorbed.length
  for (const mark of [session.entry, session.exit, session.user, session.device, session.country]) {
    if (mark !== null) size += 10 + mark.event_id.length + mark.value.length
  }
  for (const conversion of session.conversions) size += conversionSize(conversion)
  return size + originSize(session) + (session.emitted === null ? 0 : 100 + 12 * session.emitted.goal_names.length)
}

function originSize({ origin }: TrackedSession): number {
  if (origin === null) return 0
  const { event_id, source, medium, campaign, term, content, click_id_name, referrer } = origin
  const tags = source.length + medium.length + campaign.length
  // What was emitted repeats the tags.
  return 30 + event_id.length + 2 * tags + term.length + content.length + click_id_name.length + referrer.length
}

function conversionSize({ goal, event_id, event_name, user_id, order_id, coupon }: Conversion): number {
  return 80 + goal.length + event_id.length + event_name.length + user_id.length + order_id.length + coupon.length
}

export function claimSize({ goal, order_id, event_id }: Claim): number {
  return 60 + goal.length + order_id.length + event_id.length
}
