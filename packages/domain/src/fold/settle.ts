import { sessionRow } from '../aggregate/session-row.ts'
import { contributionOf } from '../aggregate/contribution.ts'
import { forgetClaims } from '../conversion/count.ts'
import type { Millis } from '../event/event.ts'
import { forgetSeen } from '../event/seen.ts'
import type { SessionRow } from '../session/row.ts'
import { NEVER, type TrackedSession, type VisitorState } from './visitor.ts'

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
 * out, closed) and what is no longer needed to recognise repeats. Returns the rows of forgotten sessions.
 */
export function settle(visitor: VisitorState, now: Now, graceMs: Millis): SessionRow[] {
  const rows: SessionRow[] = []
  for (const session of visitor.sessions) {
    const expired = now.streamTime >= session.forget_due
    if (!session.closed && (expired || now.closingClock >= session.close_due)) {
      session.closed = true
      session.dirty_due = now.streamTime
    }
    if (expired && session.dirty_due < NEVER) rows.push(emit(visitor, session, now))
  }
  if (now.streamTime >= visitor.expire_due) {
    visitor.sessions = visitor.sessions.filter((session) => now.streamTime < session.forget_due)
  }
  forgetSeen(visitor, now.streamTime, graceMs)
  forgetClaims(visitor, now.streamTime)
  return rows
}

/** The rows that are due, or with `all` every row that is pending. */
export function emitDue(visitor: VisitorState, now: Now, all: boolean): SessionRow[] {
  const rows: SessionRow[] = []
  for (const session of visitor.sessions) {
    if (session.dirty_due < NEVER && (all || now.streamTime >= session.dirty_due)) {
      rows.push(emit(visitor, session, now))
    }
  }
  return rows
}

function emit(visitor: VisitorState, session: TrackedSession, now: Now): SessionRow {
  const row = sessionRow(visitor, session, session.emitted, now.version)
  session.emitted = contributionOf(session)
  session.emitted_at = now.streamTime
  session.dirty_due = NEVER
  return row
}
