import type { Verdict } from '../order/verdict.ts'

export interface Net {
  /** Minor units, null without value. */
  readonly value_minor: number | null
  readonly refunded_minor: number
}

/**
 * What is left of a value after refunds. A refund in part says what it takes off the order, not off a worth that the goal
 * sets itself: that one goes as a whole or not at all.
 *
 * @param gross minor units, null without value
 * @param isOrders whether it is the order's own value
 */
export function netOf(gross: number | null, isOrders: boolean, verdict: Verdict | null): Net {
  if (verdict === null || gross === null) return { value_minor: gross, refunded_minor: 0 }
  if (verdict.status === 'cancelled' || verdict.status === 'refunded') return { value_minor: 0, refunded_minor: gross }
  const refunded = isOrders ? verdict.refunded_minor : 0
  return { value_minor: gross - refunded, refunded_minor: refunded }
}
