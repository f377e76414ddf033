import type { Check, Path } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { changesOrders } from '../order/order-event.ts'
import { withItem } from '../state/list.ts'
import { anyPart, readCompound, type Compound } from './compound.ts'
import { mostOf, readPlan } from './match.ts'
import { readGoalMatcher, type Matcher } from './matcher.ts'
import type { GoalClass, GoalKind } from './row.ts'
import { readValue, type Valuation } from './value.ts'

/** A goal of the definitions, compiled. */
export interface Goal {
  readonly name: string
  readonly kind: GoalKind
  readonly class: GoalClass
  /** Of a compound goal: that some part matches. */
  readonly matcher: Matcher
  /** Its parts, where it takes several events to reach it; else null. */
  readonly compound: Compound | null
  readonly worth: Valuation
  readonly count: 'every' | 'once_per_session' | 'once_per_visitor'
  /** The value is what the event says. */
  readonly isEventValue: boolean
  /** One conversion an order id, whatever sends it twice: an order's by its verdict, or any other event's once a visitor, never both. */
  readonly oncePerOrder: boolean
}

/** The goals an event matches, in the order of the definitions; compound ones of which it matches a part are among them. */
export type GoalIndex = (event: StorefrontEvent) => readonly Goal[]

const KEYS = ['name', 'kind', 'class', 'match', 'compound', 'value', 'count', 'dedupe_by']
/** Each session keeps what matches their parts. */
const MAX_COMPOUNDS = 16
/** Each visitor keeps what matches parts within windows: no goal may lose what another one's took the room of. */
const MAX_WINDOW_MATCHES = 300
const NONE: readonly Goal[] = []
/** Of a goal that says nothing. */
const nothing: Matcher = {
  names: new Set(),
  matches: () => false,
  canMatch: () => false,
  mustMatch: () => false,
}

export function readGoals(check: Check, json: unknown, path: Path): readonly Goal[] {
  const goals = check.list(json, path).map((item, at) => readGoal(check, item, [...path, at]))
  const names = new Set<string>()
  for (const [at, { name }] of goals.entries()) {
    if (name !== '' && names.has(name)) check.add([...path, at, 'name'], `goal "${name}" is declared twice`)
    names.add(name)
  }
  const compounds = goals.filter(({ compound }) => compound !== null).length
  if (compounds > MAX_COMPOUNDS) check.add(path, `${compounds} goals are compound, at most ${MAX_COMPOUNDS} may be`)
  const matches = goals.reduce((sum, { compound }) => sum + matchesWithin(compound), 0)
  if (matches > MAX_WINDOW_MATCHES)
    check.add(path, `goals within windows ask for ${matches} matches, of which ${MAX_WINDOW_MATCHES} can be kept`)
  return goals
}

/** How many matches a goal within a window asks for; 0 for any other. */
function matchesWithin(compound: Compound | null): number {
  if (compound === null || compound.windowMs === 0) return 0
  return mostOf(readPlan(compound.plan))
}

function readGoal(check: Check, json: unknown, path: Path): Goal {
  const entries = check.object(json, path, KEYS)
  const { class: goalClass, value, dedupe_by: dedupeBy } = entries
  const kind = check.oneOf(entries['kind'], [...path, 'kind'], ['macro', 'micro', 'negative'], 'micro')
  if (goalClass !== undefined && kind !== 'micro') check.add([...path, 'class'], 'only a micro goal has a class')
  const count = readCount(check, entries, path)
  const name = check.text(entries['name'], [...path, 'name'])
  const reached = readReached(check, entries, path, name, count)
  if (dedupeBy !== undefined) checkOrders(check, name, reached, [...path, 'dedupe_by'])
  return {
    name,
    kind,
    class: goalClass === undefined ? '' : check.oneOf(goalClass, [...path, 'class'], ['process', 'secondary'], ''),
    ...reached,
    worth: readValue(check, value, [...path, 'value']),
    isEventValue: value === 'event',
    count,
    oncePerOrder: dedupeBy !== undefined,
  }
}

