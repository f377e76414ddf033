import { count, percent, signed, wait } from './format.ts'
import { number, text, type Query, type Row } from './rows.ts'
import { left, right, table } from './table.ts'

/** How often visitors bought who reached a micro goal before, and who did not. */
export interface EffectFigures {
  readonly goal: string
  readonly reached: number
  readonly others: number
  readonly boughtWith: number
  readonly boughtWithout: number
  /** Difference of the rates with its 95 % interval; undefined where one side has no visitors. */
  readonly lift: { readonly value: number; readonly low: number; readonly high: number } | undefined
  /** Orders after it, and the median of the hours from it to them; undefined without such orders. */
  readonly assists: number
  readonly medianHours: number | undefined
  /** Share of orders lost when nothing leads on from it, 0 to 1; undefined where no order has a step before it. */
  readonly removalEffect: number | undefined
}

/** @param of the condition that names the site */
export async function readEffects(query: Query, of: string): Promise<EffectFigures[]> {
  const rows = await query(`SELECT micro_goal, visitors_with, visitors_without, converted_with, converted_without,
  lift, lift_low, lift_high, assists, median_hours_to_macro, removal_effect
FROM v_micro_to_macro WHERE ${of} AND macro_goal = 'purchase' AND window_days = 7 AND channel = ''
ORDER BY lift DESC NULLS LAST, micro_goal`)
  return rows.map((row) => ({
    goal: text(row, 'micro_goal'),
    reached: number(row, 'visitors_with'),
    others: number(row, 'visitors_without'),
    boughtWith: number(row, 'converted_with'),
    boughtWithout: number(row, 'converted_without'),
    lift: liftOf(row),
    assists: number(row, 'assists'),
    medianHours: known(row, 'median_hours_to_macro'),
    removalEffect: known(row, 'removal_effect'),
  }))
}

function known(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column)
}

function liftOf(row: Row): EffectFigures['lift'] {
  if (row['lift'] === null) return undefined
  return { value: number(row, 'lift'), low: number(row, 'lift_low'), high: number(row, 'lift_high') }
}

export function effectsTable(effects: readonly EffectFigures[]): string {
  const titles = [
    'Reached',
    'Bought after',
    'Others',
    'Bought',
    'Points',
    '95 % interval',
    'Orders',
    'Median',
    'Removal',
  ]
  return table(
    [left('Goal'), ...titles.map(right)],
    effects.map((one) => [
      one.goal.replaceAll('_', ' '),
      count(one.reached),
      percent(one.boughtWith, one.reached),
      count(one.others),
      percent(one.boughtWithout, one.others),
      one.lift === undefined ? '–' : signed(one.lift.value),
      one.lift === undefined ? '–' : `${signed(one.lift.low)} to ${signed(one.lift.high)}`,
      count(one.assists),
      one.medianHours === undefined ? '–' : wait(one.medianHours),
      one.removalEffect === undefined ? '–' : percent(one.removalEffect, 1),
    ]),
  )
}
