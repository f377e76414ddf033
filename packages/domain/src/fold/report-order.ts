import { compareMatches, isOfSameOrder, partsOf, without, type Match, type Report } from '../conversion/match.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { isHeld } from './held-order.ts'
import type { VisitorState } from './visitor.ts'

/**
 * Notes that an event says an order was placed: of a visitor only the first such event matches a compound goal. One
 * of its own client goes before one of a server, then the earlier one; a reload, or what the shop's server says of it, too,
 * is no other order. One that it goes before is taken out of what holds it.
 *
 * @param goal its id
 * @returns whether it is the first
 */
export function reportOrder(
  visitor: VisitorState,
  report: Report,
  goal: number,
  { is_server }: Pick<StorefrontEvent, 'is_server'>,
): boolean {
  if (isPast(visitor, report.order_id)) return false
  const saysSame = (other: Match): boolean => isOfSameOrder(other, report) && partsOf(other, goal) !== 0
  if (visitor.past_matches.some(saysSame)) return false
  const goesBefore = (other: Match, isOther: boolean): boolean =>
    isOther === is_server ? compareMatches(other, report) < 0 : is_server
  for (const [holders, isServers] of [
    [visitor.sessions, false],
    [visitor.companions, true],
  ] as const) {
    for (const holder of holders) {
      const other = holder.matches.find(saysSame)
      if (other === undefined) continue
      if (goesBefore(other, isServers)) return false
      holder.matches = without(holder.matches, [other], goal)
    }
  }
  return true
}

/** Whether the visit that bought can't be corrected any more. */
function isPast(visitor: VisitorState, orderId: string): boolean {
  const isSaid = visitor.orders.some(({ order_id, said }) => order_id === orderId && said.length > 0)
  return isSaid && !isHeld(visitor, orderId)
}
