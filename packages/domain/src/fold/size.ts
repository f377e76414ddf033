import type { Claim } from '../conversion/count.ts'
import type { Conversion } from '../conversion/conversion.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/**
 * About how many bytes a state takes in Avro, without encoding it (numbers at their usual width).
 * Tells when a checkpoint is due, and bounds what one visitor can make the fold keep.
 */
export function visitorSize(visitor: VisitorState): number {
  return 50 + utf8Length(visitor.visitor_id) + 20 * visitor.seen_id.length + retainedSize(visitor)
}

/** The part of it that one visitor can make grow without end: sessions and claims. */
export function retainedSize({ sessions, claims }: VisitorState): number {
  let size = 0
  for (const session of sessions) size += session.size
  return size + sum(claims, claimSize)
}

/** Kept with a session whenever an event changes it, so that nobody has to walk all sessions for it. */
export function sessionSize(session: TrackedSession): number {
  let size = 150 + utf8Length(session.client_session_id) + 37 * session.absorbed.length
  for (const mark of [session.entry, session.exit, session.user, session.device, session.country]) {
    if (mark !== null) size += 10 + utf8Length(mark.event_id) + utf8Length(mark.value)
  }
  // The last part is what was emitted, of which only the tags vary much.
  return size + sum(session.conversions, conversionSize) + originSize(session) + 200
}

function originSize({ origin }: TrackedSession): number {
  if (origin === null) return 0
  const { event_id, source, medium, campaign, term, content, click_id_name, referrer } = origin
  const tags = utf8Length(source) + utf8Length(medium) + utf8Length(campaign)
  const rest = utf8Length(term) + utf8Length(content) + utf8Length(click_id_name) + utf8Length(referrer)
  // What was emitted repeats the tags.
  return 30 + utf8Length(event_id) + 2 * tags + rest
}

function conversionSize({ goal, event_id, event_name, user_id, order_id, coupon }: Conversion): number {
  const event = utf8Length(event_id) + utf8Length(event_name) + utf8Length(user_id)
  // What was emitted repeats the goal.
  return 80 + 2 * utf8Length(goal) + event + utf8Length(order_id) + utf8Length(coupon)
}

export function claimSize({ goal, order_id, event_id }: Claim): number {
  return 60 + utf8Length(goal) + utf8Length(order_id) + utf8Length(event_id)
}

/** Lists from this length on are an overgrown visitor's, whose every event would have all their text counted again. */
const LONG_LIST = 32
const known = new WeakMap<Claim | Conversion, number>()

function sum<T extends Claim | Conversion>(items: readonly T[], sizeOf: (item: T) => number): number {
  let size = 0
  if (items.length < LONG_LIST) {
    for (const item of items) size += sizeOf(item)
    return size
  }
  for (const item of items) {
    let itemSize = known.get(item)
    if (itemSize === undefined) {
      itemSize = sizeOf(item)
      known.set(item, itemSize)
    }
    size += itemSize
  }
  return size
}

/** Bytes of text in UTF-8. Its characters, as the language counts them, may be a third of that. */
function utf8Length(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    // Half of a surrogate pair stands for two bytes of four.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return length
}
