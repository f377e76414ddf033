import type { Millis, StorefrontEvent } from '../event/event.ts'
import { compareMoments } from '../event/moment.ts'
import type { Arrival } from '../session/session.ts'
import { withItem } from '../state/list.ts'
import { newConversion, type Conversion, type Withdrawn } from './conversion.ts'
import type { Goal } from './goal.ts'

/**
 * What a visitor has used up: a goal that counts once a visitor (`order_id` empty), or an order of a goal that counts
 * once an order.
 */
export interface Claim {
  readonly goal: string
  readonly order_id: string
  readonly conversion_id: string
  readonly event_time: Millis
  readonly event_id: string
  /** Stream time at which the claim was last made or met. */
  readonly touched_at: Millis
}

/** A retained session or a companion without one, as counting sees it. */
export interface Holder {
  conversions: readonly Conversion[]
}

export interface Claims {
  claims: readonly Claim[]
}

/** What an event did to its visitor's conversions. */
export interface Tally<H extends Holder> {
  readonly made: readonly Conversion[]
  readonly withdrawn: readonly Withdrawn[]
  /** Sessions that lost a conversion. */
  readonly corrected: readonly H[]
}

const NONE: readonly never[] = []
const NOTHING_COUNTED: Tally<never> = { made: NONE, withdrawn: NONE, corrected: NONE }

const CLAIM_LIFETIME_MS = 180 * 86_400_000
/** A visitor's claims are bounded: the one longest untouched goes first. */
const MAX_CLAIMS = 1_000

/** Forgets claims untouched for 180 days. */
export function forgetClaims(visitor: Claims, now: Millis): void {
  if (visitor.claims.some((claim) => claimDue(claim) <= now)) {
    visitor.claims = visitor.claims.filter((claim) => claimDue(claim) > now)
  }
}

/** First stream time at which a claim is forgotten. */
export function claimDue(claim: Claim): Millis {
  return claim.touched_at + CLAIM_LIFETIME_MS + 1
}

/**
 * Counts the goals an event matched, save compound ones. Where only one event may count, the earliest by (event time, event id) does, so
 * that arrival order does not matter: an earlier event displaces a conversion as long as its holder is retained.
 *
 * @param holders the visitor's retained sessions and companions, `session` (what holds the event's own conversions; null
 *   where nothing does) among them
 */
