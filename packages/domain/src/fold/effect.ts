import type { Companion } from '../conversion/companion.ts'
import { MAX_IDLE } from '../conversion/completed.ts'
import {
  compareMatches,
  has,
  isOfOrder,
  partsOf,
  readPlan,
  type KnownGoal,
  type Match,
  type Plan,
} from '../conversion/match.ts'
import type { SessionRules } from '../session/rules.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** What another match does to a goal, as far as that can be told without counting it again. */
export type Effect = 'nothing' | 'waits' | 'may_complete'

/**
 * Most matches come behind all others, and nothing leaves their session: then what is complete stays as it is, and a goal of
 * which a part is missing yet is not complete.
 *
 * @param holder to which the match comes
 * @param parts those that it has of the goal
 */
export function effectOf(
  visitor: VisitorState,
  holder: TrackedSession | Companion,
  match: Match,
  goal: KnownGoal,
  parts: number,
  rules: SessionRules,
): Effect {
  if (!isLast(visitor, holder, match)) return 'may_complete'
  const plan = readPlan(goal.plan)
  const isComplete = holder.conversions.some((conversion) => conversion.plan === goal.plan)
  if (plan.windowMs === 0) return withinSession(plan, holder, goal, parts, isComplete)
  const isApart = rules.clientSession === 'ignore'
  return isApart && !plan.inOrder ? withinWindow(plan, visitor, holder, goal, parts, isComplete) : 'may_complete'
}

/** Whether it comes behind all others, and none of the session's leaves it; an order may turn out to count in another one. */
function isLast(
  { sessions, companions }: VisitorState,
  holder: TrackedSession | Companion,
  match: Match,
): holder is TrackedSession {
  const isSettled = 'facts' in holder && holder.facts.length === 0 && !companions.some(hasMatches)
  if (!isSettled || isOfOrder(match) || holder.matches.some(isOfOrder)) return false
  return sessions.every(({ matches }) => isBehind(match, matches))
}

function hasMatches({ matches }: Companion): boolean {
  return matches.length > 0
}

function isBehind(match: Match, others: readonly Match[]): boolean {
  const last = others.at(-1)
  return last === undefined || compareMatches(last, match) < 0
}

/** Of a sequence, those that wait for the part before are let go where it is counted. */
function withinSession(
  plan: Plan,
  { matches }: TrackedSession,
  goal: KnownGoal,
  parts: number,
  isComplete: boolean,
): Effect {
  if (isComplete && !plan.perVisitor) return 'nothing'
  if (plan.inOrder) return has(parts, plan.times.length - 1) || matches.length > MAX_IDLE ? 'may_complete' : 'waits'
  const { isOfUse, isMissing } = fill(plan, [matches], goal, parts)
  if (!isOfUse) return 'nothing'
  return isMissing ? 'waits' : 'may_complete'
}

/** Of a set. Later sessions need the latest; when there are many, those they don't need are let go where it is counted. */
function withinWindow(
  plan: Plan,
  { sessions, past_matches }: VisitorState,
  { matches }: TrackedSession,
  goal: KnownGoal,
  parts: number,
  isComplete: boolean,
): Effect {
  const kept = matches.filter((match) => partsOf(match, goal.id) !== 0)
  const needed = plan.times.reduce((sum, most) => sum + most, 0)
  if (kept.length >= 3 * needed) return 'may_complete'
  const all = [past_matches, ...sessions.map((session) => session.matches)]
  return isComplete || fill(plan, all, goal, parts).isMissing ? 'waits' : 'may_complete'
}

/** Whether another match that has these parts is of use to a set, and whether any part is missing yet then. */
function fill(
  { times }: Plan,
  lists: readonly (readonly Match[])[],
  { id }: KnownGoal,
  parts: number,
): { readonly isOfUse: boolean; readonly isMissing: boolean } {
  let isOfUse = false
  let isMissing = false
  let part = 0
  for (const most of times) {
    let count = 0
    for (const matches of lists) for (const other of matches) if (has(partsOf(other, id), part)) count++
    if (has(parts, part) && count++ < most) isOfUse = true
    if (count < most) isMissing = true
    part++
  }
  return { isOfUse, isMissing }
}
