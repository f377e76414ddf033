import { byPlan, compareMatches, isWithinWindow, readPlan, type Match } from '../conversion/match.ts'
import { neededSince, uselessFrom, walkWindow, type PlacedMatch } from '../conversion/window.ts'
import type { Millis } from '../event/event.ts'
import { companionsOf, type CompanionsOf } from './companions.ts'
import { matchesSize } from './size.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** A visitor's state has to fit a record: bytes that matches of sessions that were let go may take. */
const MAX_PAST_SIZE = 64 * 1024

/**
 * The matches that complete goals within windows, by session; null where none of the visitor's sessions has a match of such
 * a goal. What a session keeps of them and can't matter any more is let go.
 *
 * @param isApart whether nothing that happened during a session is in another one
 */
export function completedWithin(
  visitor: VisitorState,
  servedBy: CompanionsOf,
  isApart: boolean,
): ReadonlyMap<TrackedSession, readonly Match[]> | null {
  const placed = placedIn(visitor, servedBy)
  if (placed === null) return null
  for (const match of visitor.past_matches) placed.set(match, { match, session: null, isOwn: false })
  const found = new Map<TrackedSession, Match[]>()
  const gone = new Set<Match>()
  for (const [text, matches] of byPlan([...placed.keys()].sort(compareMatches))) {
    const own = matches.map((match) => placed.get(match)).filter((one) => one !== undefined)
    const walked = walkWindow(readPlan(text), own, isApart)
    for (const [session, match] of walked.completing) found.set(session, [...(found.get(session) ?? []), match])
    for (const match of walked.gone) gone.add(match)
  }
  if (gone.size > 0) letGo(visitor, gone)
  return found
}

/** Null where there are none, without anything being made for it. */
function placedIn({ sessions }: VisitorState, servedBy: CompanionsOf): Map<Match, PlacedMatch<TrackedSession>> | null {
  let placed: Map<Match, PlacedMatch<TrackedSession>> | null = null
  for (const session of sessions) {
    for (const match of session.matches)
      if (isWithinWindow(match)) (placed ??= new Map()).set(match, { match, session, isOwn: true })
    for (const { matches } of servedBy(session))
      for (const match of matches)
        if (isWithinWindow(match)) (placed ??= new Map()).set(match, { match, session, isOwn: false })
  }
  return placed
}

/** Where its own events may leave a session, any of them may matter yet. */
function letGo({ sessions }: VisitorState, gone: ReadonlySet<Match>): void {
  for (const session of sessions) {
    if (session.facts.length === 0 && session.matches.some((match) => gone.has(match)))
      session.matches = session.matches.filter((match) => !gone.has(match))
  }
}

/**
 * Keeps of sessions that are let go what later events may need to complete goals within windows. They are no longer among
 * the visitor's sessions, their companions still are among its companions.
 */
export function keepMatches(visitor: VisitorState, gone: readonly TrackedSession[]): void {
  const kept: Match[] = []
  for (const session of gone) {
    for (const match of session.matches) if (isWithinWindow(match)) kept.push(match)
    for (const { matches } of companionsOf(visitor, session))
      for (const match of matches) if (isWithinWindow(match)) kept.push(match)
  }
  if (kept.length + visitor.past_matches.length === 0) return
  const all = [...visitor.past_matches, ...kept].sort(compareMatches)
  const needed = neededSince(all, heldSince(visitor, gone))
  let excess = matchesSize(needed) - MAX_PAST_SIZE
  visitor.past_matches =
    excess <= 0
      ? needed
      : needed.filter((match) => {
          if (excess <= 0) return true
          excess -= matchesSize([match])
          return false
        })
}

/** Forgets what neither an event of a session can need any more nor one that comes late. */
export function forgetMatches(visitor: VisitorState, streamTime: Millis, lateMs: Millis): void {
  if (visitor.past_matches.length === 0) return
  const since = Math.min(streamTime - lateMs, heldSince(visitor, []))
  const isKept = (match: Match): boolean => uselessFrom(match) > since
  if (!visitor.past_matches.every(isKept)) visitor.past_matches = visitor.past_matches.filter(isKept)
}

/** Time of the first event that is in a session, or may still get into one. */
function heldSince({ sessions, companions }: VisitorState, gone: readonly TrackedSession[]): Millis {
  let since = Infinity
  for (const { started_at } of sessions) since = Math.min(since, started_at)
  for (const { session_id, time } of companions)
    if (!gone.some(({ id }) => id === session_id)) since = Math.min(since, time)
  return since
}
