import type { Millis, StorefrontEvent } from '../event/event.ts'
import { withItem } from '../state/list.ts'
import type { DayOf } from './day.ts'
import type { SessionRules } from './rules.ts'
import type { Session } from './session.ts'

/** Where an event goes. No taker: it starts a session of its own. Several: it joins them into one. */
export interface Placement<S> {
  /** Nearest first. */
  readonly takers: readonly S[]
  /** Sessions that the event belongs to but whose cap it would exceed. */
  readonly refused: readonly S[]
}

/**
 * Finds the sessions of its visitor that an event joins: those within the gap of it (exactly the gap joins), nearest
 * first, as long as what they become together stays within the caps. With `client_session: trust` an event that
 * carries a client session id joins that session whatever the gap, and one without joins only sessions without. With
 * `cut_at_midnight` only sessions of its own local day are asked.
 *
 * @param isFull whether a session holds all it may, whatever the rules say
 */
export function place<S extends Session>(
  sessions: readonly S[],
  event: StorefrontEvent,
  rules: SessionRules,
  isFull: (session: S) => boolean,
): Placement<S> {
  if (sessions.length === 0) return NOWHERE
  const time = event.event_time
  const found = candidates(sessions, event, rules)
  if (found.length === 0) return NOWHERE
  let takers: readonly S[] = NONE
  let refused: readonly S[] = NONE
  let from = time
  let to = time
  let events = 1
  for (const session of nearestFirst(found, time)) {
    const start = Math.min(from, session.started_at)
    const end = Math.max(to, session.ended_at)
    const isTooLong = end - start > rules.maxDurationMs || events + session.events > rules.maxEvents
    if (isTooLong || isFull(session)) {
      refused = withItem(refused, session)
      continue
    }
    takers = withItem(takers, session)
    from = start
    to = end
    events += session.events
  }
  return { takers, refused }
}

const NONE: readonly never[] = []
const NOWHERE: Placement<never> = { takers: NONE, refused: NONE }

/** The one of several merged sessions that goes on: whose first event arrived first. */
export function survivorOf<S extends Session>(sessions: readonly S[]): S | undefined {
  let survivor = sessions[0]
  for (const session of sessions) {
    if (survivor !== undefined && session.first_offset < survivor.first_offset) survivor = session
  }
  return survivor
}

function candidates<S extends Session>(
  sessions: readonly S[],
  event: StorefrontEvent,
  rules: SessionRules,
): readonly S[] {
  let found: readonly S[] = NONE
  for (const session of sessions) {
    if (follows(session, event, rules) && (rules.dayOf === null || isOfDay(session, event.event_time, rules.dayOf))) {
      found = withItem(found, session)
    }
  }
  return found
}

/**
 * The session a server event joins: the one that covers its time, which is from its start to a gap after its end; of
 * several the one that started last. With `client_session: trust` an event with a client session id joins the session of
 * that id.
 */
export function coveringSession<S extends Session>(
  sessions: readonly S[],
  time: Millis,
  clientSessionId: string,
  rules: SessionRules,
): S | undefined {
  const isNamed = rules.clientSession === 'trust' && clientSessionId !== ''
  let found: S | undefined
  for (const session of sessions) {
    if ((isNamed && session.client_session_id !== clientSessionId) || !covers(session, time, isNamed, rules)) continue
    if (found === undefined || isNearer(session, found, time)) found = session
  }
  return found
}

/**
 * The session that holds an event of the visitor's own client, if it has come. Sessions of one client share a time where
 * campaigns cut them, and then they keep their events; or where one had refused an event by its cap, and then this is the
 * one that started last, which may be another.
 */
export function sessionHolding<S extends Session>(
  sessions: readonly S[],
  event: { readonly time: Millis; readonly event_id: string; readonly client_session_id: string },
  rules: SessionRules,
): S | undefined {
  const { time, event_id, client_session_id } = event
  let found: S | undefined
  for (const session of sessions) {
    const { facts } = session
    if (facts.some((fact) => fact.time === time && fact.event_id === event_id)) return session
    if (facts.length > 0 || session.client_session_id !== client_session_id) continue
    if (time < session.started_at || session.ended_at < time) continue
    if (rules.dayOf !== null && !isOfDay(session, time, rules.dayOf)) continue
    if (found === undefined || isNearer(session, found, time)) found = session
  }
  return found
}

