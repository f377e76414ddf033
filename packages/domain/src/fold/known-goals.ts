import type { Compound } from '../conversion/compound.ts'
import type { Goal } from '../conversion/goal.ts'
import { goalOf, type KnownGoal, type Match } from '../conversion/match.ts'
import { withItem } from '../state/list.ts'
import type { VisitorState } from './visitor.ts'

/**
 * A goal as the visitor's matches name it: another one for each plan it has had, so that what matched under definitions that
 * were replaced goes on under theirs. Kind and class are those of its last match.
 */
export function knownGoal(visitor: VisitorState, goal: Goal, compound: Compound): KnownGoal {
  const { known_goals } = visitor
  const known = known_goals.find((one) => one.plan === compound.plan)
  if (known !== undefined && known.kind === goal.kind && known.class === goal.class) return known
  const found = named(goal, compound, known?.id ?? freeId(known_goals))
  visitor.known_goals = withItem(
    known_goals.filter((one) => one !== known),
    found,
  )
  return found
}

/** Most visitors come to the same goals in the same order: they share what says so. */
const shared = new WeakMap<Goal, KnownGoal[]>()

function named(goal: Goal, { plan }: Compound, id: number): KnownGoal {
  let byId = shared.get(goal)
  if (byId === undefined) shared.set(goal, (byId = []))
  return (byId[id] ??= { id, goal: goal.name, kind: goal.kind, class: goal.class, plan })
}

function freeId(goals: readonly KnownGoal[]): number {
  let id = 0
  while (goals.some((goal) => goal.id === id)) id++
  return id
}

/** Forgets goals of which no match is left. */
export function forgetGoals(visitor: VisitorState): void {
  const { sessions, companions, known_goals, past_matches } = visitor
  if (known_goals.length === 0) return
  const named = new Set<number>()
  const note = (matches: readonly Match[]) => {
    for (const { goals } of matches) for (const matched of goals) named.add(goalOf(matched))
  }
  note(past_matches)
  for (const { matches } of sessions) note(matches)
  for (const { matches } of companions) note(matches)
  if (named.size < known_goals.length) visitor.known_goals = known_goals.filter(({ id }) => named.has(id))
}
