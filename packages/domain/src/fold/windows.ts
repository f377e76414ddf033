import { candidateOf } from '../conversion/completed.ts'
import type { Conversion } from '../conversion/conversion.ts'
import {
  compareMatches,
  isRecounted,
  isWithinWindow,
  joinedMatches,
  keepGoals,
  leastOf,
  partsOf,
  readPlan,
  without,
  type KnownGoal,
  type Match,
  type Recounted,
} from '../conversion/match.ts'
import { neededSince, uselessFrom, walkWindow, type PlacedMatch } from '../conversion/window.ts'
import type { Millis } from '../event/event.ts'
import { withItem } from '../state/list.ts'
import { companionsOf, type CompanionsOf } from './companions.ts'
import { forgetGoals } from './known-goals.ts'
import { matchesSize } from './size.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** A visitor's state has to fit a record: bytes that matches of sessions that were let go may take. */
const MAX_PAST_SIZE = 64 * 1024

/**
 * What counts of goals within windows, by session; null where nothing does. What a session keeps of their matches and can't
 * matter any more is let go.
 *
 * @param goals those whose matches may be others than before
 * @param isApart whether nothing that happened during a session is in another one
 */
export function completedWithin(
  visitor: VisitorState,
  servedBy: CompanionsOf,
  goals: Recounted,
  isApart: boolean,
): ReadonlyMap<TrackedSession, readonly Conversion[]> | null {
  let found: Map<TrackedSession, readonly Conversion[]> | null = null
  for (const goal of visitor.known_goals) {
    if (!isWithinWindow(goal) || !isRecounted(goals, goal)) continue
    const placed = placedIn(visitor, servedBy, goal)
    if (placed.length < leastOf(readPlan(goal.plan))) continue
    const { completing, gone } = walkWindow(goal, placed, isApart)
    found ??= new Map()
    for (const [session, match] of completing)
      found.set(session, withItem(found.get(session) ?? NONE, candidateOf(match, goal)))
    if (gone.length > 0) letGo(visitor, gone, goal)
  }
  return found
}

const NONE: readonly never[] = []

type Placed = PlacedMatch<TrackedSession>

/** All matches of a goal, in order. */
function placedIn({ sessions, past_matches }: VisitorState, servedBy: CompanionsOf, { id }: KnownGoal): Placed[] {
  const placed: Placed[] = []
  const add = (matches: readonly Match[], session: TrackedSession | null, isOwn: boolean) => {
    for (const match of matches) if (partsOf(match, id) !== 0) placed.push({ match, session, isOwn })
  }
  add(past_matches, null, false)
  for (const session of sessions) {
    add(session.matches, session, true)
    for (const { matches } of servedBy(session)) add(matches, session, false)
  }
  return placed.sort((a, b) => compareMatches(a.match, b.match))
}

/** Where its own events may leave a session, any of them may matter yet. */
function letGo({ sessions }: VisitorState, gone: readonly Match[], { id }: KnownGoal): void {
  for (const session of sessions) {
    if (session.facts.length === 0 && session.matches.some((match) => gone.includes(match)))
      session.matches = without(session.matches, gone, id)
  }
}

/**
 * Keeps of sessions that are let go what later events may need to complete goals within windows. They are no longer among
 * the visitor's sessions, their companions still are among its companions.
 */
export function keepMatches(visitor: VisitorState, gone: readonly TrackedSession[]): void {
  const goals = visitor.known_goals.filter(isWithinWindow)
  const isKept = (_: Match, goal: number): boolean => goals.some(({ id }) => id === goal)
  let all = visitor.past_matches
  for (const session of gone) {
    all = joinedMatches(all, keepGoals(session.matches, isKept))
    for (const { matches } of companionsOf(visitor, session)) all = joinedMatches(all, keepGoals(matches, isKept))
  }
  if (all.length === 0) return
  const needed = neededSince(all, goals, heldSince(visitor, gone))
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
  const isKept = (match: Match): boolean => uselessFrom(match, visitor.known_goals) > since
  if (visitor.past_matches.every(isKept)) return
  visitor.past_matches = visitor.past_matches.filter(isKept)
  forgetGoals(visitor)
}

/** Time of the first event that is in a session, or may still get into one. */
function heldSince({ sessions, companions }: VisitorState, gone: readonly TrackedSession[]): Millis {
  let since = Infinity
  for (const { started_at } of sessions) since = Math.min(since, started_at)
  for (const { session_id, time } of companions)
    if (!gone.some(({ id }) => id === session_id)) since = Math.min(since, time)
  return since
}
