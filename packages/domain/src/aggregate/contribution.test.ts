import { describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import type { Conversion } from '../conversion/conversion.ts'
import { compareText } from '../event/text-order.ts'
import type { GoalCounts } from '../session/row.ts'
import { contributionOf, type Counted } from './contribution.ts'

type Given = Pick<Conversion, 'goal' | 'currency' | 'kind' | 'value_minor'>

const sessionWith = (conversions: readonly Given[]) =>
  ({ started_at: 1, origin: null, conversions: conversions as readonly Conversion[] }) as Counted

/** Entry by entry, as the schema says: what the columns have to come to. */
function entriesOf(conversions: readonly Given[]): unknown[] {
  const named = new Map<string, { goal: string; currency: string; macro: number; count: number; value: number }>()
  for (const { goal, currency, kind, value_minor } of conversions) {
    if (kind === 'negative') continue
    const macro = kind === 'macro' ? 1 : 0
    const key = JSON.stringify([goal, currency, macro])
    const entry = named.get(key) ?? { goal, currency, macro, count: 0, value: 0 }
    named.set(key, { ...entry, count: entry.count + 1, value: entry.value + (value_minor ?? 0) })
  }
  const sorted = [...named.values()].sort(
    (a, b) => compareText(a.goal, b.goal) || compareText(a.currency, b.currency) || a.macro - b.macro,
  )
  return sorted.map((entry, at) => ({ ...entry, converted: sorted[at - 1]?.goal === entry.goal ? 0 : 1 }))
}

function rowsOf(counts: GoalCounts): unknown[] {
  return counts.goal_names.map((goal, at) => ({
    goal,
    currency: counts.goal_currencies[at],
    macro: counts.goal_macro[at],
    count: counts.goal_counts[at],
    value: counts.goal_values[at],
    converted: counts.goal_converted[at],
  }))
}

describe('what a session contributes', () => {
  it('is its conversions by goal, currency and kind, whatever was said of it before', () => {
    const random = randomFrom(11)
    const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
    let last: GoalCounts | null = null
    let conversions: Given[] = []
    for (let round = 0; round < 2_000; round++) {
      if (random() < 0.2) conversions = []
      const more = Math.floor(random() * 4)
      for (let i = 0; i < more; i++)
        conversions.push({
          goal: oneOf(['purchase', 'search', 'a', 'ä', 'cart']),
          currency: oneOf(['', 'EUR', 'USD', '0 0 1', '1 a0 0']),
          kind: oneOf(['macro', 'micro', 'negative']),
          value_minor: oneOf([null, 0, 5, -7, 2 ** 40]),
        })
      const now = contributionOf(sessionWith(conversions), oneOf([last, null]))
      expect(rowsOf(now)).toEqual(entriesOf(conversions))
      last = now
    }
  })

  it('shares its lists with what was said before where they are the same, and those of goals with other sessions', () => {
    const [one, other] = [given('search'), given('cart')]
    const first = contributionOf(sessionWith([one, other]), null)
    const again = contributionOf(sessionWith([other, one]), first)
    expect(again.goal_counts).toBe(first.goal_counts)
    expect(again.goal_values).toBe(first.goal_values)
    const twice = contributionOf(sessionWith([one, other, one]), first)
    expect(twice.goal_names).toBe(first.goal_names)
    expect(first.goal_counts).toEqual([1, 1])
    expect(twice.goal_counts).toEqual([1, 2])
    expect(contributionOf(sessionWith([one, other]), null).goal_names).toBe(first.goal_names)
  })
})

function given(goal: string): Given {
  return { goal, currency: '', kind: 'micro', value_minor: null }
}