export function countGoals<H extends Holder>(
  visitor: Claims,
  holders: readonly H[],
  session: H | null,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Tally<H> {
  if (goals.length === 0) return NOTHING_COUNTED
  const tally: OpenTally<H> = { made: NONE, withdrawn: NONE, corrected: NONE }
  const counting: Counting<H> = { visitor, holders, session, event, arrival, tally }
  for (const goal of goals) {
    if (goal.compound !== null || !wins(counting, goal)) continue
    const conversion = newConversion(goal, event, key, arrival)
    tally.made = withItem(tally.made, conversion)
    if (session !== null) session.conversions = withItem(session.conversions, conversion)
    if (isClaimed(goal, event)) replaceClaim(visitor, newClaim(counting, goal, conversion))
  }
  return tally
}

interface OpenTally<H> {
  made: readonly Conversion[]
  withdrawn: readonly Withdrawn[]
  corrected: readonly H[]
}

interface Counting<H extends Holder> {
  readonly visitor: Claims
  readonly holders: readonly H[]
  readonly session: H | null
  readonly event: StorefrontEvent
  readonly arrival: Arrival
  readonly tally: OpenTally<H>
}

/** Whether the event counts for a goal; the conversion it displaces, if any, is withdrawn. */
function wins<H extends Holder>(counting: Counting<H>, goal: Goal): boolean {
  const { session, event, arrival, tally } = counting
  if (isClaimed(goal, event)) return winsClaim(counting, goal)
  if (goal.count !== 'once_per_session' || session === null) return true
  const rival = oncePerSession(session.conversions, goal.name)
  if (rival === undefined) return true
  if (!isEarlier(event, rival)) return false
  withdraw(session, rival, arrival, tally)
  return true
}

function oncePerSession(conversions: readonly Conversion[], goal: string): Conversion | undefined {
  for (const conversion of conversions) if (conversion.per_session && conversion.goal === goal) return conversion
  return undefined
}

function winsClaim<H extends Holder>({ visitor, holders, event, arrival, tally }: Counting<H>, goal: Goal): boolean {
  const held = visitor.claims.find((claim) => isSameClaim(claim, goal.name, claimedOrder(goal, event)))
  if (held === undefined) return true
  if (isEarlier(event, held)) {
    const holder = holders.find(({ conversions }) => conversions.some((c) => c.id === held.conversion_id))
    const rival = holder?.conversions.find((c) => c.id === held.conversion_id)
    if (holder !== undefined && rival !== undefined) {
      withdraw(holder, rival, arrival, tally)
      return true
    }
  }
  replaceClaim(visitor, { ...held, touched_at: arrival.streamTime })
  return false
}

/** Joins the conversions of two merged sessions; of two that count once a session the later one is withdrawn. */
export function mergeConversions(survivor: Holder, loser: Holder): Conversion[] {
  const withdrawn: Conversion[] = []
  for (const conversion of loser.conversions) {
    const rival = conversion.per_session ? oncePerSession(survivor.conversions, conversion.goal) : undefined
    if (rival === undefined) {
      survivor.conversions = withItem(survivor.conversions, conversion)
    } else if (isEarlier(conversion, rival)) {
      survivor.conversions = survivor.conversions.map((c) => (c === rival ? conversion : c))
      withdrawn.push(rival)
    } else {
      withdrawn.push(conversion)
    }
  }
  return withdrawn
}

function newClaim<H extends Holder>({ event, arrival }: Counting<H>, goal: Goal, made: Conversion): Claim {
  return {
    goal: goal.name,
    order_id: claimedOrder(goal, event),
    conversion_id: made.id,
    event_time: made.event_time,
    event_id: made.event_id,
    touched_at: arrival.streamTime,
  }
}

/** An empty order id names no order: such events count each. */
function isClaimed(goal: Goal, event: StorefrontEvent): boolean {
  return goal.count === 'once_per_visitor' || claimedOrder(goal, event) !== ''
}

function claimedOrder(goal: Goal, event: StorefrontEvent): string {
  return goal.oncePerOrder ? event.order_id : ''
}

function isSameClaim(claim: Claim, goal: string, orderId: string): boolean {
  return claim.goal === goal && claim.order_id === orderId
}

export function isEarlier(
  event: Pick<Conversion, 'event_time' | 'event_id'>,
  rival: Pick<Conversion, 'event_time' | 'event_id'>,
): boolean {
  return compareMoments(event.event_time, event.event_id, rival.event_time, rival.event_id) < 0
}

function withdraw<H extends Holder>(holder: H, rival: Conversion, arrival: Arrival, tally: OpenTally<H>): void {
  holder.conversions = holder.conversions.filter((c) => c !== rival)
  tally.withdrawn = withItem(tally.withdrawn, { ...rival, definitions_number: arrival.definitionsNumber })
  tally.corrected = withItem(tally.corrected, holder)
}

/** Puts a claim last, behind those that were touched before it. At the bound another one goes. */
export function replaceClaim(visitor: Claims, claim: Claim): void {
  const others = visitor.claims.filter((held) => !isSameClaim(held, claim.goal, claim.order_id))
  if (others.length >= MAX_CLAIMS) others.splice(longestUntouched(others), 1)
  visitor.claims = withItem(others, claim)
}

/** Index of the first of them: of those touched at the same time, which one was first is told by where they stand. */
function longestUntouched(claims: readonly Claim[]): number {
  const least = Math.min(...claims.map(({ touched_at }) => touched_at))
  return claims.findIndex(({ touched_at }) => touched_at === least)
}
