import { newConversion, type Conversion } from '../conversion/conversion.ts'
import type { Goal } from '../conversion/goal.ts'
import { netOf } from '../conversion/net.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import type { Verdict } from '../order/verdict.ts'
import type { Arrival } from '../session/session.ts'

/** The goals in force that count orders. */
export interface OrderGoals {
  readonly match: (event: StorefrontEvent) => readonly Goal[]
  /** Whether there is one of a name. */
  readonly has: (name: string) => boolean
}

/** What a verdict may change of a conversion, and of its row: that it stays one. */
export const statedFields = [
  'class',
  'value_minor',
  'currency',
  'refunded_minor',
  'is_order_value',
  'order_status',
  'coupon',
  'promotion',
] as const
type Stated = Pick<Conversion, (typeof statedFields)[number]>
type Counted = Stated & Pick<Conversion, 'goal' | 'kind' | 'definitions_number'>

export function isSame<F extends keyof Stated>(a: Pick<Stated, F>, b: Pick<Stated, F>, fields: readonly F[]): boolean {
  return fields.every((field) => a[field] === b[field])
}

/** What was known of an order when its goals were last matched. */
interface Known {
  readonly matched: number
}

/** What a verdict makes of what an order was counted by: `C` is a conversion that is held, or the row of one that is not. */
export interface MatchedOrder<C> extends Known {
  /** What still counts, as it is now; itself where it is as it was. */
  readonly still: readonly C[]
  readonly gone: readonly C[]
  readonly added: readonly Conversion[]
}

/**
 * The one rule of what an order comes to, whether it is held or only what was said of it is kept. Goals are matched once more
 * where others may count it now, as they are defined then; what a goal counted that is defined no more stays. One that became
 * macro or is it no more makes another conversion, as credits come and go with those.
 *
 * @param known null for an order that begins
 */
export function matchOrder<C extends Counted>(
  known: Known | null,
  last: readonly C[],
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): MatchedOrder<C> {
  const { event } = verdict
  if (event === null) return { matched: 0, still: [], gone: last, added: [] }
  const matched = matchedWith(event, verdict)
  if (known?.matched === matched) {
    const still = last.map((one) => worthNow(one, verdict))
    return { matched, still, gone: [], added: [] }
  }
  // Goals are matched, and worth what they are, with the order's value before anything was refunded.
  const made = goals.match(event).map((goal) => newConversion(goal, event, key, arrival, verdict))
  const [still, gone]: [C[], C[]] = [[], []]
  for (const one of last) {
    const now = made.find((other) => isOfGoal(one, other))
    if (now !== undefined) still.push({ ...one, ...statedOf(now), definitions_number: now.definitions_number })
    else if (goals.has(one.goal)) gone.push(one)
    else still.push(worthNow(one, verdict))
  }
  const added = made.filter((one) => !last.some((other) => isOfGoal(one, other)))
  return { matched, still, gone, added }
}

/** A hash of what an order's conversions are made of, but for the definitions and what is netted off. */
function matchedWith({ event_id, event_time }: StorefrontEvent, verdict: Verdict): number {
  const { value_minor, currency, coupon, promotion } = verdict
  return hash53(JSON.stringify([event_id, event_time, value_minor, currency, coupon, promotion]))
}

function isOfGoal(a: Pick<Counted, 'goal' | 'kind'>, b: Pick<Counted, 'goal' | 'kind'>): boolean {
  return a.goal === b.goal && a.kind === b.kind
}

function worthNow<C extends Counted>(last: C, verdict: Verdict): C {
  const { is_order_value: isOrders } = last
  const { status: order_status, coupon, promotion } = verdict
  const own = last.value_minor === null ? null : last.value_minor + last.refunded_minor
  const net = netOf(isOrders ? verdict.value_minor : own, isOrders, verdict)
  const currency = isOrders ? verdict.currency : last.currency
  const now = { ...last, ...net, currency, order_status, coupon, promotion }
  return isSame(now, last, statedFields) ? last : now
}

export function statedOf(conversion: Conversion): Stated {
  const { value_minor, currency, refunded_minor, is_order_value, order_status, coupon, promotion } = conversion
  const worth = { value_minor, currency, refunded_minor, is_order_value }
  return { class: conversion.class, ...worth, order_status, coupon, promotion }
}
