import { anchorOf, newCompanion, sessionOf, type Anchor, type Companion } from '../conversion/companion.ts'
import { conversionRow, renewed, type Conversion } from '../conversion/conversion.ts'
import type { Holder } from '../conversion/count.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { Verdict } from '../order/verdict.ts'
import { covers } from '../session/place.ts'
import type { SessionRules } from '../session/rules.ts'
import type { Arrival } from '../session/session.ts'
import { withItem, withItems } from '../state/list.ts'
import { makeRoom } from './companions.ts'
import { sessionlessOrigin } from './conversion-origin.ts'
import { holdersOf, isHeld, isOf } from './held-order.ts'
import { isOfClientSession } from './journey.ts'
import { isLost, keepOrder, type KeptOrder } from './kept-order.ts'
import { matchOrder, type OrderGoals } from './match-order.ts'
import type { VerdictOutcome } from './output.ts'
import { restate, type OrderRows } from './restate-order.ts'
import { noteChanges, rowsSince, standingOf, type Standing } from './revisit.ts'
import { companionSize } from './size.ts'
import type { VisitorState } from './visitor.ts'

/** What a verdict does to the visitor who bought. */
export interface Decided extends OrderRows {
  readonly outcome: VerdictOutcome
}

/**
 * Takes over what an order comes to. While its session can be corrected the order goes where its purchase belongs and moves
 * along with it; after that, what was last said of it is said again.
 */
export function takeVerdict(
  visitor: VisitorState,
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): Decided {
  const kept = visitor.orders.find(({ order_id }) => order_id === verdict.order_id)
  const isCorrectable = isHeld(visitor, verdict.order_id)
  const ignored = whyIgnored(kept, isCorrectable, verdict)
  if (ignored !== undefined) return { outcome: ignored, conversions: [], credited: [], credits: [] }
  const isPast = kept !== undefined && !isCorrectable && isSaid(kept, verdict)
  const decided = isPast
    ? restate(visitor, kept, verdict, goals, key, arrival)
    : place(visitor, kept, verdict, goals, key, arrival)
  return { outcome: 'verdict', ...decided }
}

/**
 * Whether something was said of an order that is to be said again, which it is not by the verdict that begins it anew. What
 * was not kept of it stands, whatever comes: that cannot be taken back.
 */
function isSaid({ said, is_cut }: KeptOrder, { number }: Verdict): boolean {
  return is_cut || (number > 1 && said.length > 0)
}

/** Why a verdict says nothing: nothing is known of its order any more, or it was there already. */
function whyIgnored(
  kept: KeptOrder | undefined,
  isCorrectable: boolean,
  { number, event, order_offset }: Verdict,
): VerdictOutcome | undefined {
  if (kept === undefined) return !isCorrectable && (number > 1 || event === null) ? 'verdict_forgotten' : undefined
  if (order_offset <= kept.order_offset) return 'verdict_repeated'
  return !isCorrectable && isLost(kept) ? 'verdict_forgotten' : undefined
}

/** Puts the order into the session that covers its purchase, in the place of what it came to before. */
function place(
  visitor: VisitorState,
  kept: KeptOrder | undefined,
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): OrderRows {
  const stood = standingOf(visitor)
  const last = takeOut(visitor, verdict.order_id)
  const { conversions, order } = convert(kept, last.conversions, verdict, goals, key, arrival)
  keepOrder(visitor, order)
  let final: readonly ConversionRow[] = []
  if (verdict.event !== null && conversions.length > 0 && !putBack(visitor, last, conversions, verdict.event, arrival))
    final = hold(visitor, verdict.event, verdict.order_id, conversions, arrival)
  const before = ofThoseLeft(stood, visitor, last)
  noteChanges(visitor, before, new Set(), arrival)
  const rows = [...rowsSince(before, visitor, arrival, 'order'), ...final]
  return { conversions: rows, credited: rows, credits: [] }
}

/** What stood, but for what has given way since: that is final, and not gone. */
function ofThoseLeft(stood: Standing, visitor: VisitorState, { holders }: Taken): Standing {
  const left = new Set<Holder>([...holdersOf(visitor), ...holders])
  return new Map([...stood].filter(([one]) => left.has(one)))
}

/** What an order came to before, and what held it: one, but for an order that the version before counted by several purchases. */
interface Taken {
  readonly conversions: readonly Conversion[]
  readonly holders: readonly Holder[]
  readonly companion: Companion | undefined
}

/** Takes an order's conversions from whatever holds them, and its companion away. */
function takeOut(visitor: VisitorState, orderId: string): Taken {
  const isOwn = (one: Conversion): boolean => isOf(orderId, one)
  const holders = holdersOf(visitor).filter(({ conversions }) => conversions.some(isOwn))
  const conversions = holders.flatMap((holder) => holder.conversions.filter(isOwn))
  for (const holder of holders) holder.conversions = holder.conversions.filter((one) => !isOwn(one))
  const companion = visitor.companions.find(({ order_id }) => order_id === orderId)
  visitor.companions = visitor.companions.filter((one) => one !== companion)
  return { conversions, holders, companion }
}

