import type { ConversionRow, CreditRow, Millis, SessionRow, StorefrontEvent } from '@cairn/domain'
import { usualSite } from './case-folder.ts'
import type { Accepted, Ended } from './case-run.ts'

/** A row as expected.json has it: what is empty, 0 or false is left out. */
export type CaseRow = Readonly<Record<string, unknown>>

/**
 * What a reader of the warehouse sees of a case, without ids: a session is named by its first event, a conversion by its
 * event and goal. Sessions are in order of visitor, site and start, conversions and credits of time, event, goal and site.
 */
export interface CaseRows {
  readonly sessions: readonly CaseRow[]
  readonly conversions: readonly CaseRow[]
  readonly credits: readonly CaseRow[]
  readonly users: readonly CaseRow[]
  /** Events that are flagged late, where there are any. */
  readonly late?: readonly string[]
}

export function rowsOf({ warehouse, accepted }: Ended): CaseRows {
  const names = firstEvents(accepted, (offset) => warehouse.sessionOf(offset))
  const named = (id: string | null): string => (id === null ? '' : (names.get(id) ?? `no event of ${id}`))
  const conversions = warehouse.liveConversions().sort(byTime)
  const byId = new Map(conversions.map((row) => [row.conversion_id, row]))
  const credits = warehouse.liveCredits().map(({ row }) => ({ row, of: byId.get(row.conversion_id) }))
  const late = accepted.flatMap(({ event, isLate }) => (isLate ? [event.event_id] : [])).sort()
  return {
    sessions: warehouse
      .liveSessions()
      .sort(byVisitor)
      .map((row) => sessionOf(row, named)),
    conversions: conversions.map((row) => conversionOf(row, named)),
    credits: credits.sort((a, b) => byTime(a.of, b.of)).map(({ row, of }) => creditOf(row, of, named, byId)),
    users: usersOf(accepted.map(({ event }) => event)),
    ...(late.length === 0 ? {} : { late }),
  }
}

function sessionOf(row: SessionRow, named: (id: string) => string): CaseRow {
  const { started_at, ended_at, page_views, micro, macro } = row
  return filled({
    first: named(row.session_id),
    site: siteOf(row),
    visitor: row.visitor_id,
    user: row.user_id,
    channel: row.channel,
    from: fromOf(row),
    start: timeOf(started_at),
    end: timeOf(ended_at),
    end_reason: row.end_reason,
    events: row.events,
    page_views,
    entry: row.entry_page,
    exit: row.exit_page,
    cart: row.cart_stage === 'none' ? '' : row.cart_stage,
    micro,
    macro,
    // As v_sessions has it.
    engaged: ended_at - started_at > 10_000 || page_views >= 2 || micro + macro > 0,
    new: row.is_new === 1,
    bot: row.is_bot === 1,
  })
}

function conversionOf(row: ConversionRow, named: (id: string | null) => string): CaseRow {
  return filled({
    event: row.event_id,
    goal: row.goal,
    session: named(row.session_id),
    site: siteOf(row),
    visitor: row.visitor_id,
    user: row.user_id,
    channel: row.channel,
    from: row.channel === '' ? '' : fromOf(row),
    at: timeOf(row.event_time),
    value: moneyOf(row.value_minor, row.currency),
    order: row.order_id,
    status: row.order_status,
    refunded: row.refunded_minor === 0 ? '' : moneyOf(row.refunded_minor, row.currency),
    coupon: row.coupon,
    promotion: row.promotion,
    bot: row.is_bot === 1,
  })
}

