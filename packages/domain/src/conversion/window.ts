import type { Millis } from '../event/event.ts'
import { compareMatches, isOfOrder, keepGoals, partsOf, readPlan, type KnownGoal, type Match } from './match.ts'
import { progressOf } from './progress.ts'

/** A match of a goal within a window, and where it is. */
export interface PlacedMatch<S> {
  readonly match: Match
  /** Null for one whose session was let go. */
  readonly session: S | null
  /** By the session's own client: server events may leave it. */
  readonly isOwn: boolean
}

/** What the matches of one goal come to. */
export interface Walked<S> {
  /** Of each session the earliest that completes the goal. */
  readonly completing: ReadonlyMap<S, Match>
  /** Of each session that has more than may matter: those that can't. */
  readonly gone: readonly Match[]
}

/** So many matches of a goal that nothing needs yet are kept with a session, and with a visitor of all that were let go. */
const MAX_IDLE_WITHIN_WINDOW = 100

/**
 * Goes through the matches of a goal within a window. A match completes it in its session when it is the last of matches
 * that make all parts complete, in whatever sessions those are; so matches are not used up by counting.
 *
 * What completes the goal in a session stays, whatever comes. Of a set, matches after that only matter to later sessions,
 * which need the latest of each part. All others may matter to an event that comes late, of a sequence those after it, too,
 * whose middle may be missing yet, and where one is of an order, which may turn out to count elsewhere: the latest hundred stay.
 *
 * @param placed all matches of the goal that are in sessions or were, in order
 * @param isApart whether nothing that happened during a session is in another one
 */
export function walkWindow<S>(goal: KnownGoal, placed: readonly PlacedMatch<S>[], isApart: boolean): Walked<S> {
  const progress = progressOf(goal)
  const last = lastOwn(placed)
  const completing = new Map<S, Match>()
  const completingOwn = new Map<S, Match>()
  const needed = new Set<Match>()
  for (const { match, session, isOwn } of placed) {
    const isComplete = progress.add(match)
    if (session === null) continue
    const isFirst = isComplete && noteFirst(completing, session, match)
    const isFirstOwn = isComplete && isOwn && noteFirst(completingOwn, session, match)
    if (isFirst || isFirstOwn || last.get(session) === match) progress.noteNeeded(needed)
  }
  const isSettled = isApart && !readPlan(goal.plan).inOrder && !placed.some(({ match }) => isOfOrder(match))
  return { completing, gone: unneeded(placed, needed, isSettled ? completingOwn : new Map<S, Match>()) }
}

function noteFirst<S>(matches: Map<S, Match>, session: S, match: Match): boolean {
  if (matches.has(session)) return false
  matches.set(session, match)
  return true
}

/** Of each session the last match by its own client. */
function lastOwn<S>(placed: readonly PlacedMatch<S>[]): Map<S, Match> {
  const last = new Map<S, Match>()
  for (const { match, session, isOwn } of placed) if (session !== null && isOwn) last.set(session, match)
  return last
}

/** @param settled of each session the match after which only what is needed stays */
function unneeded<S>(
  placed: readonly PlacedMatch<S>[],
  needed: ReadonlySet<Match>,
  settled: ReadonlyMap<S, Match>,
): Match[] {
  const gone: Match[] = []
  const idle = new Map<S, Match[]>()
  for (const { match, session, isOwn } of placed) {
    if (session === null || !isOwn || needed.has(match)) continue
    const first = settled.get(session)
    const others = idle.get(session)
    if (first !== undefined && compareMatches(first, match) < 0) gone.push(match)
    else if (others === undefined) idle.set(session, [match])
    else others.push(match)
  }
  for (const matches of idle.values())
    gone.push(...matches.slice(0, Math.max(0, matches.length - MAX_IDLE_WITHIN_WINDOW)))
  return gone
}

/**
 * Of matches whose sessions were let go those that events from a time on may need: the latest of each part. Of those that
 * happened since then any may matter: the latest hundred stay, and as many orders of before.
 *
 * @param matches in order
 * @param goals within windows
 * @param from no event before it can be in a session any more
 */
export function neededSince(matches: readonly Match[], goals: readonly KnownGoal[], from: Millis): readonly Match[] {
  const needed = new Map<number, Set<Match>>()
  for (const goal of goals) {
    const own = matches.filter((match) => partsOf(match, goal.id) !== 0)
    const kept = new Set<Match>()
    const progress = progressOf(goal)
    const since = own.findIndex(({ event_time }) => event_time >= from)
    const before = since < 0 ? own.length : since
    const past = own.slice(0, before)
    for (const match of past) progress.add(match)
    progress.noteNeeded(kept)
    for (const match of past.filter(isOfOrder).slice(-MAX_IDLE_WITHIN_WINDOW)) kept.add(match)
    for (const match of own.slice(Math.max(before, own.length - MAX_IDLE_WITHIN_WINDOW))) kept.add(match)
    needed.set(goal.id, kept)
  }
  return keepGoals(matches, (match, goal) => needed.get(goal)?.has(match) === true)
}

/** First time of events that a match is of no use to any more: they are not within its windows. */
export function uselessFrom(match: Match, goals: readonly KnownGoal[]): Millis {
  let longest = 0
  for (const { id, plan } of goals) if (partsOf(match, id) !== 0) longest = Math.max(longest, readPlan(plan).windowMs)
  return match.event_time + longest
}
