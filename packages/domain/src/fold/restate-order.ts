import { dropConversions } from '../attribution/history.ts'
import { divideMoney } from '../attribution/model.ts'
import type { CreditRow } from '../attribution/row.ts'
import { newConversion, withdrawnRow } from '../conversion/conversion.ts'
import type { Goal } from '../conversion/goal.ts'
import { netOf } from '../conversion/net.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { Verdict } from '../order/verdict.ts'
import type { Arrival } from '../session/session.ts'
import { keepOrder, matchedWith, type KeptOrder, type SaidConversion } from './kept-order.ts'
import type { VisitorState } from './visitor.ts'

/** The goals in force that count orders. */
export interface OrderGoals {
  readonly match: (event: StorefrontEvent) => readonly Goal[]
  /** Whether there is one of a name. */
  readonly has: (name: string) => boolean
}

/** What is to be said of an order that changed. */
export interface OrderRows {
  readonly conversions: readonly ConversionRow[]
  /** Those of them that change the visitor's journey: their own credits and those of later conversions are to be said. */
  readonly credited: readonly ConversionRow[]
  /** Credits that are divided anew: those of their conversions are not computed from the journey. */
  readonly credits: readonly CreditRow[]
}

/**
 * Says again what was last said of an order that nothing holds any more, with what it comes to now. Where other goals may
 * count it now they are matched again, so that it makes no difference when a verdict came.
 */
export function restate(
  visitor: VisitorState,
  kept: KeptOrder,
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): OrderRows {
  const { order_offset, event } = verdict
  const order = { ...kept, order_offset, touched_at: arrival.streamTime }
  const isMatched = event === null || matchedWith(event, verdict) === kept.matched
  if (!isMatched) return matchAgain(visitor, order, event, verdict, goals, key, arrival)
  keepOrder(visitor, order)
  return event === null ? withdraw(visitor, kept.said, arrival) : sayAgain(kept.said, kept.valued, verdict, arrival)
}

/** What a goal counted that is defined no more stays: nothing says that it would not count it. */
function matchAgain(
  visitor: VisitorState,
  order: KeptOrder,
  event: StorefrontEvent,
  verdict: Verdict,
  { match, has }: OrderGoals,
  key: string,
  arrival: Arrival,
): OrderRows {
  const { said } = order
  const goals = match(event)
  const isStill = (name: string): boolean => !has(name) || goals.some((goal) => goal.name === name)
  const own = goals.filter(({ isEventValue }) => isEventValue).map(({ name }) => name)
  const valued = [...order.valued.filter((name) => !has(name)), ...own]
  keepOrder(visitor, { ...order, matched: matchedWith(event, verdict), valued })
  const [first] = said
  const beside = said.find(({ credit }) => credit !== null) ?? first
  const added = goals.filter(({ name }) => said.every(({ row }) => row.goal !== name))
  const [gone, still] = [said.filter(({ row }) => !isStill(row.goal)), said.filter(({ row }) => isStill(row.goal))]
  const parts = [withdraw(visitor, gone, arrival), sayAgain(still, valued, verdict, arrival)]
  // Of an order whose rows were too many to keep nothing can be said.
  if (beside !== undefined) for (const goal of added) parts.push(sayBeside(beside, goal, event, verdict, key, arrival))
  return {
    conversions: parts.flatMap(({ conversions }) => conversions),
    credited: parts.flatMap(({ credited }) => credited),
    credits: parts.flatMap(({ credits }) => credits),
  }
}

function sayAgain(
  said: readonly SaidConversion[],
  valued: readonly string[],
  verdict: Verdict,
  { offset: version, definitionsNumber }: Arrival,
): OrderRows {
  const conversions: ConversionRow[] = []
  const credits: CreditRow[] = []
  for (const { row, credit } of said) {
    const now = worthNow(row, valued.includes(row.goal), verdict)
    if (now === row) continue
    conversions.push({ ...now, version, reason: 'order' })
    if (credit === null || isSame(now, row, creditedFields)) continue
    credits.push(divided(credit, { ...now, version, definitions_number: definitionsNumber }))
  }
  return { conversions, credited: [], credits }
}

/** What a verdict may change of a conversion that nothing holds, and of its credit. */
const creditedFields = ['value_minor', 'currency'] as const
const statedFields = [...creditedFields, 'refunded_minor', 'order_status', 'coupon', 'promotion'] as const

function isSame(a: Stated, b: Stated, fields: readonly (keyof Stated)[]): boolean {
  return fields.every((field) => a[field] === b[field])
}

type Stated = Pick<ConversionRow, (typeof statedFields)[number]>

/**
 * What was said of an order, with what it comes to now; itself where that is the same.
 *
 * @param isOrders whether its value is the order's
 */
export function worthNow<S extends Stated>(last: S, isOrders: boolean, verdict: Verdict): S {
  const { status: order_status, coupon, promotion } = verdict
  const own = last.value_minor === null ? null : last.value_minor + last.refunded_minor
  const net = netOf(isOrders ? verdict.value_minor : own, isOrders, verdict)
  const currency = isOrders ? verdict.currency : last.currency
  const now = { ...last, ...net, currency, order_status, coupon, promotion }
  return isSame(now, last, statedFields) ? last : now
}

/**
 * A conversion of one more goal, in the visit of one there is and with its credits: nothing else may be known any more of
 * that visit and those before it.
 */
function sayBeside(
  beside: SaidConversion,
  goal: Goal,
  event: StorefrontEvent,
  verdict: Verdict,
  key: string,
  arrival: Arrival,
): OrderRows {
  const { id, kind, class: goalClass, value_minor, currency, refunded_minor } = newConversion(goal, event, key, arrival, verdict) // prettier-ignore
  const { status: order_status, coupon, promotion } = verdict
  const { offset: version, definitionsNumber: definitions_number } = arrival
  const row: ConversionRow = {
    ...beside.row,
    ...{ conversion_id: id, version, reason: 'conversion', goal: goal.name, kind, class: goalClass },
    ...{ value_minor, currency, refunded_minor, order_status, coupon, promotion, definitions_number },
  }
  if (kind !== 'macro' || beside.credit === null) return { conversions: [row], credited: [row], credits: [] }
  const credit = { ...divided(beside.credit, row), conversion_id: id, goal: goal.name, reason: 'conversion' } as const
  return { conversions: [row], credited: [row], credits: [credit] }
}

type Money = Pick<CreditRow, 'value_minor' | 'currency' | 'version' | 'definitions_number'>

/** A credit of another value, by the same shares. */
function divided(credit: CreditRow, { value_minor, currency, version, definitions_number }: Money): CreditRow {
  const values_minor = value_minor === null ? [] : credit.credits.map((shares) => divideMoney(value_minor, shares))
  return { ...credit, version, reason: 'order', value_minor, currency, values_minor, definitions_number }
}

/** The credits of macro ones go with them, also those that there was no room to keep. */
function withdraw(visitor: VisitorState, said: readonly SaidConversion[], arrival: Arrival): OrderRows {
  const { offset: version, definitionsNumber: definitions_number } = arrival
  dropConversions(
    visitor,
    said.map(({ row }) => row),
  )
  const rows = said.map(({ row }) =>
    withdrawnRow(visitor, { ...row, id: row.conversion_id, definitions_number }, version),
  )
  return { conversions: rows, credited: rows, credits: [] }
}
