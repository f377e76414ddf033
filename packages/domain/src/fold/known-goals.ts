import type { Compound } from '../conversion/compound.ts'
import type { Goal } from '../conversion/goal.ts'
import { goalOf, type KnownGoal, type Match } from '../conversion/match.ts'
import { withItem } from '../state/list.ts'
import type { VisitorState } from './visitor.ts'

/**
 * A goal as the visitor's matches name it: another one for each plan it has had, so that what matched under definitions that
 * were replaced goes on under theirs. Kind and class are those of its last match.
 */
export function knownGoal(
  visitor: VisitorState,
  { name: goal, kind, class: goalClass }: Goal,
  { plan }: Compound,
): KnownGoal {
  const { known_goals } = visitor
  const known = known_goals.find((one) => one.plan === plan)
  if (known !== undefined && known.kind === kind && known.class === goalClass) return known
  const found = { id: known?.id ?? freeId(known_goals), goal, kind, class: goalClass, plan }
  visitor.known_goals = withItem(
    known_goals.filter((one) => one !== known),
    found,
  )
  return found
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
