import type { Companion } from '../conversion/companion.ts'
import { completedBy, earliestOfGoals } from '../conversion/completed.ts'
import { matchedParts } from '../conversion/compound.ts'
import { completed, type Conversion } from '../conversion/conversion.ts'
import { isEarlier, mergeConversions, replaceClaim, type Tally } from '../conversion/count.ts'
import type { Goal } from '../conversion/goal.ts'
import {
  isOfOrder,
  isRecounted,
  isWithinWindow,
  joinedMatches,
  matchedGoal,
  newMatch,
  readPlan,
  reportOf,
  type KnownGoal,
  type MatchWorth,
  type Recounted,
} from '../conversion/match.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { placesOrder } from '../order/order-event.ts'
import type { Arrival } from '../session/session.ts'
import { withItem, withItems } from '../state/list.ts'
import type { CompanionsOf } from './companions.ts'
import { effectOf } from './effect.ts'
import { reportOrder } from './report-order.ts'
import { knownGoal } from './known-goals.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'
import { completedWithin } from './windows.ts'

function hasCompound(goals: readonly Goal[]): boolean {
  for (const { compound } of goals) if (compound !== null) return true
  return false
}

/** Whether an event may make other sessions count otherwise: within a window, or as the order it reports counts elsewhere. */
export function reachesOthers(event: StorefrontEvent, goals: readonly Goal[]): boolean {
  return hasWindow(goals) || (placesOrder(event) && hasCompound(goals))
}

/** Whether one of the goals is completed within a window: then it may be so in any session that comes after the event. */
function hasWindow(goals: readonly Goal[]): boolean {
  for (const { compound } of goals) if (compound !== null && compound.windowMs > 0) return true
  return false
}

/**
 * Notes what an event matches of compound goals. That an order was placed counts where its visitor's own client said so
 * first, else where a server did: what says it again matches nothing.
 *
 * @returns names of the goals that are to be counted again
 */
export function noteMatches(
  visitor: VisitorState,
  holder: TrackedSession | Companion,
  event: StorefrontEvent,
  goals: readonly Goal[],
  arrival: Arrival,
): readonly string[] {
  if (!hasCompound(goals)) return NOTHING
  const report = reportOf(event)
  let matched: readonly number[] = NOTHING
  let worths: readonly MatchWorth[] = NOTHING
  let recounted: readonly string[] = NOTHING
  for (const goal of goals) {
    if (goal.compound === null) continue
    const known = knownGoal(visitor, goal, goal.compound)
    const parts = matchedParts(goal.compound, event)
    const effect = effectOf(visitor, holder, report, known, parts, arrival.rules)
    if (effect === 'nothing' || (isOfOrder(report) && !reportOrder(visitor, report, known.id, event))) continue
    if (effect === 'may_complete') recounted = withItem(recounted, goal.name)
    matched = withItem(matched, matchedGoal(known.id, parts))
    const { value_minor, currency } = goal.worth(event)
    if (value_minor !== null || currency !== '') worths = withItem(worths, { goal: known.id, value_minor, currency })
  }
  if (matched.length > 0) holder.matches = joinedMatches(holder.matches, [newMatch(event, matched, worths, arrival)])
  return recounted
}

/** Gives the survivor of a merge what was counted and matched in the other; returns what no longer counts. */
export function mergeGoals(survivor: TrackedSession, loser: TrackedSession): readonly Conversion[] {
  mergeMatches(survivor, loser)
  return mergeConversions(survivor, loser)
}

export function mergeMatches(survivor: TrackedSession, loser: TrackedSession): void {
  if (loser.matches.length > 0) survivor.matches = joinedMatches(survivor.matches, loser.matches)
}

/**
 * Counts compound goals again: what they come to is computed from all matches of a session, so that it is the same in
 * whatever order these have come.
 *
 * @param sessions those whose matches may be others than before
 * @param goals those of which that is so
 */
export function countCompounds(
  visitor: VisitorState,
  sessions: readonly TrackedSession[],
  companionsOf: CompanionsOf,
  goals: Recounted,
  { offset, streamTime, definitionsNumber, rules }: Arrival,
): Tally<TrackedSession> {
  if (goals?.length === 0) return NOTHING_DUE
  let due: Map<TrackedSession, readonly Conversion[]> | null = null
  const within = completedWithin(visitor, companionsOf, goals, rules.clientSession === 'ignore')
  const inSession = visitor.known_goals.filter((goal) => isRecounted(goals, goal) && !isWithinWindow(goal))
  for (const session of sessions) {
    const completed = completedIn(session, companionsOf(session), inSession)
    const candidates = earliestOfGoals(withItems(completed, within?.get(session) ?? NOTHING))
    const isDue = candidates.length > 0 || countedIn(session, goals).length > 0
    if (isDue) (due ??= new Map()).set(session, candidates)
  }
  if (due === null) return NOTHING_DUE
  const tally = { made: [] as Conversion[], withdrawn: [] as Conversion[], corrected: [] as TrackedSession[] }
  leaveToVisitor(visitor, due, goals, streamTime)
  for (const [session, conversions] of due) settleSession(visitor, session, conversions, goals, offset, tally)
  claimAgain(visitor, tally, streamTime)
  const withdrawn = tally.withdrawn.map((conversion) => ({ ...conversion, definitions_number: definitionsNumber }))
  return { ...tally, withdrawn }
}

