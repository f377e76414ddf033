import type { TrackedSession, VisitorState } from './visitor.ts'

/** A visitor as it was before a batch. */
export interface Snapshot {
  readonly state: VisitorState
  /** The event ids it remembered: a batch appends to the arrays that the snapshot shares. */
  readonly seen: number
}

/** Copies what a batch may change in place; all else (marks, conversions, claims) is replaced, never changed. */
export function snapshotOf(state: VisitorState): Snapshot {
  const copy: VisitorState = {
    emit_due: state.emit_due,
    close_due: state.close_due,
    expire_due: state.expire_due,
    site: state.site,
    visitor_id: state.visitor_id,
    seen_id: state.seen_id,
    seen_content: state.seen_content,
    seen_at: state.seen_at,
    sessions: state.sessions.map(copySession),
    claims: state.claims,
  }
  return { state: copy, seen: state.seen_id.length }
}

/** The visitor as it was, without the event ids that the batch appended. */
export function restored({ state, seen }: Snapshot): VisitorState {
  state.seen_id.length = seen
  state.seen_content.length = seen
  state.seen_at.length = seen
  return state
}

/** Field by field: a spread copy of this many fields takes several times as long. */
function copySession(s: TrackedSession): TrackedSession {
  return {
    id: s.id,
    first_offset: s.first_offset,
    client_session_id: s.client_session_id,
    started_at: s.started_at,
    ended_at: s.ended_at,
    events: s.events,
    page_views: s.page_views,
    entry: s.entry,
    exit: s.exit,
    origin: s.origin,
    user: s.user,
    device: s.device,
    country: s.country,
    is_bot: s.is_bot,
    capped: s.capped,
    closed: s.closed,
    close_due: s.close_due,
    forget_due: s.forget_due,
    absorbed: s.absorbed,
    definitions_number: s.definitions_number,
    conversions: s.conversions,
    dirty_due: s.dirty_due,
    emitted_at: s.emitted_at,
    emitted: s.emitted,
    size: s.size,
  }
}
