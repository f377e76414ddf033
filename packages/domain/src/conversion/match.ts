import type { Millis, StorefrontEvent } from '../event/event.ts'
import { compareMoments } from '../event/moment.ts'
import { promotionOf } from '../event/promotion.ts'
import { placesOrder } from '../order/order-event.ts'
import type { Arrival } from '../session/session.ts'
import { isSameList, withItems } from '../state/list.ts'
import type { Conversion } from './conversion.ts'

type OfEvent = 'event_id' | 'event_name' | 'event_time' | 'user_id' | 'order_id' | 'coupon' | 'promotion'

/** An event that matches parts of compound goals, as its session keeps it; immutable. */
export interface Match extends Pick<Conversion, OfEvent | 'definitions_number'> {
  /** Its input offset. */
  readonly offset: number
  /** Those of which it matches parts, each once: see {@link matchedGoal}. */
  readonly goals: readonly number[]
  /** What it is worth to those that have a value. */
  readonly worths: readonly MatchWorth[]
}

/** What decides whether an event becomes a match: when it was, and whether it reports an order. */
export type Report = Pick<Match, 'event_id' | 'event_name' | 'event_time' | 'order_id'>

export function reportOf({ event_id, name: event_name, event_time, order_id }: StorefrontEvent): Report {
  return { event_id, event_name, event_time, order_id }
}

/** What a match counts if it completes a goal. */
export interface MatchWorth extends Pick<Conversion, 'value_minor' | 'currency'> {
  /** Id of the {@link KnownGoal}. */
  readonly goal: number
}

/** A compound goal of which a visitor has matches: they name it by a small number, since there may be hundreds. */
export interface KnownGoal extends Pick<Conversion, 'goal' | 'kind' | 'class'> {
  readonly id: number
  /** See {@link planText}. */
  readonly plan: string
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

/** Names of the goals that are counted again; null for all. */
export type Recounted = readonly string[] | null

export function isRecounted(goals: Recounted, { goal }: Pick<Conversion, 'goal'>): boolean {
  return goals === null || goals.includes(goal)
}

const WINDOW = 'within'

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

/** More bits than a goal has parts. */
const PARTS_BITS = 8

/**
 * A goal and the parts of it that are matched, as one number: most of what is kept of a visitor may be matches.
 *
 * @param id of the {@link KnownGoal}
 * @param parts bit n for the n-th
 */
export function matchedGoal(id: number, parts: number): number {
  return (id << PARTS_BITS) | parts
}

export function goalOf(matched: number): number {
  return matched >> PARTS_BITS
}

export function newMatch(
  event: StorefrontEvent,
  goals: readonly number[],
  worths: readonly MatchWorth[],
  { offset, definitionsNumber }: Pick<Arrival, 'offset' | 'definitionsNumber'>,
): Match {
  return {
    offset,
    event_id: event.event_id,
    event_name: event.name,
    event_time: event.event_time,
    user_id: event.user_id,
    order_id: event.order_id,
    coupon: event.coupon,
    promotion: promotionOf(event),
    definitions_number: definitionsNumber,
    goals: sharedGoals(goals),
    worths,
  }
}

/** Of most matches they are the same few: a list for each would take a twentieth of their memory. */
const goalLists = new Map<number, readonly number[]>()
const MAX_GOAL_LISTS = 1_000

function sharedGoals(goals: readonly number[]): readonly number[] {
  let key = goals.length
  for (const matched of goals) key = (Math.imul(key, 31) + matched) | 0
  const known = goalLists.get(key)
  if (known !== undefined) return isSameList(known, goals, goals.length) ? known : goals
  if (goalLists.size >= MAX_GOAL_LISTS) goalLists.clear()
  goalLists.set(key, goals)
  return goals
}

/**
 * The parts that a match has of a goal, bit n for the n-th; 0 where it matches none.
 *
 * @param id of the goal
 */
export function partsOf({ goals }: Match, id: number): number {
  for (const matched of goals) if (goalOf(matched) === id) return matched & ((1 << PARTS_BITS) - 1)
  return 0
}

/** Whether parts have the n-th among them. */
export function has(parts: number, part: number): boolean {
  return (parts & (1 << part)) !== 0
}

/** Whether it takes matches within a window, in whatever sessions, to reach a goal. */
export function isWithinWindow({ plan }: Pick<KnownGoal, 'plan'>): boolean {
  return plan.startsWith(WINDOW)
}

/** With fewer matches no goal of this plan is complete. In a set one may count for several parts. */
export function leastOf({ inOrder, times }: Plan): number {
  let least = 0
  for (const most of times) least = inOrder ? least + most : Math.max(least, most)
  return least
}

/** How many matches its parts ask for, where each counts for one only. */
export function mostOf({ times }: Plan): number {
  let sum = 0
  for (const most of times) sum += most
  return sum
}

/**
 * Matches, some of which match nothing of a goal any more; the list itself where none are.
 *
 * @param id of the goal
 */
export function without(matches: readonly Match[], gone: readonly Match[], id: number): readonly Match[] {
  if (gone.length === 0) return matches
  return keepGoals(matches, (match, goal) => goal !== id || !gone.includes(match))
}

/**
 * Matches of the goals that are kept, without those that are of none.
 *
 * @param isKept of a match and the id of a goal
 */
export function keepGoals(
  matches: readonly Match[],
  isKept: (match: Match, goal: number) => boolean,
): readonly Match[] {
  if (matches.every((match) => match.goals.every((matched) => isKept(match, goalOf(matched))))) return matches
  const left: Match[] = []
  for (const match of matches) {
    const goals = match.goals.filter((matched) => isKept(match, goalOf(matched)))
    if (goals.length === match.goals.length) left.push(match)
    else if (goals.length > 0) left.push({ ...match, goals })
  }
  return left
}

/** Whether it says that an order was placed, which counts once; it stays, to tell what comes later that it says so again. */
export function isOfOrder({ event_name: name, order_id }: Report): boolean {
  return placesOrder({ name, order_id })
}

/** Whether both say that the same order was placed. */
export function isOfSameOrder(a: Report, b: Report): boolean {
  return isOfOrder(a) && isOfOrder(b) && a.order_id === b.order_id
}

/** The order of matches: by event time, then by event id. */
export function compareMatches(
  a: Pick<Match, 'event_time' | 'event_id'>,
  b: Pick<Match, 'event_time' | 'event_id'>,
): number {
  return compareMoments(a.event_time, a.event_id, b.event_time, b.event_id)
}

/** The matches of both lists, each in order. */
export function joinedMatches(some: readonly Match[], others: readonly Match[]): readonly Match[] {
  const last = some.at(-1)
  const first = others[0]
  const isBehind = last === undefined || first === undefined || compareMatches(last, first) <= 0
  const all = withItems(some, others)
  return isBehind ? all : [...all].sort(compareMatches)
}
