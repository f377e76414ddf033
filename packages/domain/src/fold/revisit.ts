import { newCompanion, type Companion } from '../conversion/companion.ts'
import {
  conversionRow,
  newConversion,
  withdrawnRow,
  type Conversion,
  type ConversionOrigin,
} from '../conversion/conversion.ts'
import { countGoals, type Holder } from '../conversion/count.ts'
import type { Goal } from '../conversion/goal.ts'
import type { Recounted } from '../conversion/match.ts'
import { recount } from '../conversion/recount.ts'
import type { ConversionReason, ConversionRow, WithdrawalReason } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { coveringSession } from '../session/place.ts'
import type { Arrival } from '../session/session.ts'
import { withItem, withItems } from '../state/list.ts'
import { placeAgain } from './companions.ts'
import { countCompounds, mergeMatches, noteMatches, reachesOthers } from './compounds.ts'
import { isSameOrigin, originOf, sessionlessOrigin } from './conversion-origin.ts'
import { join } from './join.ts'
import { markDirty } from './settle.ts'
import { companionSize, sessionSize } from './size.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'
import type { Visit } from './visit.ts'

const NONE: readonly never[] = []

/** A server event: it joins the session that covers it, if there is one, and stays at hand while that may change. */
export function visitByServer(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const { rules, definitionsNumber } = arrival
  const session = coveringSession(visitor.sessions, event.event_time, event.client_session_id, rules)
  const companion = newCompanion(event, session?.id ?? '', arrival)
  const before = standingOf(visitor)
  visitor.companions = withItem(visitor.companions, companion)
  const noted = noteMatches(visitor, companion, event, goals, arrival)
  const made = count(visitor, session ?? companion, event, goals, key, noted, arrival)
  companion.size = companionSize(companion, made)
  if (session !== undefined) session.definitions_number = definitionsNumber
  noteChanges(visitor, before, new Set(session === undefined ? [] : [session]), arrival)
  return {
    sessionId: session?.id ?? null,
    retractions: [],
    conversions: rowsSince(before, visitor, arrival, 'conversion'),
  }
}

/** An event by which others may go into other sessions: server events, and all where a campaign cuts. */
export function visitAgain(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const before = standingOf(visitor)
  const { session, changed: others, retractions } = join(visitor, event, arrival, poolGoals)
  const replacedBy = new Map(retractions.map(({ session_id, merged_into }) => [session_id, merged_into ?? '']))
  const changed = placeAgain(visitor, replacedBy, arrival.rules)
  const isAsBefore = changed.size + others.length + retractions.length === 0
  for (const other of others) changed.add(other)
  const isAnother = retractions.length > 0 || [...changed].some((other) => other !== session)
  const noted = noteMatches(visitor, session, event, goals, arrival)
  count(visitor, session, event, goals, key, isAsBefore ? noted : null, arrival)
  noteChanges(visitor, before, changed.add(session), arrival)
  return {
    sessionId: session.id,
    retractions,
    conversions: rowsSince(before, visitor, arrival, isAnother ? 'session' : 'conversion'),
  }
}

/** Both sessions' goals, to be counted again as those of one. */
function poolGoals(survivor: TrackedSession, loser: TrackedSession): readonly never[] {
  survivor.conversions = withItems(survivor.conversions, loser.conversions)
  survivor.standby = withItems(survivor.standby, loser.standby)
  mergeMatches(survivor, loser)
  return []
}

/**
 * Counts the event's goals, and again those that count once a session and compound ones; returns what it might make.
 *
 * @param compounds of those, the ones whose matches may be others than before: all where others than the event may be in
 *   other sessions, and then these are counted again, too
 */
function count(
  visitor: VisitorState,
  holder: Holder,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  compounds: Recounted,
  arrival: Arrival,
): readonly Conversion[] {
  const holders: readonly Holder[] = [...visitor.sessions, ...visitor.companions]
  const others = goals.filter((goal) => goal.count !== 'once_per_session')
  const { made } = countGoals(visitor, holders, holder, event, others, key, arrival)
  const once = goals.filter((goal) => goal.count === 'once_per_session' && goal.compound === null)
  const possible = once.map((goal) => newConversion(goal, event, key, arrival))
  holder.conversions = withItems(holder.conversions, possible)
  const companions = bySession(visitor)
  const own = compounds === null ? visitor.sessions : visitor.sessions.filter((session) => session === holder)
  for (const session of own) {
    recount(session, companions.get(session.id) ?? NONE, session.facts.length > 0, arrival.offset)
  }
  const reached = reachesOthers(event, goals) ? visitor.sessions : own
  countCompounds(visitor, reached, (session) => companions.get(session.id) ?? NONE, compounds, arrival)
  return withItems(made, possible)
}

