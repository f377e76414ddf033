import { historyDue, type History, type SaidCredit } from '../attribution/history.ts'
import type { Companion } from '../conversion/companion.ts'
import { claimDue, type Claim } from '../conversion/count.ts'
import type { Conversion } from '../conversion/conversion.ts'
import type { KnownGoal, Match } from '../conversion/match.ts'
import { uselessFrom } from '../conversion/window.ts'
import type { Millis, StorefrontEvent } from '../event/event.ts'
import type { Seen } from '../event/seen.ts'
import type { Contribution } from '../session/row.ts'
import { sessionIdOf, type Arrival, type Session } from '../session/session.ts'
import type { UserMarks } from '../session/user.ts'
import { ordersDue, type KeptOrder } from './kept-order.ts'

/** A due time that never comes. Below 2^53 - 2, the largest number the Avro codec takes for a long. */
export const NEVER: Millis = 2 ** 52

/** When a visitor next needs attention without an event of its own. */
export interface Dues {
  /** Stream time at which a session row is due; NEVER when none is pending. */
  emit_due: Millis
  /** Closing clock at which a session closes. */
  close_due: Millis
  /** Stream time at which something can be forgotten. */
  expire_due: Millis
}

/** A session with what was counted in it and what was said of it. */
export interface TrackedSession extends Session {
  /** What counts in it now, what its companions made among it. */
  conversions: readonly Conversion[]
  /** What its own events would make once a session but for an earlier event that may leave it. */
  standby: readonly Conversion[]
  /** What its own events match of compound goals, in order; those that can't matter any more are left out. */
  matches: readonly Match[]
  /** Input offsets of events that have joined it after they were labelled otherwise, since its last row. */
  moved: readonly number[]
  /** Stream time at which its next row is due; NEVER when its last row stands. */
  dirty_due: Millis
  /** Stream time of its last row, -1 before the first. */
  emitted_at: Millis
  /** What its last row contributed to roll-ups, null when it counted nowhere. */
  emitted: Contribution | null
  /** About how many bytes it takes in Avro. */
  size: number
}

/** How long a visitor is remembered, in stream time. */
export interface Retention {
  /** Event ids, so that repeats are recognised. */
  readonly graceMs: Millis
  /** How late an event may be: matches of goals within windows are kept as long beyond the window. */
  readonly lateMs: Millis
  /** Touchpoints and conversions of sessions that can't be corrected any more. */
  readonly historyMs: Millis
}

/**
 * All that is kept of a visitor (schemas/avro/visitor-state.avsc). The due times come first so that a codec can read
 * them without decoding the rest.
 */
export interface VisitorState extends Dues, Seen, History {
  readonly site: string
  readonly visitor_id: string
  /** Start of the first session it had since this is kept of it; NEVER before any. */
  first_started_at: Millis
  sessions: readonly TrackedSession[]
  /** Server events and verdicts that are in a session here, or may still get into one; in order of arrival. */
  companions: readonly Companion[]
  claims: readonly Claim[]
  /** Orders it placed, by when their last verdict came. */
  orders: readonly KeptOrder[]
  /** Credits of the macro conversions of retained sessions. */
  said: readonly SaidCredit[]
  users: UserMarks
  /** Those that matches name. */
  known_goals: readonly KnownGoal[]
  /** What events of sessions that were let go match of goals within windows, as far as later ones may need it; in order. */
  past_matches: readonly Match[]
}

/** How visitor states become bytes; `decode(encode(state))` equals `state`. */
export interface VisitorCodec {
  readonly encode: (state: VisitorState) => Uint8Array
  readonly decode: (bytes: Uint8Array) => VisitorState
  /** Reads the due times without decoding the rest. */
  readonly peekDues: (bytes: Uint8Array) => Readonly<Dues>
}

/** Most lists of most visitors are empty: they are this one, not an object each. */
const NONE: readonly never[] = []

export function newVisitor(site: string, visitorId: string): VisitorState {
  return {
    emit_due: NEVER,
    close_due: NEVER,
    expire_due: NEVER,
    site,
    visitor_id: visitorId,
    seen_id: [],
    seen_content: [],
    seen_at: [],
    first_started_at: NEVER,
    sessions: NONE,
    companions: NONE,
    claims: NONE,
    orders: NONE,
    touches: NONE,
    past: NONE,
    omitted_days: NONE,
    said: NONE,
    users: NONE,
    known_goals: NONE,
    past_matches: NONE,
  }
}

/**
 * A session without events: `addEvent` gives it its first. One literal: engines read objects that
 * were put together by spreading others tens of times more slowly.
 */
export function newTrackedSession(event: StorefrontEvent, arrival: Arrival): TrackedSession {
  return {
    id: sessionIdOf(event, arrival.offset),
    first_offset: arrival.offset,
    client_session_id: arrival.rules.clientSession === 'trust' ? event.client_session_id : '',
    started_at: event.event_time,
    ended_at: event.event_time,
    events: 0,
    page_views: 0,
    entry: null,
    exit: null,
    origin: null,
    user: null,
    device: null,
    country: null,
    is_bot: false,
    cart_rank: 0,
    capped: false,
    cut: '',
    closed: false,
    close_due: 0,
    forget_due: 0,
    absorbed: NONE,
    facts: NONE,
    definitions_number: arrival.definitionsNumber,
    conversions: NONE,
    standby: NONE,
    matches: NONE,
    moved: NONE,
    dirty_due: NEVER,
    emitted_at: -1,
    emitted: null,
    size: 0,
  }
}

/** Sets a visitor's due times from what it holds. */
export function scheduleVisitor(visitor: VisitorState, retention: Retention): void {
  let emit = NEVER
  let close = NEVER
  let expire = NEVER
  for (const session of visitor.sessions) {
    emit = Math.min(emit, session.dirty_due)
    expire = Math.min(expire, session.forget_due)
    if (!session.closed) close = Math.min(close, session.close_due)
  }
  for (const { session_id, forget_due } of visitor.companions)
    if (session_id === '') expire = Math.min(expire, forget_due)
  visitor.emit_due = emit
  visitor.close_due = close
  visitor.expire_due = expire < NEVER ? expire : idleDue(visitor, retention)
}

/** Whether nothing is left to remember of a visitor. */
export function isForgotten(visitor: VisitorState): boolean {
  const { sessions, companions, seen_at, claims, orders, touches, past, omitted_days, past_matches } = visitor
  const held = sessions.length + companions.length + seen_at.length + past_matches.length
  return held + claims.length + orders.length + touches.length + past.length + omitted_days.length === 0
}

/**
 * When a visitor without sessions loses what it still holds: its last event id, then the last of its history, the last of
 * its matches, its first claim or order. History and matches go at once, so that a visitor who does not come back is not
 * written again for each session it had.
 */
function idleDue(visitor: VisitorState, { graceMs, lateMs, historyMs }: Retention): Millis {
  const lastSeen = visitor.seen_at.at(-1)
  if (lastSeen !== undefined) return lastSeen + graceMs + 1
  const claims = visitor.claims.reduce((due, claim) => Math.min(due, claimDue(claim)), NEVER)
  const kept = Math.min(ordersDue(visitor.orders) ?? NEVER, historyDue(visitor, historyMs) ?? NEVER)
  const { past_matches, known_goals } = visitor
  if (past_matches.length === 0) return Math.min(claims, kept)
  return Math.min(
    claims,
    kept,
    past_matches.reduce((due, match) => Math.max(due, uselessFrom(match, known_goals)), 0) + lateMs,
  )
}
