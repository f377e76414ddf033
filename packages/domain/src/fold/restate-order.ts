import { dropConversions } from '../attribution/history.ts'
import { divideMoney } from '../attribution/model.ts'
import type { CreditRow } from '../attribution/row.ts'
import { withdrawnRow, type Conversion } from '../conversion/conversion.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { Verdict } from '../order/verdict.ts'
import type { Arrival } from '../session/session.ts'
import { keepOrder, type KeptOrder, type SaidConversion } from './kept-order.ts'
import { isSame, matchOrder, statedFields, statedOf, type OrderGoals } from './match-order.ts'
import type { VisitorState } from './visitor.ts'

/** What is to be said of an order that changed. */
export interface OrderRows {
  readonly conversions: readonly ConversionRow[]
  /** Those of them that change the visitor's journey: their own credits and those of later conversions are to be said. */
  readonly credited: readonly ConversionRow[]
  /** Credits that are divided anew: those of their conversions are not computed from the journey. */
  readonly credits: readonly CreditRow[]
}

/**
 * Says again what was last said of an order that nothing holds any more, with what it comes to now, so that it makes no
 * difference when a verdict came.
 */
export function restate(
  visitor: VisitorState,
  kept: KeptOrder,
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): OrderRows {
  const { said } = kept
  const last = said.map(({ row }) => row)
  const { matched, still, gone, added } = matchOrder(kept, last, verdict, goals, key, arrival)
  keepOrder(visitor, { ...kept, order_offset: verdict.order_offset, touched_at: arrival.streamTime, matched })
  const parts = [withdraw(visitor, gone, arrival), sayAgain(said, still, arrival)]
  // Where not all rows were kept it may be among those that stand.
  const beside = kept.is_cut ? undefined : (said.find(({ credit }) => credit !== null) ?? said[0])
  if (beside !== undefined) for (const one of added) parts.push(sayBeside(beside, one, arrival))
  return {
    conversions: parts.flatMap(({ conversions }) => conversions),
    credited: parts.flatMap(({ credited }) => credited),
    credits: parts.flatMap(({ credits }) => credits),
  }
}

/** Rows that are as they were are not said again. */
function sayAgain(
  said: readonly SaidConversion[],
  still: readonly ConversionRow[],
  { offset: version, definitionsNumber: definitions_number }: Arrival,
): OrderRows {
  const conversions: ConversionRow[] = []
  const credits: CreditRow[] = []
  for (const { row, credit } of said) {
    const now = still.find(({ conversion_id }) => conversion_id === row.conversion_id)
    if (now === undefined || isSame(now, row, statedFields)) continue
    conversions.push({ ...now, version, reason: 'order' })
    if (credit === null || isSame(now, row, creditedFields)) continue
    credits.push(divided(credit, { ...now, version, definitions_number }))
  }
  return { conversions, credited: [], credits }
}

/** What changes a conversion's credit with it. */
const creditedFields = ['value_minor', 'currency'] as const

/**
 * A conversion of one more goal, in the visit of one there is and with its credits: nothing else may be known any more of
 * that visit and those before it.
 */
function sayBeside(beside: SaidConversion, added: Conversion, { offset: version }: Arrival): OrderRows {
  const { id, goal, kind, definitions_number } = added
  const row: ConversionRow = {
    ...beside.row,
    ...{ conversion_id: id, version, reason: 'conversion', goal, kind, definitions_number },
    ...statedOf(added),
  }
  if (kind !== 'macro' || beside.credit === null) return { conversions: [row], credited: [row], credits: [] }
  const credit = { ...divided(beside.credit, row), conversion_id: id, goal, reason: 'conversion' } as const
  return { conversions: [row], credited: [row], credits: [credit] }
}

type Money = Pick<CreditRow, 'value_minor' | 'currency' | 'version' | 'definitions_number'>

/** A credit of another value, by the same shares. */
function divided(credit: CreditRow, { value_minor, currency, version, definitions_number }: Money): CreditRow {
  const values_minor = value_minor === null ? [] : credit.credits.map((shares) => divideMoney(value_minor, shares))
  return { ...credit, version, reason: 'order', value_minor, currency, values_minor, definitions_number }
}

/** The credits of macro ones go with them, also those that there was no room to keep. */
function withdraw(visitor: VisitorState, gone: readonly ConversionRow[], arrival: Arrival): OrderRows {
  const { offset: version, definitionsNumber: definitions_number } = arrival
  dropConversions(visitor, gone)
  const rows = gone.map((row) => {
    return withdrawnRow(visitor, { ...row, id: row.conversion_id, definitions_number }, version, 'order')
  })
  return { conversions: rows, credited: rows, credits: [] }
}
