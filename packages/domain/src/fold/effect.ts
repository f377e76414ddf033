import type { Companion } from '../conversion/companion.ts'
import { MAX_IDLE } from '../conversion/completed.ts'
import {
  compareMatches,
  has,
  isOfOrder,
  mostOf,
  partsOf,
  readPlan,
  type KnownGoal,
  type Match,
  type Plan,
  type Report,
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
  report: Report,
  goal: KnownGoal,
  parts: number,
  rules: SessionRules,
): Effect {
  if (!isLast(visitor, holder, report)) return 'may_complete'
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
  report: Report,
): holder is TrackedSession {
  const isSettled = 'facts' in holder && holder.facts.length === 0 && !companions.some(hasMatches)
  if (!isSettled || isOfOrder(report) || holder.matches.some(isOfOrder)) return false
  return sessions.every(({ matches }) => isBehind(report, matches))
}

function hasMatches({ matches }: Companion): boolean {
  return matches.length > 0
}

function isBehind(report: Report, others: readonly Match[]): boolean {
  const last = others.at(-1)
  return last === undefined || compareMatches(last, report) < 0
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
  if (plan.inOrder && matches.length > MAX_IDLE) return 'may_complete'
  if (plan.inOrder && !has(parts, plan.times.length - 1)) return 'waits'
  const { isOfUse, isMissing } = fill(plan, [matches], goal, parts)
  if (!isOfUse && !plan.inOrder) return 'nothing'
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
  let kept = 0
  for (const match of matches) if (partsOf(match, goal.id) !== 0) kept++
  if (kept >= 3 * mostOf(plan)) return 'may_complete'
  if (isComplete) return 'waits'
  const all = [past_matches, ...sessions.map((session) => session.matches)]
  return fill(plan, all, goal, parts).isMissing ? 'waits' : 'may_complete'
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
