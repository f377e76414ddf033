import { retractionRow } from '../aggregate/session-row.ts'
import { conversionRow, withdrawnRow, type Conversion, type Credit, type Withdrawn } from '../conversion/conversion.ts'
import { countGoals, mergeConversions, type Tally } from '../conversion/count.ts'
import type { Goal } from '../conversion/goal.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { partAtMidnight, place, survivorOf } from '../session/place.ts'
import type { SessionRow } from '../session/row.ts'
import { absorb, addEvent, type Arrival } from '../session/session.ts'
import { direct, type Origin } from '../session/source.ts'
import { markDirty } from './settle.ts'
import { sessionSize } from './size.ts'
import { newTrackedSession, type TrackedSession, type VisitorState } from './visitor.ts'

/** What an event does to its visitor, beyond the rows that become due later. */
export interface Visit {
  readonly sessionId: string | null
  readonly conversions: readonly ConversionRow[]
  readonly retractions: readonly SessionRow[]
}

/** Applies a new event to its visitor: the session it joins, starts or merges, then the conversions it makes. */
export function visit(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const isSessionless = event.is_server || event.visitor_id === ''
  const joined = isSessionless ? null : join(visitor, event, arrival)
  const session = joined?.session ?? null
  const tally = countGoals(visitor, visitor.sessions, session, event, goals, key, arrival)
  if (session !== null) noteChange(session, arrival)
  for (const corrected of tally.corrected) noteChange(corrected, arrival)
  return {
    sessionId: session?.id ?? null,
    retractions: joined?.retractions ?? NOTHING,
    conversions: conversionRows(event, key, joined, tally, arrival.offset),
  }
}

function noteChange(session: TrackedSession, { streamTime }: Arrival): void {
  markDirty(session, streamTime)
  session.size = sessionSize(session)
}

function conversionRows(
  event: StorefrontEvent,
  key: string,
  joined: Joined | null,
  tally: Tally<TrackedSession>,
  version: number,
): readonly ConversionRow[] {
  const { session, restated, withdrawn } = joined ?? NOT_JOINED
  if (restated.length + withdrawn.length + tally.made.length + tally.withdrawn.length === 0) return NOTHING
  const owner = { key, site: event.site, visitor_id: event.visitor_id }
  const credit = session === null ? sessionlessCredit(event) : creditOf(session)
  const rows: ConversionRow[] = []
  const gone = new Set<string>()
  for (const conversions of [withdrawn, tally.withdrawn]) {
    for (const conversion of conversions) {
      gone.add(conversion.id)
      rows.push(withdrawnRow(owner, conversion, version))
    }
  }
  for (const conversions of [restated, tally.made]) {
    for (const conversion of conversions)
      if (!gone.has(conversion.id)) rows.push(conversionRow(owner, conversion, credit, version))
  }
  return rows
}

interface Joined {
  readonly session: TrackedSession
  /** Conversions whose rows now say something else: another session, or its source changed. */
  readonly restated: readonly Conversion[]
  readonly withdrawn: readonly Withdrawn[]
  readonly retractions: readonly SessionRow[]
}

const NOTHING: readonly never[] = []
/** Server events and events without a visitor belong to no session; their conversions count all the same. */
const NOT_JOINED = { session: null, restated: NOTHING, withdrawn: NOTHING }

function join(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival): Joined {
  const joined = joinByRules(visitor, event, arrival)
  for (const parted of partAtMidnight(visitor.sessions, joined.session, event, arrival.rules))
    restateEnd(parted, arrival)
  return joined
}

function joinByRules(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival): Joined {
  const { takers, refused } = place(visitor.sessions, event, arrival.rules, isFull)
  for (const session of refused) refuse(session, arrival)
  const session = survivorOf(takers)
  if (session === undefined) {
    const started = newTrackedSession(event, arrival)
    addEvent(started, event, arrival)
    visitor.sessions = [...visitor.sessions, started]
    return { session: started, restated: NOTHING, withdrawn: NOTHING, retractions: NOTHING }
  }
  const before = { origin: session.origin ?? direct, is_bot: session.is_bot }
  const merged = takers.length > 1 ? merge(visitor, session, takers, arrival) : NOT_MERGED
  addEvent(session, event, arrival)
  const isSame = session.is_bot === before.is_bot && isSameSource(session.origin ?? direct, before.origin)
  const { moved, withdrawn, retractions } = merged
  return { session, restated: isSame ? moved : session.conversions, withdrawn, retractions }
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
): Merged {
  const own = new Set(survivor.conversions)
  const losers = takers.filter((taker) => taker !== survivor)
  const withdrawn: Withdrawn[] = []
  const retractions: SessionRow[] = []
  for (const loser of losers) {
    withdrawn.push(...mergeConversions(survivor, loser))
    absorb(survivor, loser)
    // The loser, and those it took in before: their events are with the survivor now.
    for (const retracted of [loser, ...loser.absorbed.map((id) => ({ id, emitted: null }))]) {
      retractions.push(retractionRow(visitor, retracted, survivor.id, definitionsNumber, offset))
    }
  }
  visitor.sessions = visitor.sessions.filter((session) => !losers.includes(session))
  const moved = survivor.conversions.filter((conversion) => !own.has(conversion))
  return { moved, withdrawn, retractions }
}

/** A session that would fill a state record by itself takes no more: its visitor's next event starts another. */
const MAX_SESSION_SIZE = 128 * 1024

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

function creditOf(session: TrackedSession): Credit {
  const { channel, source, medium, campaign } = session.origin ?? direct
  return { session_id: session.id, channel, source, medium, campaign, is_bot: session.is_bot }
}

function sessionlessCredit(event: StorefrontEvent): Credit {
  return { session_id: null, channel: '', source: '', medium: '', campaign: '', is_bot: event.is_bot }
}

function isSameSource(a: Origin, b: Origin): boolean {
  if (a === b) return true
  return a.source === b.source && a.medium === b.medium && a.campaign === b.campaign && a.channel === b.channel
}
