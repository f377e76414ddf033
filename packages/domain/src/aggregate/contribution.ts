import type { Conversion } from '../conversion/conversion.ts'
import { LARGEST_LONG } from '../event/long.ts'
import { compareText } from '../event/text-order.ts'
import type { Contribution, GoalCounts } from '../session/row.ts'
import type { Session } from '../session/session.ts'
import { direct } from '../session/source.ts'
import { isSameList } from '../state/list.ts'

export interface Counted extends Session {
  readonly conversions: readonly Conversion[]
  /** Input offsets of events that have joined it after they were labelled otherwise, since its last row. */
  readonly moved: readonly number[]
}

/**
 * What a session adds to roll-ups now, unless it is a bot's, which counts nowhere.
 *
 * @param last what it added when that was asked last: lists that are still the same stand for both
 */
export function contributionOf(session: Counted, last: GoalCounts | null): Contribution {
  const { channel, source, medium, campaign } = session.origin ?? direct
  const counts = goalCounts(session.conversions, last ?? NO_GOALS)
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

/**
 * Conversions counted by goal and currency, sorted by both (a goal whose kind was changed meanwhile has an entry of each
 * kind). Negative intent is no conversion of the business: it is left out.
 */
function goalCounts(conversions: readonly Conversion[], last: GoalCounts): GoalCounts {
  if (conversions.length === 0) return NO_GOALS
  columns.length = 0
  for (const conversion of conversions) if (conversion.kind !== 'negative') columns.count(conversion)
  return columns.counts(last)
}

/** Which goals and currencies, without how often. */
type Entries = Pick<GoalCounts, 'goal_names' | 'goal_currencies' | 'goal_macro' | 'goal_converted'>

/** Of most sessions they are the same few: kept with each of them, they would be a tenth of what a visitor takes in memory. */
const known = new Map<string, Entries>()
const MAX_KNOWN = 1_000
/** More entries than this are a session's own. */
const FEW = 16

/**
 * The entries of the session at hand, column by column. There are only these: every other event makes a row, and lists that
 * grow have room for sixteen more.
 */
class Columns {
  length = 0
  private readonly names: string[] = []
  private readonly currencies: string[] = []
  private readonly macro: number[] = []
  private readonly totals: number[] = []
  private readonly values: number[] = []

  count({ goal, currency, kind, value_minor }: Conversion): void {
    const macro = kind === 'macro' ? 1 : 0
    let at = this.placeOf(goal, currency, macro)
    if (at < 0) {
      at = -1 - at
      this.insert(at, goal, currency, macro)
    }
    this.totals[at] = (this.totals[at] ?? 0) + 1
    this.values[at] = added(this.values[at] ?? 0, value_minor ?? 0)
  }

  /** With the lists of `last` where they say the same. */
  counts(last: GoalCounts): GoalCounts {
    const { length, names, currencies, macro, totals, values } = this
    const isOfSame =
      isSameList(names, last.goal_names, length) &&
      isSameList(currencies, last.goal_currencies, length) &&
      isSameList(macro, last.goal_macro, length)
    const { goal_names, goal_currencies, goal_macro, goal_converted } = isOfSame ? last : this.entries()
    return {
      goal_names,
      goal_currencies,
      goal_macro,
      goal_converted,
      goal_counts: isSameList(totals, last.goal_counts, length) ? last.goal_counts : totals.slice(0, length),
      goal_values: isSameList(values, last.goal_values, length) ? last.goal_values : values.slice(0, length),
    }
  }

  private entries(): Entries {
    if (this.length > FEW) return this.newEntries()
    const key = this.key()
    let entries = known.get(key)
    if (entries === undefined) {
      entries = this.newEntries()
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(key, entries)
    }
    return entries
  }

  private newEntries(): Entries {
    const { length, names, currencies, macro } = this
    const goal_names = names.slice(0, length)
    return {
      goal_names,
      goal_currencies: currencies.slice(0, length),
      goal_macro: macro.slice(0, length),
      goal_converted: goal_names.map((goal, at) => (goal === goal_names[at - 1] ? 0 : 1)),
    }
  }

  /** Each text behind its length: another producer may have put anything into a currency. */
  private key(): string {
    let key = ''
    for (let at = 0; at < this.length; at++) {
      const goal = this.names[at] ?? ''
      const currency = this.currencies[at] ?? ''
      key += `${goal.length} ${goal}${currency.length} ${currency}${this.macro[at]}`
    }
    return key
  }

  /** Where an entry stands; where it would, counted down from -1, when there is none. */
  private placeOf(goal: string, currency: string, macro: number): number {
    let at = 0
    for (; at < this.length; at++) {
      const order =
        compareText(this.names[at] ?? '', goal) ||
        compareText(this.currencies[at] ?? '', currency) ||
        (this.macro[at] ?? 0) - macro
      if (order === 0) return at
      if (order > 0) break
    }
    return -1 - at
  }

  private insert(at: number, goal: string, currency: string, macro: number): void {
    const { names, currencies, macro: macros, totals, values } = this
    for (let to = this.length++; to > at; to--) {
      names[to] = names[to - 1] ?? ''
      currencies[to] = currencies[to - 1] ?? ''
      macros[to] = macros[to - 1] ?? 0
      totals[to] = totals[to - 1] ?? 0
      values[to] = values[to - 1] ?? 0
    }
    names[at] = goal
    currencies[at] = currency
    macros[at] = macro
    totals[at] = 0
    values[at] = 0
  }
}

const columns = new Columns()

/**
 * Sums stay within what the Avro codec takes for a long: absurd prices must not make a row that can't be written, which
 * would stop the partition for good.
 */
function added(sum: number, value: number): number {
  return Math.max(-LARGEST_LONG, Math.min(LARGEST_LONG, sum + value))
}