function bySession({ companions }: VisitorState): Map<string, Companion[]> {
  const found = new Map<string, Companion[]>()
  for (const companion of companions) {
    const others = found.get(companion.session_id)
    if (others === undefined) found.set(companion.session_id, [companion])
    else others.push(companion)
  }
  return found
}

/** All that counts of a visitor at one time, by what holds it: sessions, and companions in none. */
export type Standing = ReadonlyMap<Holder, Held>

interface Held {
  readonly conversions: readonly Conversion[]
  readonly origin: ConversionOrigin
}

export function standingOf(visitor: VisitorState): Standing {
  const standing = new Map<Holder, Held>()
  for (const session of visitor.sessions) {
    standing.set(session, { conversions: session.conversions, origin: originOf(session) })
  }
  for (const companion of visitor.companions) {
    if (companion.session_id !== '') continue
    standing.set(companion, { conversions: companion.conversions, origin: sessionlessOrigin(companion) })
  }
  return standing
}

/** Whether there is nothing to say: most events make no conversion and change none. */
function isSameStanding(one: Standing, other: Standing): boolean {
  if (one.size !== other.size) return false
  for (const [holder, { conversions, origin }] of one) {
    const there = other.get(holder)
    if (there?.conversions !== conversions || !isSameOrigin(origin, there.origin)) return false
  }
  return true
}

/**
 * What has to be said of conversions: those that are gone, then those that are new, another or of another origin.
 *
 * @param cause why some are gone
 */
export function rowsSince(
  before: Standing,
  visitor: VisitorState,
  arrival: Arrival,
  cause: WithdrawalReason,
): readonly ConversionRow[] {
  const after = standingOf(visitor)
  if (isSameStanding(before, after)) return NONE
  const { offset: version, definitionsNumber: definitions_number } = arrival
  const [last, now] = [differing(before, after), differing(after, before)]
  const rows: ConversionRow[] = []
  for (const [id, { conversion }] of last) {
    if (!now.has(id)) rows.push(withdrawnRow(visitor, { ...conversion, definitions_number }, version, cause))
  }
  for (const [id, { conversion, origin }] of now) {
    const reason = reasonOf(last.get(id), conversion, origin)
    if (reason !== null) rows.push(conversionRow(visitor, conversion, origin, version, reason))
  }
  return rows
}

interface Stood {
  readonly conversion: Conversion
  readonly origin: ConversionOrigin
}

/**
 * Conversions by id, but for those that stand at the beginning of the same list in both, with the same origin: a visitor may
 * have hundreds, and most events add one.
 */
function differing(standing: Standing, other: Standing): ReadonlyMap<string, Stood> {
  const found = new Map<string, Stood>()
  for (const [holder, { conversions, origin }] of standing) {
    const there = other.get(holder)
    const from =
      there !== undefined && isSameOrigin(origin, there.origin) ? sharedBy(conversions, there.conversions) : 0
    for (const conversion of conversions.slice(from)) found.set(conversion.id, { conversion, origin })
  }
  return found
}

/** How many the lists have in common from their beginning on. */
function sharedBy(a: readonly Conversion[], b: readonly Conversion[]): number {
  const most = Math.min(a.length, b.length)
  if (a === b) return most
  let shared = 0
  while (shared < most && a[shared] === b[shared]) shared++
  return shared
}

/** Why a conversion has to be said; null where what was said of it stands. */
function reasonOf(last: Stood | undefined, conversion: Conversion, origin: ConversionOrigin): ConversionReason | null {
  if (last === undefined) return 'conversion'
  if (!isSameOrigin(last.origin, origin)) return 'session'
  // Nothing but a verdict makes another one of a conversion that keeps its id.
  return last.conversion === conversion ? null : 'order'
}

/** Marks the sessions whose rows no longer stand: those that are known to have changed, and those that count otherwise. */
export function noteChanges(
  visitor: VisitorState,
  before: Standing,
  changed: ReadonlySet<TrackedSession>,
  { streamTime }: Arrival,
): void {
  for (const session of visitor.sessions) {
    if (changed.has(session) || before.get(session)?.conversions !== session.conversions)
      noteChange(session, streamTime)
  }
}

/** Notes that a session's row no longer stands, and what it takes now. */
export function noteChange(session: TrackedSession, streamTime: Arrival['streamTime']): void {
  markDirty(session, streamTime)
  session.size = sessionSize(session)
}
