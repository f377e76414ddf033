import { withItem } from '../state/list.ts'
import type { Conversion } from './conversion.ts'
import {
  compareMatches,
  has,
  isOfOrder,
  leastOf,
  partsOf,
  readPlan,
  without,
  type KnownGoal,
  type Match,
} from './match.ts'

const NONE: readonly never[] = []

/** What a match counts if it completes a goal. Until it does, the input offset of its event stands for the id. */
export function candidateOf(match: Match, { id, goal, kind, class: goalClass, plan }: KnownGoal): Conversion {
  const worth = match.worths.find((one) => one.goal === id)
  return {
    id: String(match.offset),
    goal,
    kind,
    class: goalClass,
    event_id: match.event_id,
    event_name: match.event_name,
    event_time: match.event_time,
    user_id: match.user_id,
    value_minor: worth?.value_minor ?? null,
    currency: worth?.currency ?? '',
    order_id: match.order_id,
    order_status: '',
    refunded_minor: 0,
    is_order_value: false,
    coupon: match.coupon,
    promotion: match.promotion,
    per_session: false,
    plan,
    definitions_number: match.definitions_number,
  }
}

/** What counts of the matches that complete goals in a session: for each goal the earliest. */
export function earliestOfGoals(completing: readonly Conversion[]): readonly Conversion[] {
  if (completing.length < 2) return completing
  const earliest = new Map<string, Conversion>()
  for (const candidate of completing) {
    const rival = earliest.get(candidate.goal)
    if (rival === undefined || compareMatches(candidate, rival) < 0) earliest.set(candidate.goal, candidate)
  }
  return [...earliest.values()]
}

/** What the matches of a session come to. */
export interface Completed {
  /** For each goal within the session the earliest that completes it, once for each plan it had. */
  readonly completing: readonly Conversion[]
  /** Those that may matter yet. */
  readonly kept: readonly Match[]
}

/**
 * What the matches of a session come to, and which of them can't matter any more, as long as none of the others leaves: once a
 * part is full, a match behind that never does, for more matches only make it full earlier. Of those that a sequence would only
 * need if matches of the part before came late, the latest hundred stay; so they do, of whatever part, where one is of an order,
 * which may turn out to count in another session. What is too little to complete a goal stays as it is.
 *
 * @param matches in order
 * @param goals within the session, which are counted
 */
export function completedBy(matches: readonly Match[], goals: readonly KnownGoal[]): Completed {
  let completing: readonly Conversion[] = NONE
  let kept = matches
  for (const goal of goals) {
    const own = kept.filter((match) => partsOf(match, goal.id) !== 0)
    if (own.length < leastOf(readPlan(goal.plan))) continue
    const filled = filling(goal, own)
    const last = own[Math.max(...filled.fullAt)]
    if (last !== undefined) completing = withItem(completing, candidateOf(last, goal))
    kept = without(kept, useless(own, goal, filled), goal.id)
  }
  return { completing, kept }
}

/** So many matches of a goal that no part counts are kept with a session. */
export const MAX_IDLE = 100

function useless(own: readonly Match[], { id }: KnownGoal, { fullAt, isUsed }: Filling): readonly Match[] {
  if (!isUsed.includes(false)) return NONE
  const mayMove = own.some(isOfOrder)
  const gone: Match[] = []
  const idle: Match[] = []
  for (const [at, match] of own.entries()) {
    if (isUsed[at] === true) continue
    const parts = partsOf(match, id)
    if (mayMove || fullAt.some((full, part) => has(parts, part) && at < full)) idle.push(match)
    else gone.push(match)
  }
  return [...gone, ...idle.slice(0, Math.max(0, idle.length - MAX_IDLE))]
}

interface Filling {
  /** For each part the place of the match that makes it full, Infinity where none does. */
  readonly fullAt: readonly number[]
  /** For each match whether a part counts it. */
  readonly isUsed: readonly boolean[]
}

/** Counts the matches of one goal into its parts, each as early as it can be. */
function filling({ id, plan }: KnownGoal, matches: readonly Match[]): Filling {
  const { inOrder, times } = readPlan(plan)
  const counts = new Array<number>(times.length).fill(0)
  const fullAt = new Array<number>(times.length).fill(Infinity)
  const isUsed = new Array<boolean>(matches.length).fill(false)
  let at = 0
  for (const match of matches) {
    const parts = partsOf(match, id)
    let part = 0
    for (const most of times) {
      const count = counts[part] ?? 0
      // The event that makes a part full is not yet one after it.
      const isIts = has(parts, part) && (!inOrder || part === 0 || (fullAt[part - 1] ?? 0) < at)
      if (count < most && isIts) {
        isUsed[at] = true
        counts[part] = count + 1
        if (count + 1 === most) fullAt[part] = at
      }
      part++
    }
    at++
  }
  return { fullAt, isUsed }
}
