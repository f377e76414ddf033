import type { Check, Path } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { readMatcher, type Matcher } from './matcher.ts'
import type { GoalClass, GoalKind } from './row.ts'
import { readValue, type Valuation } from './value.ts'

/** A goal of the definitions, compiled. */
export interface Goal {
  readonly name: string
  readonly kind: GoalKind
  readonly class: GoalClass
  readonly matcher: Matcher
  readonly worth: Valuation
  readonly count: 'every' | 'once_per_session' | 'once_per_visitor'
  /** One conversion an order id (per visitor), whatever sends it twice. */
  readonly oncePerOrder: boolean
}

/** The goals an event matches, in the order of the definitions. */
export type GoalIndex = (event: StorefrontEvent) => readonly Goal[]

const KEYS = ['name', 'kind', 'class', 'match', 'value', 'count', 'dedupe_by']
const NONE: readonly Goal[] = []

export function readGoals(check: Check, json: unknown, path: Path): readonly Goal[] {
  const goals = check.list(json, path).map((item, at) => readGoal(check, item, [...path, at]))
  const names = new Set<string>()
  for (const [at, { name }] of goals.entries()) {
    if (name !== '' && names.has(name)) check.add([...path, at, 'name'], `goal "${name}" is declared twice`)
    names.add(name)
  }
  return goals
}

function readGoal(check: Check, json: unknown, path: Path): Goal {
  const entries = check.object(json, path, KEYS)
  const { name, class: goalClass, value, match, dedupe_by: dedupeBy } = entries
  const kind = check.oneOf(entries['kind'], [...path, 'kind'], ['macro', 'micro', 'negative'], 'micro')
  if (goalClass !== undefined && kind !== 'micro') check.add([...path, 'class'], 'only a micro goal has a class')
  const count =
    entries['count'] === undefined
      ? 'every'
      : check.oneOf(entries['count'], [...path, 'count'], ['every', 'once_per_session', 'once_per_visitor'], 'every')
  if (dedupeBy !== undefined) check.oneOf(dedupeBy, [...path, 'dedupe_by'], ['order_id'], 'order_id')
  if (dedupeBy !== undefined && count !== 'every') {
    check.add([...path, 'dedupe_by'], 'dedupe_by counts each order once, so it needs count: every')
  }
  return {
    name: check.text(name, [...path, 'name']),
    kind,
    class: goalClass === undefined ? '' : check.oneOf(goalClass, [...path, 'class'], ['process', 'secondary'], ''),
    matcher: readGoalMatcher(check, match, [...path, 'match']),
    worth: readValue(check, value, [...path, 'value']),
    count,
    oncePerOrder: dedupeBy !== undefined,
  }
}

/** A matcher that some event can meet: one whose names exclude each other is a slip that would count nothing for ever. */
function readGoalMatcher(check: Check, json: unknown, path: Path): Matcher {
  const before = check.problems.length
  const matcher = readMatcher(check, json, path)
  if (matcher.names?.size === 0 && check.problems.length === before)
    check.add(path, 'no event has all the names that must hold at once: put them into one list')
  return matcher
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
    let matched: Goal[] | undefined
    for (const goal of byName.get(event.name) ?? anyName) if (goal.matcher.matches(event)) (matched ??= []).push(goal)
    return matched ?? NONE
  }
}
