import { isOrderEvent } from '../order/order-event.ts'
import { noteUser } from '../session/user.ts'
import { keepOrder } from './kept-order.ts'
import type { VisitorState } from './visitor.ts'

/**
 * Makes up for what the version before did not keep of a visitor, as far as it follows from what it kept: its first session,
 * the users it was known as and the orders that were counted. All else is as of a new visitor.
 */
export function takeFormer(visitor: VisitorState): void {
  for (const { started_at, user } of visitor.sessions) {
    // Else the next one would count as new.
    if (started_at < visitor.first_started_at) visitor.first_started_at = started_at
    if (user === null) continue
    const { time: event_time, event_id, value: user_id } = user
    visitor.users = noteUser(visitor.users, { event_time, event_id, user_id }).marks
  }
  takeOrders(visitor)
}

/** Before any: offsets in topic order-events count from 0. */
const NO_VERDICT = -1

/**
 * Before there were verdicts a purchase counted like any event, and claimed its order id. A verdict finds those that a session
 * holds. Of those that none does only the claim is known: they stay as they were counted, since else the first verdict, of a
 * page that is loaded again, would count them once more.
 */
function takeOrders(visitor: VisitorState): void {
  const claims = visitor.claims.filter(({ order_id }) => order_id !== '')
  if (claims.length === 0) return
  const counted = visitor.sessions.flatMap(({ conversions }) => conversions)
  const orders = new Set<string>()
  for (const { order_id, conversion_id, touched_at } of claims.sort((a, b) => a.touched_at - b.touched_at)) {
    const held = counted.find(({ id }) => id === conversion_id)
    if (held !== undefined && !isOrderEvent({ name: held.event_name, order_id })) continue
    if (held !== undefined) orders.add(held.id)
    keepOrder(visitor, {
      order_id,
      order_offset: NO_VERDICT,
      matched: 0,
      touched_at,
      said: [],
      is_cut: true,
    })
  }
  for (const session of visitor.sessions) {
    if (!session.conversions.some(({ id }) => orders.has(id))) continue
    session.conversions = session.conversions.map((one) =>
      orders.has(one.id) ? { ...one, order_status: 'placed' } : one,
    )
  }
}
