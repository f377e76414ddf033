import type { SessionRow } from '@cairn/domain'
import type { OracleConversion } from './oracle.ts'

/** How often a session reached a goal, and what that is worth in one currency. */
export interface OracleTotal {
  readonly goal: string
  readonly currency: string
  readonly is_macro: boolean
  readonly count: number
  /** Minor units. */
  readonly value: number
  /** Whether it is the first of its goal: a visit that converts in two currencies converts once. */
  readonly is_first: boolean
}

/** What the conversions of a session come to. Negative intent is none of them. */
export interface OracleTotals {
  readonly micro: number
  readonly macro: number
  /** In order of goal and currency. */
  readonly totals: readonly OracleTotal[]
}

export function totalsOf(conversions: readonly OracleConversion[]): OracleTotals {
  const counting = conversions.filter(({ kind }) => kind !== 'negative')
  const keys = [...new Set(counting.map(({ goal, currency }) => `${goal} ${currency}`))].sort()
  return {
    micro: counting.filter(({ kind }) => kind === 'micro').length,
    macro: counting.filter(({ kind }) => kind === 'macro').length,
    totals: keys.map((key) => {
      const [goal = '', currency = ''] = key.split(' ')
      const own = counting.filter((one) => one.goal === goal && one.currency === currency)
      const value = own.reduce((sum, { value_minor }) => sum + (value_minor ?? 0), 0)
      const is_first = keys.find((one) => one.startsWith(`${goal} `)) === key
      return { goal, currency, is_macro: own[0]?.kind === 'macro', count: own.length, value, is_first }
    }),
  }
}

/** What the row of a session says of it. */
export function toldTotals(row: SessionRow): OracleTotals {
  const totals = row.goal_names.map((goal, at) => ({
    goal,
    currency: row.goal_currencies[at] ?? '?',
    is_macro: row.goal_macro[at] === 1,
    count: row.goal_counts[at] ?? NaN,
    value: row.goal_values[at] ?? NaN,
    is_first: row.goal_converted[at] === 1,
  }))
  return { micro: row.micro, macro: row.macro, totals }
}
