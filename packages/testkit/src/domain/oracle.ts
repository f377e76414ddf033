import type { Millis, StorefrontEvent } from '@cairn/domain'
import { completing, reportedOnce, type OracleCompound } from './compound-oracle.ts'
import { campaignOf, channelOfMedium, direct, toldBy, type OracleOrigin } from './oracle-origin.ts'
import { totalsOf, type OracleTotals } from './oracle-totals.ts'

/** A goal as the oracle needs it: plain functions, nothing compiled. */
export type OracleGoal = CountedGoal &
  (
    | { readonly matches: (event: StorefrontEvent) => boolean; readonly compound?: undefined }
    | { readonly compound: OracleCompound }
  )

interface CountedGoal {
  readonly name: string
  readonly kind: 'micro' | 'macro' | 'negative'
  /** What an event is worth to it, null for nothing. */
  readonly worth: (event: StorefrontEvent) => number | null
  /** What that is in; absent where it is the event's own. */
  readonly currency?: (event: StorefrontEvent) => string
  readonly count: 'every' | 'once_per_session' | 'once_per_visitor'
  /** The coupon and promotion of what it counts; absent where they are the event's own. */
  readonly names?: (event: StorefrontEvent) => Pick<OracleConversion, 'coupon' | 'promotion'>
}

export interface OracleSession extends OracleOrigin, OracleTotals {
  /** Event ids in order of time, those of server events that joined it among them. */
  readonly events: readonly string[]
  readonly event_count: number
  readonly started_at: Millis
  readonly ended_at: Millis
  readonly duration_ms: Millis
  readonly page_views: number
  readonly entry_page: string
  readonly exit_page: string
  readonly channel: string
  readonly user_id: string
  readonly device: string
  readonly country: string
  readonly is_bot: boolean
  /** Over 10 s, or two page views, or a conversion; else it is a bounce. */
  readonly is_engaged: boolean
  /** No session of the visitor started before it. */
  readonly is_new: boolean
  readonly cart_stage: string
  /** Why it ended, once all is closed. */
  readonly end_reason: string
}

/** Session rules as the oracle needs them. */
export interface OracleRules {
  readonly gapMs: Millis
  /** `cut_at_midnight` in this zone. */
  readonly midnightIn?: string | undefined
  /** `cut_on_campaign` */
  readonly onCampaign?: boolean
  /** `channels`: the channel of an origin that a rule names, undefined where none does */
  readonly channelOf?: (origin: OracleOrigin) => string | undefined
  /** `client_session: trust` */
  readonly trust?: boolean
}

export interface OracleConversion {
  readonly goal: string
  readonly kind: OracleGoal['kind']
  readonly event_id: string
  readonly value_minor: number | null
  /** Empty without a value. */
  readonly currency: string
  readonly coupon: string
  readonly promotion: string
  readonly user_id: string
  /** Event ids of its session, null for a sessionless one. */
  readonly session: readonly string[] | null
  /** An event of its session's own client is a bot's; of a sessionless one its event is. */
  readonly is_bot: boolean
}

export interface Truth {
  readonly sessions: readonly OracleSession[]
  readonly conversions: readonly OracleConversion[]
}

/**
 * What all events of one visitor come to, computed the plain way: keep each event id once, sort by (time, id), cut
 * where the rules say, count. It shares no code with the fold and knows neither arrival nor corrections.
 */
export function truthOf(events: readonly StorefrontEvent[], rules: OracleRules, goals: readonly OracleGoal[]): Truth {
  const unique = [...new Map(events.map((event) => [event.event_id, event])).values()]
  const sorted = unique.sort((a, b) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1))
  const parts = cut(
    sorted.filter((event) => !event.is_server && mayBeInSession(event)),
    rules,
  )
  const groups = parts.map(({ events }) => events)
  const groupOf = new Map(groups.flatMap((group) => group.map((event) => [event.event_id, group] as const)))
  for (const event of sorted) {
    const covering = event.is_server && mayBeInSession(event) ? groupCovering(event, groups, rules) : undefined
    if (covering !== undefined) groupOf.set(event.event_id, covering)
  }
  const all = (group: readonly StorefrontEvent[]) => sorted.filter((event) => groupOf.get(event.event_id) === group)
  const ids = (group: readonly StorefrontEvent[]) => all(group).map((event) => event.event_id)
  const conversions = goals.flatMap((goal) =>
    counted(
      goal.compound === undefined
        ? sorted.filter(goal.matches)
        : completions(groups.map(all), goal.compound, reportedOnce(sorted.filter(mayBeInSession), goal.compound)),
      goal,
      (event) => groupOf.get(event.event_id),
    ).map((event) => ({
      goal: goal.name,
      kind: goal.kind,
      event_id: event.event_id,
      value_minor: goal.worth(event),
      currency: goal.worth(event) === null ? '' : (goal.currency ?? currencyIn)(event),
      ...(goal.names ?? namesIn)(event),
      user_id: userOf(sorted, event),
      session: ids(groupOf.get(event.event_id) ?? []),
      is_bot: (groupOf.get(event.event_id) ?? [event]).some((one) => one.is_bot),
    })),
  )
  return {
    sessions: parts.map(({ events, endReason }) => {
      const whole = all(events)
      const described = describe(events, whole)
      const totals = totalsOf(conversions.filter(({ session }) => session.includes(events[0]?.event_id ?? '')))
      const { duration_ms, page_views } = described
      return {
        ...described,
        ...totals,
        is_engaged: duration_ms > 10_000 || page_views >= 2 || totals.micro + totals.macro > 0,
        channel: rules.channelOf?.(described) ?? channelOfMedium.get(described.medium) ?? '',
        user_id: userAtEnd(sorted, whole),
        is_new: groups.every(([first]) => (first?.event_time ?? 0) >= (events[0]?.event_time ?? 0)),
        end_reason: endReason,
      }
    }),
    conversions: conversions.map((c) => ({ ...c, session: c.session.length === 0 ? null : c.session })),
  }
}

