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
  const isSettled = 'facts' in holder && holder.facts.length === 0 && !visitor.companions.some(hasMatches)
  // Where one is of an order, which may turn out to count in another session, any may matter yet.
  if (!isSettled || isOfOrder(match) || holder.matches.some(isOfOrder)) return 'may_complete'
  if (!visitor.sessions.every(({ matches }) => isBehind(match, matches))) return 'may_complete'
  const plan = readPlan(goal.plan)
  const isComplete = holder.conversions.some((conversion) => conversion.plan === goal.plan)
  if (plan.windowMs > 0) {
    const isApart = rules.clientSession === 'ignore'
    return isComplete && isApart && !plan.inOrder ? afterCompletion(plan, holder.matches, goal) : 'may_complete'
  }
  if (isComplete && !plan.perVisitor) return 'nothing'
  return plan.inOrder ? effectOnSequence(plan, holder.matches, parts) : effectOnSet(plan, holder.matches, goal, parts)
}

function hasMatches({ matches }: Companion): boolean {
  return matches.length > 0
}

function isBehind(match: Match, others: readonly Match[]): boolean {
  const last = others.at(-1)
  return last === undefined || compareMatches(last, match) < 0
}

/** Later sessions need the latest; what they don't need is let go where it is counted. */
function afterCompletion({ times }: Plan, matches: readonly Match[], { id }: KnownGoal): Effect {
  const needed = times.reduce((sum, most) => sum + most, 0)
  const kept = matches.filter((match) => partsOf(match, id) !== 0)
  return kept.length < 3 * needed ? 'waits' : 'may_complete'
}

/** Those that wait for the part before are let go where it is counted. */
function effectOnSequence({ times }: Plan, matches: readonly Match[], parts: number): Effect {
  return has(parts, times.length - 1) || matches.length > MAX_IDLE ? 'may_complete' : 'waits'
}

function effectOnSet({ times }: Plan, matches: readonly Match[], { id }: KnownGoal, parts: number): Effect {
  let isOfUse = false
  let isMissing = false
  let part = 0
  for (const most of times) {
    let count = 0
    for (const other of matches) if (has(partsOf(other, id), part)) count++
    if (has(parts, part) && count++ < most) isOfUse = true
    if (count < most) isMissing = true
    part++
  }
  if (!isOfUse) return 'nothing'
  return isMissing ? 'waits' : 'may_complete'
}
