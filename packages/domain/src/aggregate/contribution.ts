import type { Conversion } from '../conversion/conversion.ts'
import { LARGEST_LONG } from '../event/long.ts'
import { compareText } from '../event/text-order.ts'
import type { Contribution, GoalCounts } from '../session/row.ts'
import type { Session } from '../session/session.ts'
import { direct } from '../session/source.ts'

export interface Counted extends Session {
  readonly conversions: readonly Conversion[]
  /** Input offsets of events that have joined it after they were labelled otherwise, since its last row. */
  readonly moved: readonly number[]
}

/** What a session adds to roll-ups now, unless it is a bot's, which counts nowhere. */
export function contributionOf(session: Counted): Contribution {
  const { channel, source, medium, campaign } = session.origin ?? direct
  const counts = goalCounts(session.conversions)
  return {
    started_at: session.started_at,
    channel,
    source,
    medium,
    campaign,
    goal_names: counts.goal_names,
    goal_currencies: counts.goal_currencies,
    goal_macro: counts.goal_macro,
    goal_converted: counts.goal_converted,
    goal_counts: counts.goal_counts,
    goal_values: counts.goal_values,
  }
}

/** Of sessions in which nothing was counted. */
export const NO_GOALS: GoalCounts = {
  goal_names: [],
  goal_currencies: [],
  goal_macro: [],
  goal_converted: [],
  goal_counts: [],
  goal_values: [],
}

interface Entry {
  readonly goal: string
  readonly currency: string
  readonly macro: number
  count: number
  value: number
}

/**
 * Conversions counted by goal and currency, sorted by both (a goal whose kind was changed meanwhile has an entry of each
 * kind). Negative intent is no conversion of the business: it is
 * left out.
 */
function goalCounts(conversions: readonly Conversion[]): GoalCounts {
  if (conversions.length === 0) return NO_GOALS
  const entries: Entry[] = []
  for (const { goal, currency, kind, value_minor } of conversions) {
    if (kind === 'negative') continue
    const macro = kind === 'macro' ? 1 : 0
    let entry = entries.find((e) => e.goal === goal && e.currency === currency && e.macro === macro)
    if (entry === undefined) {
      entry = { goal, currency, macro, count: 0, value: 0 }
      entries.push(entry)
    }
    entry.count++
    entry.value = added(entry.value, value_minor ?? 0)
  }
  if (entries.length > 1)
    entries.sort((a, b) => compareText(a.goal, b.goal) || compareText(a.currency, b.currency) || a.macro - b.macro)
  return {
    goal_names: entries.map((e) => e.goal),
    goal_currencies: entries.map((e) => e.currency),
    goal_macro: entries.map((e) => e.macro),
    goal_converted: entries.map((e, at) => (e.goal === entries[at - 1]?.goal ? 0 : 1)),
    goal_counts: entries.map((e) => e.count),
    goal_values: entries.map((e) => e.value),
  }
}

/**
 * Sums stay within what the Avro codec takes for a long: absurd prices must not make a row that can't be written, which
 * would stop the partition for good.
 */
function added(sum: number, value: number): number {
  return Math.max(-LARGEST_LONG, Math.min(LARGEST_LONG, sum + value))
}