/** An alias says who somebody is, and nothing of a visit. */
function mayBeInSession({ visitor_id, type }: StorefrontEvent): boolean {
  return visitor_id !== '' && type !== 'alias'
}

/** The events that complete a compound goal, one of each session in which it is completed. */
function completions(groups: readonly Group[], compound: OracleCompound, counting: Group): StorefrontEvent[] {
  const own = groups.map((group) => group.filter((event) => counting.includes(event)))
  const inSessions = counting.filter((event) => own.some((group) => group.includes(event)))
  const found = own.map((group) => completing(group, compound, inSessions)).filter((event) => event !== undefined)
  return found.sort((a, b) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1))
}

/** Who an event is of: its own user, else that of the latest event before it which names one. */
function userOf(sorted: readonly StorefrontEvent[], event: StorefrontEvent): string {
  return lastUser(sorted.slice(0, sorted.indexOf(event) + 1))
}

/** Who a session is of: the last user known when its last event happened, whoever named it. */
function userAtEnd(sorted: readonly StorefrontEvent[], group: readonly StorefrontEvent[]): string {
  const end = group.at(-1)?.event_time ?? 0
  return lastUser(sorted.filter((event) => event.event_time <= end))
}

function lastUser(sorted: readonly StorefrontEvent[]): string {
  return sorted.map((event) => event.user_id).findLast((user) => user !== '') ?? ''
}

/** A session's own events, and why it ended. */
interface Part {
  readonly events: StorefrontEvent[]
  endReason: string
}

/** Sorted events as sessions: with trust first apart by client session id, then cut in order of time. */
function cut(sorted: readonly StorefrontEvent[], rules: OracleRules): Part[] {
  const parts: Part[] = []
  const clients = rules.trust === true ? [...new Set(sorted.map((event) => event.client_session_id))] : [undefined]
  for (const client of clients) {
    let part: Part | undefined
    for (const event of sorted) {
      if (client !== undefined && event.client_session_id !== client) continue
      const reason = part === undefined ? 'gap' : parting(part.events, event, rules)
      if (reason === undefined) part?.events.push(event)
      else {
        if (part !== undefined) part.endReason = reason
        parts.push((part = { events: [event], endReason: 'gap' }))
      }
    }
  }
  return parts
}

/** What parts the next event from the session so far. */
function parting(session: readonly StorefrontEvent[], event: StorefrontEvent, rules: OracleRules): string | undefined {
  const [first, last] = [session[0] ?? event, session.at(-1) ?? event]
  if (!follows(last, event, rules)) return 'gap'
  if (!isSameDay(last, event, rules)) return 'midnight'
  const isNamed = rules.trust === true && event.client_session_id !== ''
  const campaign = rules.onCampaign === true && !isNamed ? campaignOf(event) : undefined
  return campaign !== undefined && campaign !== campaignOf(first) ? 'campaign' : undefined
}

/** The session a server event joins: the one its client names, else the last that had begun and was not long over. */
function groupCovering(
  event: StorefrontEvent,
  groups: readonly StorefrontEvent[][],
  rules: OracleRules,
): StorefrontEvent[] | undefined {
  const isNamed = rules.trust === true && event.client_session_id !== ''
  const fitting = groups.filter(([first]) => {
    if (first === undefined || !isSameDay(first, event, rules)) return false
    return !isNamed || first.client_session_id === event.client_session_id
  })
  const begun = fitting.filter(([first]) => (first?.event_time ?? 0) <= event.event_time)
  const byStart = rules.trust === true ? startsBefore : (a: Group, b: Group) => startsBefore(unnamed(a), unnamed(b))
  if (isNamed) return begun.toSorted(byStart).at(-1) ?? fitting.toSorted(byStart)[0]
  const covering = begun.filter((group) => event.event_time - (group.at(-1)?.event_time ?? 0) <= rules.gapMs)
  return covering.toSorted(byStart).at(-1)
}

