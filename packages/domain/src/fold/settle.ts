import { rowOf } from '../aggregate/session-row.ts'
import { contributionOf } from '../aggregate/contribution.ts'
import { forgetHistory } from '../attribution/history.ts'
import { forgetClaims } from '../conversion/count.ts'
import type { Millis } from '../event/event.ts'
import { forgetSeen } from '../event/seen.ts'
import { pruneUsers } from '../session/user.ts'
import { companionsOf, forgetCompanionsOf, forgetLonely } from './companions.ts'
import { keepOf } from './journey.ts'
import { forgetOrders } from './kept-order.ts'
import { forgetGoals } from './known-goals.ts'
import type { Output } from './output.ts'
import { NEVER, type Retention, type TrackedSession, type VisitorState } from './visitor.ts'
import { forgetMatches, keepMatches } from './windows.ts'

/** The clocks of a step and the offset that versions what it writes. */
export interface Now {
  readonly version: number
  readonly streamTime: Millis
  readonly closingClock: Millis
}

/** A first row waits this long for more of the burst that a page load is. */
const FIRST_ROW_AFTER_MS = 1_000
/** Rows of one session keep this distance, except at its close. */
const NEXT_ROW_AFTER_MS = 5_000

/** Notes that a session's last row no longer stands. */
export function markDirty(session: TrackedSession, streamTime: Millis): void {
  if (session.dirty_due < NEVER) return
  const soon = streamTime + FIRST_ROW_AFTER_MS
  session.dirty_due = session.emitted_at < 0 ? soon : Math.max(soon, session.emitted_at + NEXT_ROW_AFTER_MS)
}

/**
 * Brings a visitor up to the clocks: closes what is due, forgets what can no longer be corrected (its last row goes
 * out, closed) and what is no longer needed to recognise repeats.
 *
 * @returns since when its event ids are remembered
 */
export function settle(
  visitor: VisitorState,
  key: string,
  now: Now,
  { graceMs, lateMs, historyMs }: Retention,
  outputs: Output[],
): Millis {
  if (now.streamTime >= visitor.expire_due) {
    const expired = visitor.sessions.filter((session) => now.streamTime >= session.forget_due)
    if (expired.length > 0) forgetSessions(visitor, expired, key, now, outputs)
    if (visitor.companions.length > 0) forgetLonely(visitor, now.streamTime)
  }
  if (now.closingClock >= visitor.close_due) {
    for (const session of visitor.sessions) {
      if (!session.closed && now.closingClock >= session.close_due) close(session, now)
    }
  }
  const from = seenFrom(visitor, now.streamTime - graceMs)
  forgetSeen(visitor, from)
  if (visitor.users.length > 1) visitor.users = pruneUsers(visitor.users, from)
  if (visitor.claims.length > 0) forgetClaims(visitor, now.streamTime)
  if (visitor.orders.length > 0) forgetOrders(visitor, now.streamTime)
  if (visitor.touches.length + visitor.past.length + visitor.omitted_days.length > 0)
    forgetHistory(visitor, now.streamTime, historyMs)
  forgetMatches(visitor, now.streamTime, lateMs)
  return from
}

/** What ingest's clock, which sets the latest event times, may be ahead of the broker's, which says when they came. */
const CLOCKS_DIFFER_MS = 60_000

/**
 * Since when event ids are remembered: for grace, and as long as a session is kept, those of all its events and companions. Else an
 * event that comes again late in the life of its session would count twice in it. Nothing arrives before it happened,
 * so no id of a session is older than its start.
 */
function seenFrom({ sessions, companions }: VisitorState, graceStart: Millis): Millis {
  let from = graceStart
  for (const { started_at } of sessions) from = Math.min(from, started_at - CLOCKS_DIFFER_MS)
  for (const { time } of companions) from = Math.min(from, time - CLOCKS_DIFFER_MS)
  return from
}

/** Lets sessions go for good; their last rows, closed, go out if they have not. They stay in the visitor's history. */
export function forgetSessions(
  visitor: VisitorState,
  gone: readonly TrackedSession[],
  key: string,
  now: Now,
  outputs: Output[],
): void {
  for (const session of gone) {
    if (!session.closed) close(session, now)
    if (session.dirty_due < NEVER) emit(visitor, session, key, now, outputs)
    keepOf(visitor, session, now.streamTime)
  }
  visitor.sessions = visitor.sessions.filter((session) => !gone.includes(session))
  keepMatches(visitor, gone)
  if (visitor.companions.length > 0) forgetCompanionsOf(visitor, gone)
  forgetGoals(visitor)
}

const NONE: readonly never[] = []

function close(session: TrackedSession, now: Now): void {
  session.closed = true
  session.dirty_due = now.streamTime
}

/** Emits the rows that are due, or with `all` every row that is pending. */
export function emitDue(visitor: VisitorState, key: string, now: Now, all: boolean, outputs: Output[]): void {
  for (const session of visitor.sessions) {
    if (session.dirty_due < NEVER && (all || now.streamTime >= session.dirty_due)) {
      emit(visitor, session, key, now, outputs)
    }
  }
}

function emit(visitor: VisitorState, session: TrackedSession, key: string, now: Now, outputs: Output[]): void {
  const contribution = contributionOf(session, session.emitted)
  const companions = companionsOf(visitor, session)
  const row = rowOf(visitor, session, companions, contribution, session.emitted, now.version)
  session.emitted = row.counted === 1 ? contribution : null
  session.moved = NONE
  session.emitted_at = now.streamTime
  session.dirty_due = NEVER
  outputs.push({ kind: 'session', key, row })
}