/**
 * Gives an order back to what held it, as long as the same purchase decides: what it is worth moves it nowhere. Sessions that
 * a cap has parted may share its time, and what waits for a session is not to be final under the same version.
 *
 * @returns whether one thing held it
 */
function putBack(
  visitor: VisitorState,
  { conversions: [last], holders: [holder, ...others], companion }: Taken,
  conversions: readonly Conversion[],
  event: StorefrontEvent,
  { streamTime }: Arrival,
): boolean {
  if (holder === undefined || others.length > 0) return false
  if (last?.event_id !== event.event_id || last.event_time !== event.event_time) return false
  if (companion !== undefined) {
    // It had room; what waits for a session gives way where it takes more of that now.
    makeRoom(visitor, streamTime)
    companion.size = companionSize(companion, conversions)
    visitor.companions = withItem(visitor.companions, companion)
  }
  holder.conversions = withItems(holder.conversions, conversions)
  return true
}

/** What an order now converts to, and what is remembered of it. */
function convert(
  kept: KeptOrder | undefined,
  last: readonly Conversion[],
  verdict: Verdict,
  goals: OrderGoals,
  key: string,
  arrival: Arrival,
): { readonly conversions: readonly Conversion[]; readonly order: Omit<KeptOrder, 'size'> } {
  const { order_id, order_offset, event, number } = verdict
  // One that begins anew has nothing to do with what it was before the fold of orders forgot it.
  const before = number > 1 ? kept : undefined
  const { matched, still, added } = matchOrder(before ?? null, last, verdict, goals, key, arrival)
  const conversions = event === null ? [] : still.map((one) => madeBy(event, one, arrival)).concat(added)
  // What is another now is said again, and then is kept.
  const is_cut = before?.is_cut === true && conversions.some((one) => last.includes(one))
  const { said = [] } = before ?? {}
  return {
    conversions,
    order: { order_id, order_offset, matched, touched_at: arrival.streamTime, said, is_cut },
  }
}

/** The same conversion as long as the same purchase decides: another one is another conversion. */
function madeBy(event: StorefrontEvent, conversion: Conversion, { offset }: Arrival): Conversion {
  const { event_id, name: event_name, event_time, user_id } = event
  if (conversion.event_id === event_id && conversion.event_time === event_time) return conversion
  return renewed({ ...conversion, event_id, event_name, event_time, user_id }, offset)
}

/**
 * Gives an order's conversions to the session it belongs to. One that the visitor's own client placed stays there as the
 * conversions of its events do; one of a server, and one whose purchase has not come yet, is a companion.
 *
 * @returns the rows of those that nothing can hold: in a session that was let go
 */
function hold(
  visitor: VisitorState,
  event: StorefrontEvent,
  orderId: string,
  conversions: readonly Conversion[],
  arrival: Arrival,
): ConversionRow[] {
  const { rules, offset, streamTime } = arrival
  const session = sessionOf(visitor.sessions, anchorOf(event, rules), rules)
  if (session !== undefined && !event.is_server) {
    session.conversions = withItems(session.conversions, conversions)
    return []
  }
  const past = session === undefined ? pastOrigin(visitor, event, rules) : undefined
  if (past !== undefined || !makeRoom(visitor, streamTime)) {
    return conversions.map((one) => conversionRow(visitor, one, past ?? sessionlessOrigin(event), offset, 'conversion'))
  }
  const companion = newCompanion(event, session?.id ?? '', arrival, orderId)
  companion.size = companionSize(companion, conversions)
  visitor.companions = withItem(visitor.companions, companion)
  const holder: Holder = session ?? companion
  holder.conversions = withItems(holder.conversions, conversions)
  return []
}

/**
 * What an order takes from a session that was let go before it was decided: verdicts that had to wait for a service that
 * stood still come after all that happened meanwhile. Whose client's session it is counts as it did while that stood.
 */
function pastOrigin({ touches }: VisitorState, event: StorefrontEvent, rules: SessionRules) {
  const anchor = anchorOf(event, rules)
  let found: VisitorState['touches'][number] | undefined
  for (const touch of touches) {
    if (heldAt(touch, anchor, rules) && (found === undefined || touch.started_at >= found.started_at)) found = touch
  }
  if (found === undefined) return undefined
  const { session_id, channel, source, medium, campaign } = found
  return { session_id, channel, source, medium, campaign, is_bot: event.is_bot && !event.is_server }
}

function heldAt(
  touch: VisitorState['touches'][number],
  { time, client_session_id, is_own }: Anchor,
  rules: SessionRules,
): boolean {
  const isNamed = client_session_id !== ''
  if (rules.clientSession === 'trust' && (is_own || isNamed) && !isOfClientSession(touch, client_session_id))
    return false
  return covers(touch, time, isNamed && !is_own, rules)
}
