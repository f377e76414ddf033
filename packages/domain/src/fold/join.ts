import { retractionRow } from '../aggregate/session-row.ts'
import type { Conversion, Withdrawn } from '../conversion/conversion.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { partAtMidnight, place, survivorOf } from '../session/place.ts'
import type { SessionRow } from '../session/row.ts'
import { absorb, addEvent, type Arrival } from '../session/session.ts'
import { direct, isSameSource } from '../session/source.ts'
import { withItem } from '../state/list.ts'
import { regroup } from './regroup.ts'
import { markDirty } from './settle.ts'
import { MAX_SESSION_SIZE } from './size.ts'
import { newTrackedSession, type TrackedSession, type VisitorState } from './visitor.ts'

/** What became of a visitor's sessions when an event joined one, or started it. */
export interface Joined {
  readonly session: TrackedSession
  /** Conversions whose rows now say something else: another session, or its source changed. */
  readonly restated: readonly Conversion[]
  readonly withdrawn: readonly Withdrawn[]
  readonly retractions: readonly SessionRow[]
  /** Others that have other events than before. */
  readonly changed: readonly TrackedSession[]
}

/** Gives the survivor of a merge what was counted in the other; returns what no longer counts. */
export type JoinGoals = (survivor: TrackedSession, loser: TrackedSession) => readonly Withdrawn[]

const NOTHING: readonly never[] = []

/** Puts an event into the session it belongs to, which it may start, or make out of several. */
export function join(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival, joinGoals: JoinGoals): Joined {
  const { cutOnCampaign } = arrival.rules
  const joined = cutOnCampaign
    ? joinByCampaign(visitor, event, arrival, joinGoals)
    : joinByGap(visitor, visitor.sessions, event, arrival, joinGoals)
  if (joined.session.started_at < visitor.first_started_at) noteFirst(visitor, joined.session, arrival)
  for (const parted of partAtMidnight(visitor.sessions, joined.session, event, arrival.rules))
    restateEnd(parted, arrival)
  return joined
}

/** The session starts before all that were known: those that were the first until now no longer are. */
function noteFirst(visitor: VisitorState, session: TrackedSession, { streamTime }: Arrival): void {
  for (const other of visitor.sessions) {
    if (other !== session && other.started_at === visitor.first_started_at) markDirty(other, streamTime)
  }
  visitor.first_started_at = session.started_at
}

/** @param sessions those of the visitor's that it may join */
function joinByGap(
  visitor: VisitorState,
  sessions: readonly TrackedSession[],
  event: StorefrontEvent,
  arrival: Arrival,
  joinGoals: JoinGoals,
): Joined {
  const { takers, refused } = place(sessions, event, arrival.rules, isFull)
  for (const session of refused) refuse(session, arrival)
  const session = survivorOf(takers)
  if (session === undefined) {
    const started = newTrackedSession(event, arrival)
    addEvent(started, event, arrival)
    visitor.sessions = withItem(visitor.sessions, started)
    return { session: started, restated: NOTHING, withdrawn: NOTHING, retractions: NOTHING, changed: NOTHING }
  }
  // What it keeps for campaigns to cut it would not be all of it from here on.
  if (session.facts.length > 0) session.facts = NOTHING
  const before = { origin: session.origin ?? direct, is_bot: session.is_bot }
  const merged = takers.length > 1 ? merge(visitor, session, takers, arrival, joinGoals) : NOT_MERGED
  addEvent(session, event, arrival)
  const isSame = session.is_bot === before.is_bot && isSameSource(session.origin ?? direct, before.origin)
  const { moved, withdrawn, retractions } = merged
  return { session, restated: isSame ? moved : session.conversions, withdrawn, retractions, changed: NOTHING }
}

/**
 * What was begun before campaigns cut goes on as it was, and what its client has named is as the client says; all else is
 * cut anew.
 */
function joinByCampaign(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival, joinGoals: JoinGoals): Joined {
  const isNamed = arrival.rules.clientSession === 'trust' && event.client_session_id !== ''
  if (isNamed) return joinByGap(visitor, visitor.sessions, event, arrival, joinGoals)
  const uncut = visitor.sessions.filter(({ facts }) => facts.length === 0)
  if (uncut.length > 0 && place(uncut, event, arrival.rules, isFull).takers.length > 0) {
    return joinByGap(visitor, uncut, event, arrival, joinGoals)
  }
  const { session, changed, retractions, refused, ended } = regroup(visitor, event, arrival, isFull)
  for (const full of refused) refuse(full, arrival)
  for (const other of ended) restateEnd(other, arrival)
  return { session, restated: NOTHING, withdrawn: NOTHING, retractions, changed }
}

interface Merged {
  /** Conversions that came from the other sessions. */
  readonly moved: readonly Conversion[]
  readonly withdrawn: readonly Withdrawn[]
  readonly retractions: readonly SessionRow[]
}

const NOT_MERGED: Merged = { moved: NOTHING, withdrawn: NOTHING, retractions: NOTHING }

function merge(
  visitor: VisitorState,
  survivor: TrackedSession,
  takers: readonly TrackedSession[],
  { offset, definitionsNumber }: Arrival,
  joinGoals: JoinGoals,
): Merged {
  const own = new Set(survivor.conversions)
  const losers = takers.filter((taker) => taker !== survivor)
  const withdrawn: Withdrawn[] = []
  const retractions: SessionRow[] = []
  for (const loser of losers) {
    withdrawn.push(...joinGoals(survivor, loser))
    absorb(survivor, loser)
    if (loser.moved.length > 0) survivor.moved = [...survivor.moved, ...loser.moved]
    // The loser, and those it took in before: their events are with the survivor now.
    for (const retracted of [loser, ...loser.absorbed.map((id) => ({ id, emitted: null }))]) {
      retractions.push(retractionRow(visitor, retracted, survivor.id, definitionsNumber, offset))
    }
  }
  visitor.sessions = visitor.sessions.filter((session) => !losers.includes(session))
  const moved = survivor.conversions.filter((conversion) => !own.has(conversion))
  return { moved, withdrawn, retractions }
}

/** A full session takes no more: its visitor's next event starts another. */
function isFull(session: TrackedSession): boolean {
  return session.size > MAX_SESSION_SIZE
}

function refuse(session: TrackedSession, arrival: Arrival): void {
  if (session.capped) return
  session.capped = true
  restateEnd(session, arrival)
}

/** The reason of its end is said of a closed session only. */
function restateEnd(session: TrackedSession, arrival: Arrival): void {
  if (session.closed) markDirty(session, arrival.streamTime)
}