/** The path by the first events of its sessions; what each model gives to each of them, and in money. */
function creditOf(
  row: CreditRow,
  of: ConversionRow | undefined,
  named: (id: string) => string,
  conversions: ReadonlyMap<string, ConversionRow>,
): CaseRow {
  const models = row.models.map((model, at) => {
    const money = row.values_minor[at] ?? []
    const shares = (row.credits[at] ?? []).map((share, touch) => shareOf(share, money[touch], row.currency))
    return [model, shares] as const
  })
  const [, first] = models[0] ?? ['', []]
  const isSame = models.every(([, shares]) => JSON.stringify(shares) === JSON.stringify(first))
  return filled({
    event: of?.event_id ?? 'of no conversion',
    goal: row.goal,
    site: siteOf(row),
    user: row.user_id,
    value: moneyOf(row.value_minor, row.currency),
    path: row.touch_session_ids.map((id, at) => `${named(id)}: ${row.touch_channels[at] ?? ''}`),
    ...(isSame ? { each_model: first } : Object.fromEntries(models)),
    assists: row.assist_conversion_ids.map(
      (id, at) => `${conversions.get(id)?.event_id ?? id}: ${row.assist_goals[at] ?? ''}`,
    ),
    bot: row.is_bot === 1,
  })
}

/** Who was identified as whom, as v_visitor_users has it. */
function usersOf(events: readonly StorefrontEvent[]): CaseRow[] {
  const counts = new Map<string, number>()
  for (const event of events) {
    const { user_id, visitor_id, previous_id, type, is_bot, is_server } = event
    if (user_id === '' || (is_bot && !is_server)) continue
    for (const visitor of new Set([visitor_id, type === 'alias' ? previous_id : ''])) {
      const key = JSON.stringify([visitor, user_id, siteOf(event)])
      if (visitor !== '') counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return [...counts].sort().map(([key, count]) => {
    const [visitor, user, site] = JSON.parse(key) as [string, string, string]
    return filled({ site, visitor, user, events: count })
  })
}

/** By session, its earliest event; one of a server neither starts a session nor names it. */
function firstEvents(accepted: readonly Accepted[], sessionAt: (offset: number) => string | null): Map<string, string> {
  const names = new Map<string, string>()
  const inOrder = accepted.map(({ event, offset }) => ({ ...pick(event), offset })).sort(byTime)
  for (const { event_id, is_server, offset } of inOrder) {
    const session = sessionAt(offset)
    if (session !== null && !is_server && !names.has(session)) names.set(session, event_id)
  }
  return names
}

function pick({ event_id, event_time, is_server }: StorefrontEvent) {
  return { event_id, event_time, is_server }
}

/** Empty for the usual one. */
function siteOf({ site }: Pick<SessionRow, 'site'>): string {
  return site === usualSite ? '' : site
}

function fromOf({ source, medium, campaign }: Pick<SessionRow, 'source' | 'medium' | 'campaign'>): string {
  return [source, medium, ...(campaign === '' ? [] : [campaign])].join(' / ')
}

/** Without the milliseconds where there are none. */
function timeOf(time: Millis): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}

/** Of currencies with two digits, which are all that cases have; empty where there is no value. */
function moneyOf(minor: number | null, currency: string): string {
  return minor === null ? '' : `${(minor / 100).toFixed(2)} ${currency}`
}

function shareOf(share: number, minor: number | undefined, currency: string): string {
  const credit = (share / 1_000_000).toFixed(6)
  return minor === undefined ? credit : `${credit} = ${moneyOf(minor, currency)}`
}

function filled(row: CaseRow): CaseRow {
  const isEmpty = (value: unknown) => value === '' || value === 0 || value === false || isEmptyList(value)
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !isEmpty(value)))
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

interface Timed {
  readonly event_time: Millis
  readonly event_id: string
  readonly goal?: string
  readonly site?: string
}

function byTime(a: Timed | undefined, b: Timed | undefined): number {
  if (a === undefined || b === undefined) return 0
  const byEvent = a.event_time - b.event_time || compare(a.event_id, b.event_id)
  return byEvent || compare(a.goal ?? '', b.goal ?? '') || compare(a.site ?? '', b.site ?? '')
}

function byVisitor(a: SessionRow, b: SessionRow): number {
  return compare(a.visitor_id, b.visitor_id) || compare(a.site, b.site) || a.started_at - b.started_at
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
