import type { Millis, StorefrontEvent } from '../event/event.ts'
import { compareMoments } from '../event/moment.ts'
import { cartRank } from './cart.ts'
import type { Arrival, Mark, Session } from './session.ts'
import { campaignOf, carriesOrigin, resolveOrigin, type Origin } from './source.ts'

/** What a session keeps of one of its events where events may be parted (`cut_on_campaign`). */
export interface Fact {
  readonly time: Millis
  readonly event_id: string
  /** Its input offset. */
  readonly offset: number
  readonly is_page_view: boolean
  readonly path: string
  readonly user_id: string
  readonly device: string
  readonly country: string
  readonly is_bot: boolean
  readonly cart_rank: number
  /** What it says of its campaign: source, medium and name as one text; empty when it carries none. */
  readonly campaign: string
  /** Null where another event comes before it in any session that it can be in. */
  readonly origin: Origin | null
}

export function factOf(
  event: StorefrontEvent,
  { offset, ownDomains, channelRules }: Pick<Arrival, 'offset' | 'ownDomains' | 'channelRules'>,
): Fact {
  return {
    time: event.event_time,
    event_id: event.event_id,
    offset,
    is_page_view: isPageView(event),
    path: event.path,
    user_id: event.user_id,
    device: event.device,
    country: event.country,
    is_bot: event.is_bot,
    cart_rank: cartRank(event.name),
    campaign: campaignOf(event),
    origin: carriesOrigin(event) ? resolveOrigin(event, ownDomains, channelRules) : null,
  }
}

export function isPageView({ name }: Pick<StorefrontEvent, 'name'>): boolean {
  return name === 'page_view' || name === 'screen_view'
}

/**
 * A fact behind another that tells an origin, without its own: a session begins with the first of all, or with an event
 * that carries a campaign, so none ever begins between the two.
 */
export function withoutOrigin(fact: Fact): Fact {
  return fact.campaign === '' ? { ...fact, origin: null } : fact
}

/** The order of events: by time, then by id. */
export function inOrder(a: Fact, b: Fact): number {
  return compareMoments(a.time, a.event_id, b.time, b.event_id)
}

/** Facts in order, cut before each that carries another campaign than that of the session before it. */
export function cutOnCampaign(facts: readonly Fact[]): Fact[][] {
  const parts: Fact[][] = []
  let part: Fact[] = []
  for (const fact of facts) {
    if (part.length === 0 || startsAnother(part, fact)) parts.push((part = []))
    part.push(fact)
  }
  return parts
}

/** Whether an event behind these begins another session. The first of a session decides its campaign: others equal it. */
export function startsAnother([first]: readonly Fact[], { campaign }: Fact): boolean {
  return campaign !== '' && campaign !== first?.campaign
}

/** Makes a session what its facts, in order, come to. */
export function sumUp(session: Session, facts: Fact[]): void {
  const [first] = facts
  const last = facts.at(-1)
  if (first === undefined || last === undefined) return
  session.facts = facts
  session.started_at = first.time
  session.ended_at = last.time
  session.events = facts.length
  session.page_views = facts.filter(({ is_page_view }) => is_page_view).length
  session.is_bot = facts.some(({ is_bot }) => is_bot)
  session.cart_rank = facts.reduce((most, { cart_rank }) => Math.max(most, cart_rank), 0)
  session.entry = markOf(
    facts.find(({ path }) => path !== ''),
    'path',
  )
  session.exit = markOf(
    facts.findLast(({ path }) => path !== ''),
    'path',
  )
  session.user = markOf(
    facts.findLast(({ user_id }) => user_id !== ''),
    'user_id',
  )
  session.device = markOf(
    facts.find(({ device }) => device !== ''),
    'device',
  )
  session.country = markOf(
    facts.find(({ country }) => country !== ''),
    'country',
  )
  const telling = facts.find(({ origin }) => origin !== null)
  if (telling?.origin) session.origin = { time: telling.time, event_id: telling.event_id, ...telling.origin }
  else session.origin = null
}

function markOf(fact: Fact | undefined, field: 'path' | 'user_id' | 'device' | 'country'): Mark | null {
  return fact === undefined ? null : { time: fact.time, event_id: fact.event_id, value: fact[field] }
}