/**
 * Orders are decided by what all visitors and servers say of them, other events count once a visitor: a goal that took
 * both would count an order twice that both tell of, and refunds would reach only one of them.
 */
function checkOrders(
  check: Check,
  name: string,
  { matcher, compound }: Pick<Goal, 'matcher' | 'compound'>,
  path: Path,
) {
  if (isAll(matcher.names, changesOrders))
    check.add(
      path,
      'orders count by their purchase, so this would never count: leave dedupe_by out to count each event',
    )
  if (compound !== null || !matcher.canMatch('purchase')) return
  const others = matcher.names && [...matcher.names].filter((other) => other !== 'purchase' && matcher.canMatch(other))
  if (others?.length === 0) return
  const beside = others?.join(', ') ?? 'other events'
  check.add(
    path,
    `goal "${name}" matches purchase and ${beside}: an order that both tell of would count twice, and refunds reach only its purchase. Send Order Completed for what is bought and match purchase alone, or make two goals`,
  )
}

function isAll(names: ReadonlySet<string> | null, test: (name: string) => boolean): boolean {
  return names !== null && names.size > 0 && [...names].every(test)
}

type Entries = Readonly<Record<string, unknown>>

function readCount(check: Check, { compound, count, dedupe_by: dedupeBy }: Entries, path: Path): Goal['count'] {
  const read =
    count === undefined
      ? undefined
      : check.oneOf(count, [...path, 'count'], ['every', 'once_per_session', 'once_per_visitor'], 'every')
  if (dedupeBy !== undefined) check.oneOf(dedupeBy, [...path, 'dedupe_by'], ['order_id'], 'order_id')
  if (compound === undefined) {
    if (dedupeBy !== undefined && read !== undefined && read !== 'every')
      check.add([...path, 'dedupe_by'], 'dedupe_by counts each order once, so it needs count: every')
    return read ?? 'every'
  }
  if (read === 'every')
    check.add(
      [...path, 'count'],
      'a compound goal counts once_per_session or once_per_visitor: nothing says where the next one would begin',
    )
  if (dedupeBy !== undefined)
    check.add([...path, 'dedupe_by'], 'dedupe_by counts each order once, a compound goal once a session or visitor')
  return read ?? 'once_per_session'
}

/** What it takes to reach a goal: one event that matches, or several. */
function readReached(
  check: Check,
  { match, compound: json }: Entries,
  path: Path,
  name: string,
  count: Goal['count'],
): Pick<Goal, 'matcher' | 'compound'> {
  if (json === undefined && match === undefined) {
    check.add([...path, 'match'], 'expected either match, which one event reaches, or compound, which takes several')
    return { matcher: nothing, compound: null }
  }
  if (json === undefined) return { matcher: readGoalMatcher(check, match, [...path, 'match']), compound: null }
  if (match !== undefined) check.add([...path, 'compound'], 'a goal has either match or compound')
  const compound = readCompound(check, json, [...path, 'compound'], name, count === 'once_per_visitor')
  return { matcher: anyPart(compound), compound }
}

/** Sorts goals by the event names they can match, so that an event that matches nothing costs one look-up. */
export function indexGoals(goals: readonly Goal[]): GoalIndex {
  const anyName = goals.filter((goal) => goal.matcher.names === null)
  const names = new Set(goals.flatMap((goal) => [...(goal.matcher.names ?? [])]))
  const byName = new Map<string, readonly Goal[]>()
  for (const name of names) {
    const possible = goals.filter((goal) => goal.matcher.names?.has(name) ?? true)
    byName.set(name, possible)
  }
  return (event) => {
    let matched: readonly Goal[] = NONE
    for (const goal of byName.get(event.name) ?? anyName)
      if (goal.matcher.matches(event)) matched = withItem(matched, goal)
    return matched
  }
}
