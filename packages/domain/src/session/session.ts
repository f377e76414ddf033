import type { Millis, StorefrontEvent } from '../event/event.ts'
import { idFrom } from '../event/hash.ts'
import { compareMoments } from '../event/moment.ts'
import { cartRank } from './cart.ts'
import type { ChannelRule } from './channel-rules.ts'
import { isPageView, type Fact } from './fact.ts'
import type { SessionRules } from './rules.ts'
import { carriesOrigin, resolveOrigin, type Origin } from './source.ts'

/** What one event says about its session, and which event said it: the earliest or the latest decides. */
export interface Mark {
  readonly time: Millis
  readonly event_id: string
  readonly value: string
}

export interface OriginMark extends Origin {
  readonly time: Millis
  readonly event_id: string
}

/** A rule that ends a session before its gap is over. */
export type Cut = '' | 'midnight' | 'campaign'

/**
 * A session as the fold keeps it. What rows say of its events is a minimum, a maximum or a sum over them, so that neither
 * their order nor the order of merges can be seen in it; the id and the definitions tell which event arrived first, and
 * last. Where events may be parted it keeps them, to be summed up again.
 */
export interface Session {
  /** Immutable, derived from the first-arrived event. */
  readonly id: string
  /** Input offset of the first-arrived event: the lowest survives a merge. */
  readonly first_offset: number
  /** The client's own session id where it decides (`client_session: trust`), else empty. */
  readonly client_session_id: string
  started_at: Millis
  ended_at: Millis
  events: number
  page_views: number
  entry: Mark | null
  exit: Mark | null
  origin: OriginMark | null
  user: Mark | null
  device: Mark | null
  country: Mark | null
  is_bot: boolean
  /** How far the cart came: a place in `cartStages`. */
  cart_rank: number
  /** It refused an event that the gap rule would have given it. */
  capped: boolean
  /** What parted it from an event that would have followed. */
  cut: Cut
  closed: boolean
  /** First instant of the closing clock at which it is closed. */
  close_due: Millis
  /** First stream time at which it can't be corrected any more. */
  forget_due: Millis
  /** Ids of the sessions that were merged into it. */
  absorbed: readonly string[]
  /** Its events in order, where they may be parted again; else none. */
  facts: readonly Fact[]
  /** Definitions under which it last took an event. */
  definitions_number: number
}

/**
 * The id of a part that a split takes from its session: its own first-arrived event's, as for any session, and the offset
 * of the event that split it, so that no id is used twice.
 */
export function splitIdOf(site: string, visitorId: string, first: Fact, offset: number): string {
  return idFrom(first.time, [site, visitorId, first.event_id, String(first.offset), String(offset)])
}

/** The clocks and definitions an event meets on arrival. */
export interface Arrival {
  readonly offset: number
  readonly streamTime: Millis
  readonly closingClock: Millis
  readonly rules: SessionRules
  readonly ownDomains: ReadonlySet<string>
  readonly channelRules: readonly ChannelRule[]
  readonly definitionsNumber: number
}

/**
 * The id of the session that an event starts. The offset keeps it from being used twice: an event that comes again when
 * its first session is forgotten starts another, whose rows must not replace those of the first.
 */
export function sessionIdOf(event: StorefrontEvent, offset: number): string {
  return idFrom(event.event_time, [event.site, event.visitor_id, event.event_id, String(offset)])
}

export function addEvent(session: Session, event: StorefrontEvent, arrival: Arrival): void {
  session.started_at = Math.min(session.started_at, event.event_time)
  session.ended_at = Math.max(session.ended_at, event.event_time)
  session.events++
  if (isPageView(event)) session.page_views++
  if (event.is_bot) session.is_bot = true
  session.cart_rank = Math.max(session.cart_rank, cartRank(event.name))
  if (isEarliest(session.entry, event, event.path)) session.entry = markOf(event, event.path)
  if (isLatest(session.exit, event, event.path)) session.exit = markOf(event, event.path)
  if (isLatest(session.user, event, event.user_id)) session.user = markOf(event, event.user_id)
  if (isEarliest(session.device, event, event.device)) session.device = markOf(event, event.device)
  if (isEarliest(session.country, event, event.country)) session.country = markOf(event, event.country)
  if (carriesOrigin(event) && (session.origin === null || precedes(event.event_time, event.event_id, session.origin))) {
    session.origin = originMarkOf(event, arrival)
  }
  touch(session, arrival)
}

/** Adds what `loser` holds to `survivor`, which then stands for both. */
export function absorb(survivor: Session, loser: Session): void {
  survivor.started_at = Math.min(survivor.started_at, loser.started_at)
  survivor.ended_at = Math.max(survivor.ended_at, loser.ended_at)
  survivor.events += loser.events
  survivor.page_views += loser.page_views
  survivor.is_bot ||= loser.is_bot
  survivor.cart_rank = Math.max(survivor.cart_rank, loser.cart_rank)
  survivor.capped ||= loser.capped
  if (survivor.cut === '') survivor.cut = loser.cut
  survivor.entry = earliest(survivor.entry, loser.entry)
  survivor.exit = latest(survivor.exit, loser.exit)
  survivor.user = latest(survivor.user, loser.user)
  survivor.device = earliest(survivor.device, loser.device)
  survivor.country = earliest(survivor.country, loser.country)
  survivor.origin = earliest(survivor.origin, loser.origin)
  survivor.absorbed = [...survivor.absorbed, loser.id, ...loser.absorbed]
}

/**
 * A touch opens a session again and gives it another gap to live, and after that a grace to be corrected in. Grace alone
 * would not do: an event up to a gap after the last one belongs to the session and may be as late as grace.
 */
export function touch(session: Session, { closingClock, streamTime, rules, definitionsNumber }: Arrival): void {
  session.closed = false
  session.close_due = Math.max(session.ended_at, closingClock) + rules.gapMs + 1
  session.forget_due = streamTime + rules.gapMs + rules.graceMs + 1
  session.definitions_number = definitionsNumber
}

/** Whether (time, eventId) comes before a mark. */
export function precedes(
  time: Millis,
  eventId: string,
  mark: { readonly time: Millis; readonly event_id: string },
): boolean {
  return compareMoments(time, eventId, mark.time, mark.event_id) < 0
}

function isEarliest(mark: Mark | null, event: StorefrontEvent, value: string): boolean {
  return value !== '' && (mark === null || precedes(event.event_time, event.event_id, mark))
}

function isLatest(mark: Mark | null, event: StorefrontEvent, value: string): boolean {
  return value !== '' && (mark === null || !precedes(event.event_time, event.event_id, mark))
}

function markOf(event: StorefrontEvent, value: string): Mark {
  return { time: event.event_time, event_id: event.event_id, value }
}

function originMarkOf(event: StorefrontEvent, { ownDomains, channelRules }: Arrival): OriginMark {
  const origin = resolveOrigin(event, ownDomains, channelRules)
  const { channel, source, medium, campaign, term, content, click_id_name, click_id, referrer } = origin
  const { event_time: time, event_id } = event
  return { time, event_id, channel, source, medium, campaign, term, content, click_id_name, click_id, referrer }
}

interface Timed {
  readonly time: Millis
  readonly event_id: string
}

function earliest<T extends Timed>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b
  return precedes(b.time, b.event_id, a) ? b : a
}

function latest<T extends Timed>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b
  return precedes(a.time, a.event_id, b) ? b : a
}
