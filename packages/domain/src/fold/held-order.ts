import type { Conversion } from '../conversion/conversion.ts'
import type { Holder } from '../conversion/count.ts'
import type { VisitorState } from './visitor.ts'

/** What may hold the conversions of an order as long as these can be corrected. */
export function holdersOf({ sessions, companions }: Pick<VisitorState, 'sessions' | 'companions'>): Holder[] {
  return [...sessions, ...companions]
}

/** Whether an order made a conversion: another goal may count its purchase as any event. */
export function isOf(orderId: string, { order_id, order_status }: Conversion): boolean {
  return order_id === orderId && order_status !== ''
}

/** Whether a conversion of an order can be corrected yet. */
export function isHeld(visitor: VisitorState, orderId: string): boolean {
  return holdersOf(visitor).some(({ conversions }) => conversions.some((one) => isOf(orderId, one)))
}
