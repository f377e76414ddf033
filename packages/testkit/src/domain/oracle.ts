import type { Millis, StorefrontEvent } from '@cairn/domain'

/** A goal as the oracle needs it: plain functions, nothing compiled. */
export interface OracleGoal {
  readonly name: string
  readonly matches: (event: StorefrontEvent) => boolean
  readonly valued: boolean
  readonly count: 'every' | 'once_per_session' | 'once_per_visitor' | 'once_per_order'
}

export interface OracleSession {
  /** Event ids in order of time. */
  readonly events: readonly string[]
  readonly started_at: Millis
  readonly ended_at: Millis
  readonly page_views: number
  readonly entry_page: string
  readonly exit_page: string
  readonly source: string
  readonly user_id: string
  readonly is_bot: boolean
}

export interface OracleConversion {
  readonly goal: string
  readonly event_id: string
  readonly value_minor: number | null
  /** Undefined for a sessionless one: nobody keeps it, so it has the user known on its arrival. */
  readonly user_id: string | undefined
  /** Event ids of its session, null for a sessionless one. */
  readonly session: readonly string[] | null
}

export interface Truth {
  readonly sessions: readonly OracleSession[]
  readonly conversions: readonly OracleConversion[]
}

/**
 * What all events of one visitor come to, computed the plain way: keep each event id once, sort by (time, id), cut at
 * gaps, count. It shares no code with the fold and knows neither arrival nor corrections.
 */
export function truthOf(events: readonly StorefrontEvent[], gapMs: Millis, goals: readonly OracleGoal[]): Truth {
  const unique = [...new Map(events.map((event) => [event.event_id, event])).values()]
  const sorted = unique.sort((a, b) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1))
  const groups = cutAtGaps(
    sorted.filter((event) => !event.is_server && event.visitor_id !== ''),
    gapMs,
  )
  const groupOf = new Map(groups.flatMap((group) => group.map((event) => [event.event_id, group] as const)))
  const ids = (group: readonly StorefrontEvent[]): string[] => group.map((event) => event.event_id)
  const conversions = goals.flatMap((goal) =>
    counted(
      sorted.filter((event) => goal.matches(event)),
      goal,
      (event) => groupOf.get(event.event_id),
    ).map((event) => ({
      goal: goal.name,
      event_id: event.event_id,
      value_minor: goal.valued ? event.value_minor : null,
      user_id: userOf(sorted, event),
      session: ids(groupOf.get(event.event_id) ?? []),
    })),
  )
  return {
    sessions: groups.map((group) => ({ ...describe(group, ids(group)), user_id: userAtEnd(sorted, group) })),
    conversions: conversions.map((c) => (c.session.length > 0 ? c : { ...c, session: null, user_id: undefined })),
  }
}

/** Who an event is of: its own user, else that of the latest event before it which names one. */
function userOf(sorted: readonly StorefrontEvent[], event: StorefrontEvent): string {
  return lastUser(sorted.slice(0, sorted.indexOf(event) + 1))
}

/** Who a session is of: the last user known when it ends, whoever named it. */
function userAtEnd(sorted: readonly StorefrontEvent[], group: readonly StorefrontEvent[]): string {
  const end = group.at(-1)?.event_time ?? 0
  return lastUser(sorted.filter((event) => event.event_time <= end))
}

function lastUser(sorted: readonly StorefrontEvent[]): string {
  return sorted.map((event) => event.user_id).findLast((user) => user !== '') ?? ''
}

function cutAtGaps(sorted: readonly StorefrontEvent[], gapMs: Millis): StorefrontEvent[][] {
  const groups: StorefrontEvent[][] = []
  for (const event of sorted) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    if (group !== undefined && last !== undefined && event.event_time - last.event_time <= gapMs) group.push(event)
    else groups.push([event])
  }
  return groups
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

/** What an event uses up for a goal; undefined when it counts in any case. */
function onceWithin(event: StorefrontEvent, goal: OracleGoal, groupOf: (event: StorefrontEvent) => unknown): unknown {
  switch (goal.count) {
    case 'every':
      return undefined
    case 'once_per_session':
      return groupOf(event)
    case 'once_per_visitor':
      return 'visitor'
    case 'once_per_order':
      return event.order_id === '' ? undefined : event.order_id
  }
}

function describe(group: readonly StorefrontEvent[], events: readonly string[]): Omit<OracleSession, 'user_id'> {
  const paths = group.map((event) => event.path).filter((path) => path !== '')
  const telling = group.find((event) => event.path !== '' || toldBy(event) !== undefined)
  return {
    events,
    started_at: group[0]?.event_time ?? 0,
    ended_at: group.at(-1)?.event_time ?? 0,
    page_views: group.filter((event) => event.name === 'page_view' || event.name === 'screen_view').length,
    entry_page: paths[0] ?? '',
    exit_page: paths.at(-1) ?? '',
    source: (telling === undefined ? undefined : toldBy(telling)) ?? '(direct)',
    is_bot: group.some((event) => event.is_bot),
  }
}

/** The source an event tells, of the few that the generated events have; undefined for none. */
function toldBy(event: StorefrontEvent): string | undefined {
  if (event.source + event.medium + event.campaign !== '') return event.source
  if (event.click_id_name === 'gclid' || event.referrer_host === 'www.google.com') return 'google'
  return event.referrer_host === '' ? undefined : event.referrer_host
}