const NOTHING: readonly never[] = []
const NOTHING_DUE: Tally<never> = { made: NOTHING, withdrawn: NOTHING, corrected: NOTHING }

/** What a session's matches come to, of goals within the session. Of its own, those are let go that can't matter any more. */
function completedIn(
  session: TrackedSession,
  companions: readonly Companion[],
  goals: readonly KnownGoal[],
): readonly Conversion[] {
  const served = companions.length === 0 ? NOTHING : companions.filter(({ matches }) => matches.length > 0)
  if (session.matches.length === 0 && served.length === 0) return NOTHING
  const own = completedBy(session.matches, goals)
  // Where its own events may leave it, any of them may matter yet.
  if (session.facts.length === 0) session.matches = own.kept
  if (served.length === 0) return own.completing
  return completedBy(
    served.reduce((all, { matches }) => joinedMatches(all, matches), session.matches),
    goals,
  ).completing
}

/**
 * Of goals that count once a visitor leaves only the earliest due, and none where one counts for good that no session
 * holds. One that counts in a session which is not looked at gives way to an earlier one.
 */
function leaveToVisitor(
  visitor: VisitorState,
  due: Map<TrackedSession, readonly Conversion[]>,
  goals: Recounted,
  now: Arrival['streamTime'],
): void {
  const once = new Set<string>()
  for (const conversions of due.values())
    for (const { goal, plan } of conversions) if (readPlan(plan).perVisitor) once.add(goal)
  for (const goal of once) {
    const held = visitor.claims.find((claim) => claim.goal === goal && claim.order_id === '')
    if (held !== undefined) replaceClaim(visitor, { ...held, touched_at: now })
    const isFinal = held !== undefined && !isHeld(visitor, held.conversion_id)
    const first = isFinal ? undefined : earliestOf(visitor, due, goal)
    const others = visitor.sessions.filter((session) => !due.has(session) && session.conversions.some(isOf(goal)))
    for (const session of others) due.set(session, countedIn(session, goals))
    for (const [session, conversions] of due)
      due.set(
        session,
        conversions.filter((conversion) => !isOf(goal)(conversion) || conversion === first),
      )
  }
}

/** Of what is due, and of what counts in sessions that are not looked at. */
function earliestOf(
  { sessions }: VisitorState,
  due: ReadonlyMap<TrackedSession, readonly Conversion[]>,
  goal: string,
): Conversion | undefined {
  let first: Conversion | undefined
  for (const session of sessions) {
    for (const conversion of due.get(session) ?? session.conversions) {
      if (isOf(goal)(conversion) && (first === undefined || isEarlier(conversion, first))) first = conversion
    }
  }
  return first
}

interface OpenTally {
  readonly made: Conversion[]
  readonly withdrawn: Conversion[]
  readonly corrected: TrackedSession[]
}

/** Makes a session count what is due: what stands stays as it is, what is new gets an id that none had before. */
function settleSession(
  visitor: VisitorState,
  session: TrackedSession,
  due: readonly Conversion[],
  goals: Recounted,
  version: number,
  tally: OpenTally,
): void {
  const missing = [...due]
  const gone: Conversion[] = []
  for (const conversion of countedIn(session, goals)) {
    const at = missing.findIndex((other) => isSame(conversion, other))
    if (at < 0) gone.push(conversion)
    else missing.splice(at, 1)
  }
  if (gone.length + missing.length === 0) return
  const made = missing.map((candidate) => completed(candidate, visitor, version))
  session.conversions = [...session.conversions.filter((conversion) => !gone.includes(conversion)), ...made]
  tally.made.push(...made)
  tally.withdrawn.push(...gone)
  tally.corrected.push(session)
}

/** The claims of what no longer counts go, what counts now makes its own. */
function claimAgain(visitor: VisitorState, { made, withdrawn }: OpenTally, now: Arrival['streamTime']): void {
  const gone = new Set(withdrawn.map(({ id }) => id))
  if (visitor.claims.some(({ conversion_id }) => gone.has(conversion_id)))
    visitor.claims = visitor.claims.filter(({ conversion_id }) => !gone.has(conversion_id))
  for (const { id, goal, plan, event_time, event_id } of made) {
    if (!readPlan(plan).perVisitor) continue
    replaceClaim(visitor, { goal, order_id: '', conversion_id: id, event_time, event_id, touched_at: now })
  }
}

function isHeld({ sessions }: VisitorState, id: string): boolean {
  return sessions.some(({ conversions }) => conversions.some((other) => other.id === id && isCompound(other)))
}

/** What a session counts of compound goals. */
function countedIn({ conversions }: TrackedSession, goals: Recounted): readonly Conversion[] {
  if (!conversions.some(isCompound)) return NOTHING
  return conversions.filter((conversion) => isCompound(conversion) && isRecounted(goals, conversion))
}

function isCompound({ plan }: Conversion): boolean {
  return plan !== ''
}

function isOf(goal: string): (conversion: Conversion) => boolean {
  return (conversion) => conversion.goal === goal && isCompound(conversion) && readPlan(conversion.plan).perVisitor
}

function isSame(a: Conversion, b: Conversion): boolean {
  return a.goal === b.goal && a.event_id === b.event_id && a.event_time === b.event_time
}
