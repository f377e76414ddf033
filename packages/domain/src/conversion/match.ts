import type { Millis } from '../event/event.ts'
import { compareText } from '../event/text-order.ts'
import { placesOrder } from '../order/order-event.ts'
import type { Conversion } from './conversion.ts'

/** An event that matches parts of a compound goal, as its session keeps it. */
export interface Match {
  /** Bit n for the n-th part. */
  readonly parts: number
  /** What the event counts if it completes the goal; its `plan` names the goal's parts. */
  readonly conversion: Conversion
}

/** How the matches of a compound goal come to a conversion. */
export interface Plan {
  /** Counts once a visitor; else once a session. */
  readonly perVisitor: boolean
  /** Each part comes after the one before. */
  readonly inOrder: boolean
  /** How often each part must match. */
  readonly times: readonly number[]
  /** All matches are less than this before the last, in whatever sessions; 0 where they must be in one session. */
  readonly windowMs: Millis
}

const WINDOW = 'within'
const NONE: readonly never[] = []

/**
 * A plan as text, which is kept with each match: what matched under definitions that were replaced goes on under their plan, and
 * does not add up with what matches under others.
 *
 * @param hash of the goal's name and parts
 */
export function planText({ perVisitor, inOrder, times, windowMs }: Plan, hash: number): string {
  const count = [perVisitor ? 'visitor' : 'session', inOrder ? 'sequence' : 'all', times.join(), hash.toString(36)]
  return (windowMs === 0 ? count : [WINDOW, windowMs, ...count]).join(' ')
}

/**
 * Plans by their text: each event of a visitor asks for those of all its matches. Other definitions have other plans, so that
 * those of many deploys would come together.
 */
const plans = new Map<string, Plan>()
const MAX_PLANS = 1_000

/** What {@link planText} was made of. */
export function readPlan(text: string): Plan {
  let plan = plans.get(text)
  if (plan === undefined) {
    plan = parsePlan(text)
    if (plans.size >= MAX_PLANS) plans.clear()
    plans.set(text, plan)
  }
  return plan
}

function parsePlan(text: string): Plan {
  const words = text.split(' ')
  const isWithin = words[0] === WINDOW
  const windowMs = isWithin ? Number(words[1]) : 0
  const [scope, order, times = ''] = isWithin ? words.slice(2) : words
  return {
    perVisitor: scope === 'visitor',
    inOrder: order === 'sequence',
    times: times.split(',').map(Number),
    windowMs,
  }
}

/** Whether a match is one of a goal within a window. */
export function isWithinWindow({ conversion }: Match): boolean {
  return conversion.plan.startsWith(WINDOW)
}

/** Whether it says that an order was placed, which counts once; it stays, to tell what comes later that it says so again. */
export function isOfOrder({ conversion: { event_name: name, order_id } }: Match): boolean {
  return placesOrder({ name, order_id })
}

/** Whether two matches of a goal say that the same order was placed. */
export function isOfSameOrder(a: Match, b: Match): boolean {
  return isOfOrder(a) && isOfOrder(b) && a.conversion.order_id === b.conversion.order_id
}

/** The order of matches: by event time, then by event id. */
export function compareMatches({ conversion: a }: Match, { conversion: b }: Match): number {
  return a.event_time - b.event_time || compareText(a.event_id, b.event_id)
}

/** What counts of the matches that complete goals in a session: for each goal the earliest. */
export function earliestOfGoals(completed: readonly Match[]): readonly Conversion[] {
  if (completed.length === 0) return NONE
  const earliest = new Map<string, Match>()
  for (const match of completed) {
    const { goal } = match.conversion
    const rival = earliest.get(goal)
    if (rival === undefined || compareMatches(match, rival) < 0) earliest.set(goal, match)
  }
  return [...earliest.values()].map(({ conversion }) => conversion)
}

/** What the matches of a session come to. */
export interface Completed {
  /** For each goal within the session the earliest that completes it, once for each plan it had. */
  readonly completing: readonly Match[]
  /** Those that may matter yet. */
  readonly kept: readonly Match[]
}

/**
 * What the matches of a session come to, and which of them can't matter any more, as long as none of the others leaves: once a
 * part is full, a match behind that never does, for more matches only make it full earlier. Of those that a sequence would only
 * need if matches of the part before came late, the latest hundred stay; so they do, of whatever part, where one is of an order,
 * which may turn out to count in another session. What matches goals within windows stays as it is.
 *
 * @param matches in order
 */
export function completedBy(matches: readonly Match[]): Completed {
  const completing: Match[] = []
  const gone = new Set<Match>()
  for (const [text, own] of byPlan(matches)) {
    if (isWithinWindow(own[0])) continue
    const { fullAt, isUsed } = filling(readPlan(text), own)
    const last = own[Math.max(...fullAt)]
    if (last !== undefined) completing.push(last)
    noteGone(own, fullAt, isUsed, gone)
  }
  return { completing, kept: gone.size === 0 ? matches : matches.filter((match) => !gone.has(match)) }
}

/** So many matches of a goal that no part counts are kept with a session. */
const MAX_IDLE = 100

function noteGone(
  own: readonly Match[],
  fullAt: readonly number[],
  isUsed: readonly boolean[],
  gone: Set<Match>,
): void {
  if (!isUsed.includes(false)) return
  const mayMove = own.some(isOfOrder)
  const idle: Match[] = []
  for (const [at, match] of own.entries()) {
    if (isUsed[at] === true) continue
    if (mayMove || fullAt.some((full, part) => has(match, part) && at < full)) idle.push(match)
    else gone.add(match)
  }
  for (const match of idle.slice(0, Math.max(0, idle.length - MAX_IDLE))) gone.add(match)
}

interface Filling {
  /** For each part the place of the match that makes it full, Infinity where none does. */
  readonly fullAt: readonly number[]
  /** For each match whether a part counts it. */
  readonly isUsed: readonly boolean[]
}

/** Counts the matches of one goal into its parts, each as early as it can be. */
function filling({ inOrder, times }: Plan, matches: readonly Match[]): Filling {
  const counts = new Array<number>(times.length).fill(0)
  const fullAt = new Array<number>(times.length).fill(Infinity)
  const isUsed = new Array<boolean>(matches.length).fill(false)
  let at = 0
  for (const match of matches) {
    let part = 0
    for (const most of times) {
      const count = counts[part] ?? 0
      // The event that makes a part full is not yet one after it.
      const isIts = has(match, part) && (!inOrder || part === 0 || (fullAt[part - 1] ?? 0) < at)
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

export function has({ parts }: Match, part: number): boolean {
  return (parts & (1 << part)) !== 0
}

type Some<T> = readonly [T, ...T[]]

/** Matches of each plan, in the order they are given in. */
export function byPlan(matches: readonly Match[]): Map<string, Some<Match>> {
  const found = new Map<string, [Match, ...Match[]]>()
  for (const match of matches) {
    const others = found.get(match.conversion.plan)
    if (others === undefined) found.set(match.conversion.plan, [match])
    else others.push(match)
  }
  return found
}