type Span = Pick<Session, 'started_at' | 'ended_at'>

/**
 * Whether what a server says happened at `time` can be in a session, which may have been let go by now.
 *
 * @param isNamed whether it names the session: then it counts whenever that was, but for another day
 */
export function covers(session: Span, time: Millis, isNamed: boolean, { gapMs, dayOf }: SessionRules): boolean {
  if (dayOf !== null && !isOfDay(session, time, dayOf)) return false
  return isNamed || (session.started_at <= time && time <= session.ended_at + gapMs)
}

/** Whether `a` started after `b`, but not after `time` where only `b` did not. */
function isNearer(a: Session, b: Session, time: Millis): boolean {
  const [begun, otherBegun] = [a.started_at <= time, b.started_at <= time]
  if (begun !== otherBegun) return begun
  return begun ? startsBefore(b, a) : startsBefore(a, b)
}

/**
 * The sessions that an event stands in a row with, none of them parted by more than the gap from the next, nor by
 * midnight: among these a campaign may cut anew. It has no client session id that decides.
 */
export function chainOf<S extends Session>(sessions: readonly S[], event: StorefrontEvent, rules: SessionRules): S[] {
  const chain = [...candidates(sessions, event, rules)]
  if (chain.length === sessions.length) return chain
  const linked = new Set(chain)
  const rest = new Set(sessions.filter((session) => !linked.has(session)))
  for (const { started_at, ended_at, client_session_id } of chain) {
    for (const other of rest) {
      const isApart = Math.max(started_at - other.ended_at, other.started_at - ended_at) > rules.gapMs
      if (isApart || other.client_session_id !== client_session_id) continue
      if (rules.dayOf !== null && !isOfDay(other, event.event_time, rules.dayOf)) continue
      rest.delete(other)
      chain.push(other)
    }
  }
  return chain
}

/** The order of sessions: by start, then by end. */
function startsBefore(a: Session, b: Session): boolean {
  if (a.started_at !== b.started_at) return a.started_at < b.started_at
  if (a.ended_at !== b.ended_at) return a.ended_at < b.ended_at
  if (a.client_session_id !== b.client_session_id) return a.client_session_id < b.client_session_id
  return (a.facts[0]?.event_id ?? '') < (b.facts[0]?.event_id ?? '')
}

/** Whether all of a session is in the day of `time`: one that was begun under other rules may span two. */
function isOfDay({ started_at, ended_at }: Span, time: Millis, dayOf: DayOf): boolean {
  const day = dayOf(time)
  return dayOf(started_at) === day && dayOf(ended_at) === day
}

/**
 * Notes with whom midnight has parted an event that has joined `own`: the one that is over by then ended for it. Once
 * true that stays true, whatever comes later: sessions only grow towards each other.
 *
 * @returns the sessions that have ended so and were not known to
 */
export function partAtMidnight<S extends Session>(
  sessions: readonly S[],
  own: S,
  event: StorefrontEvent,
  rules: SessionRules,
): S[] {
  const { dayOf } = rules
  if (dayOf === null || sessions.length < 2) return []
  const parted: S[] = []
  for (const session of sessions) {
    if (session === own || !follows(session, event, rules) || isOfDay(session, event.event_time, dayOf)) continue
    const ended = session.ended_at < event.event_time ? session : own
    if (ended.cut !== '') continue
    ended.cut = 'midnight'
    parted.push(ended)
  }
  return parted
}

/** Whether the event belongs to the session by the gap, or by its client's word. */
function follows(session: Session, event: StorefrontEvent, rules: SessionRules): boolean {
  if (rules.clientSession === 'trust') {
    if (session.client_session_id !== event.client_session_id) return false
    if (event.client_session_id !== '') return true
  }
  return distance(session, event.event_time) <= rules.gapMs
}

function nearestFirst<S extends Session>(sessions: readonly S[], time: Millis): readonly S[] {
  if (sessions.length < 2) return sessions
  return [...sessions].sort(
    (a, b) => distance(a, time) - distance(b, time) || a.started_at - b.started_at || a.first_offset - b.first_offset,
  )
}

/** Milliseconds from `time` to the session, 0 inside it. */
function distance(session: Session, time: Millis): Millis {
  return Math.max(session.started_at - time, time - session.ended_at, 0)
}
