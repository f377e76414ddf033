import { historySize } from '../attribution/history.ts'
import type { Companion } from '../conversion/companion.ts'
import type { Claim } from '../conversion/count.ts'
import type { Conversion } from '../conversion/conversion.ts'
import type { Match } from '../conversion/match.ts'
import type { Fact } from '../session/fact.ts'
import type { Mark } from '../session/session.ts'
import { ordersSize } from './kept-order.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** Bytes of Avro for a session, for the facts of one, and for all companions of a visitor: more would fill a state record. */
export const MAX_SESSION_SIZE = 128 * 1024

/**
 * About how many bytes a state takes in Avro, without encoding it: numbers at their usual width, a character as one byte,
 * though it may take three. Tells when a checkpoint is due, and bounds what one visitor can make the fold keep; counting
 * bytes would mean to read all text of a visitor with each of its events.
 */
export function visitorSize(visitor: VisitorState): number {
  const { visitor_id, seen_id, said, users, known_goals, past_matches } = visitor
  let size = 50 + visitor_id.length + 20 * seen_id.length + 60 * said.length
  for (const { event_id, value } of users) size += 10 + event_id.length + value.length
  for (const { goal, plan } of known_goals) size += 20 + goal.length + plan.length
  if (past_matches.length > 0) size += matchesSize(past_matches)
  return size + historySize(visitor) + ordersSize(visitor.orders) + retainedSize(visitor)
}

/** The part of it that one visitor can make grow without end: sessions, companions and claims. */
export function retainedSize({ sessions, companions, claims }: VisitorState): number {
  let size = 0
  for (const session of sessions) size += session.size
  for (const companion of companions) size += companion.size
  return size + sum(claims, claimSize)
}

/** Kept with a session whenever an event changes it, so that nobody has to walk all sessions for it. */
export function sessionSize(session: TrackedSession): number {
  let size = 150 + session.client_session_id.length + 37 * session.absorbed.length
  size += markSize(session.entry) + markSize(session.exit) + markSize(session.user)
  size += markSize(session.device) + markSize(session.country)
  // The last part is what was emitted, of which only the tags vary much.
  const counted = sum(session.conversions, conversionSize) + sum(session.standby, conversionSize)
  const facts = session.facts.length === 0 ? 0 : factsSize(session.facts)
  const matched = session.matches.length === 0 ? 0 : matchesSize(session.matches)
  return size + counted + matched + facts + 6 * session.moved.length + originSize(session) + 200
}

function markSize(mark: Mark | null): number {
  return mark === null ? 0 : 10 + mark.event_id.length + mark.value.length
}

export function factsSize(facts: readonly Fact[]): number {
  let size = 0
  for (const { event_id, path, user_id, device, country, campaign, origin } of facts) {
    size += 30 + event_id.length + path.length + user_id.length + device.length + country.length + campaign.length
    if (origin === null) continue
    const { channel, source, medium, term, content, click_id_name, click_id, referrer } = origin
    size += 10 + channel.length + source.length + medium.length + origin.campaign.length + term.length
    size += content.length + click_id_name.length + click_id.length + referrer.length
  }
  return size
}

/** Kept with a companion: what it makes, wherever that is now, is counted with it, too. */
export function companionSize(
  { event_id, client_session_id, user_id, order_id, matches }: Companion,
  makes: readonly Conversion[],
): number {
  const names = event_id.length + client_session_id.length + user_id.length + order_id.length
  return 70 + names + sum(makes, conversionSize) + matchesSize(matches)
}

export function matchesSize(matches: readonly Match[]): number {
  let size = 0
  for (const { event_id, event_name, user_id, order_id, coupon, promotion, goals, worths } of matches) {
    size += 25 + event_id.length + event_name.length + user_id.length + order_id.length
    size += coupon.length + promotion.length
    size += 3 * goals.length + 10 * worths.length
  }
  return size
}

function originSize({ origin }: TrackedSession): number {
  if (origin === null) return 0
  const { event_id, source, medium, campaign, term, content, click_id_name, click_id, referrer } = origin
  const tags = source.length + medium.length + campaign.length
  const rest = term.length + content.length + click_id_name.length + click_id.length + referrer.length
  // What was emitted repeats the tags.
  return 30 + event_id.length + 2 * tags + rest
}

function conversionSize(conversion: Conversion): number {
  const { goal, event_id, event_name, user_id, order_id, coupon, promotion, plan } = conversion
  const event = event_id.length + event_name.length + user_id.length
  // What was emitted repeats the goal.
  return 100 + 2 * goal.length + event + order_id.length + coupon.length + promotion.length + plan.length
}

export function claimSize({ goal, order_id, event_id }: Claim): number {
  return 60 + goal.length + order_id.length + event_id.length
}

function sum<T extends Claim | Conversion>(items: readonly T[], sizeOf: (item: T) => number): number {
  let size = 0
  for (const item of items) size += sizeOf(item)
  return size
}
