import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCsv } from '../../packages/cli/src/demo/shop-events/csv.ts'

/** What the published tables count of a session. */
export interface SessionCounts {
  /** Product views and list views. */
  readonly views: number
  readonly additions: number
  readonly removals: number
  readonly checkoutSteps: number
  readonly transactions: number
  /** By currency, in major units. */
  readonly revenue: Readonly<Record<string, number>>
}

export interface PublishedSession {
  readonly app: string
  /** Smallest and largest `collector_tstamp` of its events, UTC milliseconds. */
  readonly startedAt: number
  readonly endedAt: number
  readonly counts: SessionCounts
  /** Those of its events that have a row in a published table. */
  readonly eventIds: ReadonlySet<string>
}

type Row = Readonly<Record<string, string>>

/** The tables the tracker's own integration tests expect, as one record a session (by the client's session id). */
export function publishedSessions(folder: string): Map<string, PublishedSession> {
  const table = (name: string): Row[] =>
    parseCsv(readFileSync(join(folder, 'expected', 'default', `snowplow_ecommerce_${name}_expected.csv`), 'utf8'))
  const checkouts = table('checkout_interactions')
  const transactions = table('transaction_interactions')
  const interactions = [...checkouts, ...transactions, ...table('cart_interactions'), ...table('product_interactions')]
  return new Map(
    table('sessions').map((row) => {
      const id = text(row, 'domain_sessionid')
      const ofSession = (rows: readonly Row[]) => rows.filter((other) => other['domain_sessionid'] === id)
      const steps = ofSession(checkouts).filter((step) => step['ecommerce_action_type'] === 'checkout_step')
      const session = {
        app: text(row, 'app_id'),
        startedAt: timeOf(text(row, 'start_tstamp')),
        endedAt: timeOf(text(row, 'end_tstamp')),
        counts: { ...countsOf(row), checkoutSteps: steps.length, revenue: revenueOf(ofSession(transactions)) },
        eventIds: new Set(ofSession(interactions).map((event) => text(event, 'event_id'))),
      }
      return [id, session]
    }),
  )
}

function countsOf(row: Row): Omit<SessionCounts, 'checkoutSteps' | 'revenue'> {
  return {
    views: Number(row['number_product_views']),
    additions: Number(row['number_add_to_carts']),
    removals: Number(row['number_remove_from_carts']),
    transactions: Number(row['total_number_transactions']),
  }
}

function revenueOf(transactions: readonly Row[]): Record<string, number> {
  return added(transactions.map((row) => ({ [text(row, 'transaction_currency')]: Number(row['transaction_revenue']) })))
}

/** Sums over sessions, currencies apart. */
export function totalOf(sessions: readonly SessionCounts[]): SessionCounts {
  const sum = (count: (session: SessionCounts) => number) => sessions.reduce((total, one) => total + count(one), 0)
  return {
    views: sum(({ views }) => views),
    additions: sum(({ additions }) => additions),
    removals: sum(({ removals }) => removals),
    checkoutSteps: sum(({ checkoutSteps }) => checkoutSteps),
    transactions: sum(({ transactions }) => transactions),
    revenue: added(sessions.map(({ revenue }) => revenue)),
  }
}

/** Amounts in major units, added by currency as cents so that they add up exactly. */
export function added(amounts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const cents = new Map<string, number>()
  for (const [currency, amount] of amounts.flatMap((one) => Object.entries(one))) {
    cents.set(currency, (cents.get(currency) ?? 0) + Math.round(amount * 100))
  }
  return Object.fromEntries([...cents].map(([currency, sum]) => [currency, sum / 100]))
}

/** A session as a pipeline made it: the ids of its events, and when the collector got the first and the last of them. */
export interface FoundSession {
  readonly eventIds: readonly string[]
  readonly firstCollectedAt: number
  readonly lastCollectedAt: number
}

/**
 * Where sessions of the web app differ from the published ones, one line each: every published session must be one found
 * session with the same bounds that holds its events, and nothing may be left over.
 */
export function webSessionDifferences(folder: string, found: readonly FoundSession[]): string[] {
  const published = [...publishedSessions(folder)].filter(([, session]) => session.app === 'ecom-accel')
  const byBounds = new Map(found.map((session) => [`${session.firstCollectedAt}-${session.lastCollectedAt}`, session]))
  const differences = published.flatMap(([id, session]) => {
    const match = byBounds.get(`${session.startedAt}-${session.endedAt}`)
    if (match === undefined) return [`published session ${id} has no counterpart with its start and end`]
    const missing = [...session.eventIds].filter((eventId) => !match.eventIds.includes(eventId))
    return missing.map((eventId) => `event ${eventId} is not in the session that stands for ${id}`)
  })
  const surplus = found.length - published.length
  return surplus === 0
    ? differences
    : [...differences, `${published.length} sessions are published, ${found.length} were found`]
}

function text(row: Row, column: string): string {
  const value = row[column]
  if (value === undefined) throw new Error(`the published table has no column ${column}`)
  return value
}

/** Published times are UTC, with or without fraction and zone. */
function timeOf(published: string): number {
  return Date.parse(`${published.replace(' ', 'T').replace(/\+00:00$/, '')}Z`)
}