type Group = readonly StorefrontEvent[]

function unnamed(group: Group): Group {
  return group.map((event) => ({ ...event, client_session_id: '' }))
}

/** Sessions that start together are in order of their ends, then of what their client calls them. */
function startsBefore(a: Group, b: Group): number {
  const [one, other] = [a[0], b[0]]
  if (one === undefined || other === undefined) return 0
  const byTimes = one.event_time - other.event_time || (a.at(-1)?.event_time ?? 0) - (b.at(-1)?.event_time ?? 0)
  if (byTimes !== 0) return byTimes
  if (one.client_session_id !== other.client_session_id) return one.client_session_id < other.client_session_id ? -1 : 1
  return one.event_id < other.event_id ? -1 : 1
}

/** Whether nothing but another rule parts two events: within the gap, or one session of the client. */
function follows(last: StorefrontEvent, event: StorefrontEvent, rules: OracleRules): boolean {
  if (rules.trust === true && event.client_session_id !== last.client_session_id) return false
  if (rules.trust === true && event.client_session_id !== '') return true
  return event.event_time - last.event_time <= rules.gapMs
}

function isSameDay(a: StorefrontEvent, b: StorefrontEvent, { midnightIn: timeZone }: OracleRules): boolean {
  const dayOf = (event: StorefrontEvent): string => new Date(event.event_time).toLocaleDateString('en', { timeZone })
  return timeZone === undefined || dayOf(a) === dayOf(b)
}

/** Of the matching events, in order of time, those that count: the first of each thing that counts once. */
function counted(
  matching: readonly StorefrontEvent[],
  goal: OracleGoal,
  groupOf: (event: StorefrontEvent) => unknown,
): StorefrontEvent[] {
  const used = new Set()
  return matching.filter((event) => {
    const once = onceWithin(event, goal, groupOf)
    if (once === undefined) return true
    if (used.has(once)) return false
    used.add(once)
    return true
  })
}

/** By the one property that the generated events have a promotion in. */
function namesIn({ coupon, properties }: StorefrontEvent): Pick<OracleConversion, 'coupon' | 'promotion'> {
  return { coupon, promotion: properties['promotion_id'] ?? '' }
}

function currencyIn({ currency }: StorefrontEvent): string {
  return currency
}

/** What an event uses up for a goal; undefined when it counts in any case. */
function onceWithin(event: StorefrontEvent, goal: OracleGoal, groupOf: (event: StorefrontEvent) => unknown): unknown {
  switch (goal.count) {
    case 'every':
      return undefined
    case 'once_per_session':
      return groupOf(event)
    case 'once_per_visitor':
      return 'visitor'
  }
}

/** `all` has the server events, too. */
function describe(
  group: readonly StorefrontEvent[],
  all: readonly StorefrontEvent[],
): Omit<OracleSession, 'channel' | 'user_id' | 'is_engaged' | 'is_new' | 'end_reason' | keyof OracleTotals> {
  const paths = group.map((event) => event.path).filter((path) => path !== '')
  const [started_at, ended_at] = [group[0]?.event_time ?? 0, group.at(-1)?.event_time ?? 0]
  const telling = group.find((event) => event.path !== '' || toldBy(event) !== undefined)
  return {
    events: all.map((event) => event.event_id),
    event_count: all.length,
    started_at,
    ended_at,
    duration_ms: ended_at - started_at,
    page_views: group.filter((event) => event.name === 'page_view' || event.name === 'screen_view').length,
    entry_page: firstOf(paths),
    exit_page: paths.at(-1) ?? '',
    ...((telling === undefined ? undefined : toldBy(telling)) ?? direct),
    device: firstOf(group.map(({ device }) => device)),
    country: firstOf(group.map(({ country }) => country)),
    is_bot: group.some((event) => event.is_bot),
    cart_stage: stageOf(all),
  }
}

/** How far the cart came, by the few names that the generated events have. */
function stageOf(events: readonly StorefrontEvent[]): string {
  const has = (name: string): boolean => events.some((event) => event.name === name)
  if (has('purchase')) return 'purchase'
  if (has('add_payment_info')) return 'payment'
  if (has('checkout_step_viewed')) return 'checkout'
  if (has('add_to_cart')) return 'cart'
  return has('view_item') ? 'product' : 'none'
}

function firstOf(texts: readonly string[]): string {
  return texts.find((text) => text !== '') ?? ''
}
