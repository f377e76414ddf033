import type { Millis, StorefrontEvent } from '../event/event.ts'
import { cartRank } from '../session/cart.ts'
import type { Arrival, Session } from '../session/session.ts'
import { precedes } from '../session/session.ts'
import { coveringSession, sessionHolding } from '../session/place.ts'
import type { SessionRules } from '../session/rules.ts'
import type { SessionEnd } from '../session/user.ts'
import type { Conversion } from './conversion.ts'
import type { Match } from './match.ts'

/**
 * A server event, or what an order comes to, kept as long as the session it accompanies can be corrected: it belongs to the
 * session that covers its time, which may be another one once more events have come. It makes none, and moves no start and
 * no end.
 */
export interface Companion {
  readonly time: Millis
  readonly event_id: string
  /** Its input offset. */
  readonly offset: number
  readonly client_session_id: string
  readonly user_id: string
  /** Says something of what it makes outside sessions only: a server names the agent of a proxy where it knows no other. */
  readonly is_bot: boolean
  readonly cart_rank: number
  /** The order whose verdict this is; empty for an event. */
  readonly order_id: string
  /** The order was placed by an event of the visitor's own client: it belongs where that event is. */
  readonly is_own: boolean
  /** The session it is in, empty while there is none. */
  session_id: string
  /** First stream time at which one without a session can't get one any more. */
  readonly forget_due: Millis
  /** What it made while it is in no session; else that is among the conversions of its session. */
  conversions: readonly Conversion[]
  /** What it does not make because its session has an earlier one that counts once. */
  standby: readonly Conversion[]
  /** What it matches of compound goals, at most one of each. */
  matches: readonly Match[]
  /** About how many bytes it takes in Avro. */
  size: number
}

/** What decides which session a companion belongs to. */
export type Anchor = Pick<Companion, 'time' | 'event_id' | 'client_session_id' | 'is_own'>

export function anchorOf(event: StorefrontEvent, { clientSession }: SessionRules): Anchor {
  return {
    time: event.event_time,
    event_id: event.event_id,
    client_session_id: clientSession === 'trust' ? event.client_session_id : '',
    is_own: !event.is_server,
  }
}

export function newCompanion(
  event: StorefrontEvent,
  sessionId: string,
  { offset, streamTime, rules }: Arrival,
  orderId = '',
): Companion {
  const { time, event_id, client_session_id, is_own } = anchorOf(event, rules)
  return {
    time,
    event_id,
    offset,
    client_session_id,
    user_id: event.user_id,
    is_bot: event.is_bot,
    cart_rank: cartRank(event.name),
    order_id: orderId,
    is_own,
    session_id: sessionId,
    forget_due: streamTime + rules.gapMs + rules.graceMs + 1,
    conversions: [],
    standby: [],
    matches: [],
    size: 0,
  }
}

/** The session a companion belongs to, undefined while there is none. */
export function sessionOf<S extends Session>(
  sessions: readonly S[],
  anchor: Anchor,
  rules: SessionRules,
): S | undefined {
  if (anchor.is_own) return sessionHolding(sessions, anchor, rules)
  return coveringSession(sessions, anchor.time, anchor.client_session_id, rules)
}

/** Whether a companion made this conversion: what a verdict makes is not made by the purchase itself. */
export function isBy(
  companion: Companion,
  { event_time, event_id, order_status }: Pick<Conversion, 'event_time' | 'event_id' | 'order_status'>,
): boolean {
  if (companion.event_id !== event_id || companion.time !== event_time) return false
  return (companion.order_id === '') === (order_status === '')
}

/** How many of them are events: a verdict's purchase is one of its own. */
export function eventsAmong(companions: readonly Companion[]): number {
  let events = 0
  for (const { order_id } of companions) if (order_id === '') events++
  return events
}

/** How far the cart came in a session with these companions: a place in `cartStages`. */
export function highestRank({ cart_rank }: Session, companions: readonly Companion[]): number {
  return companions.reduce((most, companion) => Math.max(most, companion.cart_rank), cart_rank)
}

/** How a session with these companions ends: they are events of it, though they do not move its end. */
export function endWith({ ended_at, user }: Session, companions: readonly Companion[]): SessionEnd {
  let end: SessionEnd = { time: ended_at, user }
  for (const { time, event_id, user_id: value } of companions) {
    const isLast = value !== '' && (end.user === null || !precedes(time, event_id, end.user))
    end = { time: Math.max(end.time, time), user: isLast ? { time, event_id, value } : end.user }
  }
  return end
}
