import { orderKeptMs, type DeployedDefinitions } from '@cairn/domain'
import { allDefinitions } from '@cairn/runtime'
import { CommandFailure, exitCode } from '../../command.ts'
import { barriersPassed, connectionOf, release } from '../../flush.ts'
import type { Instance } from '../../instance/instance.ts'
import { rows } from '../../warehouse.ts'
import type { OrderName } from '../fold.ts'
import { beginHold } from '../hold.ts'
import { boundsOf, countOf } from './bounds.ts'
import type { CountedLeftOut, SiteJudgement, SqlDifference } from './judgement.ts'
import type { LeftOut, SqlFact } from './left-out.ts'
import { isOrderEvent } from './orders.ts'
import { rulesBySite, type SiteRules, type SqlRules, type Unjudged } from './rules.ts'
import { conversionDifferences, countsOf, creditDifferences, sessionDifferences } from './statements.ts'

const facts: Readonly<Record<SqlFact, (rules: SqlRules) => string>> = {
  sessions: sessionDifferences,
  conversions: conversionDifferences,
  credits: creditDifferences,
}

const holdMs = 120_000

export interface SqlOptions {
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
  /** Orders of which the log has an event twice under one id, with different content; table `events` cannot tell. */
  readonly conflicting?: readonly OrderName[]
}

/**
 * Has ClickHouse compute sessions, conversions and credits from table `events` alone, and compares them with what the
 * stream wrote. The SQL shares nothing with the fold but the definitions, which the domain reads for both. The sink stands
 * still meanwhile.
 */
export async function verifyBySql(
  instance: Instance,
  { timeoutMs, interrupted, conflicting }: SqlOptions,
): Promise<SiteJudgement[]> {
  const hold = await beginHold(instance, { holdMs, timeoutMs, interrupted })
  try {
    const barriers = await barriersPassed(instance, hold.flushId, timeoutMs, interrupted)
    if (barriers === undefined)
      throw new CommandFailure(
        exitCode.unavailable,
        'the sink did not reach the barrier in time; "cairn lag" shows what is behind',
      )
    // Read once the tables stand still: it has all that their events were labelled under.
    const history = await allDefinitions(connectionOf(instance, 'verify'), instance.namespace, interrupted)
    const judgements: SiteJudgement[] = []
    for (const { site } of await rows<{ site: string }>(instance, 'SELECT DISTINCT site FROM events ORDER BY site')) {
      interrupted.throwIfAborted()
      judgements.push(await judgeSite(instance, site, history, conflicting))
    }
    await hold.check(barriers)
    return judgements
  } finally {
    await release(instance, hold.flushId).catch(() => undefined)
  }
}

/**
 * Judges one site, as its tables stand.
 *
 * @param history all definitions that were deployed, in their order
 * @param conflicting orders, of any site, of which an event came again with other content
 */
export async function judgeSite(
  instance: Instance,
  site: string,
  history: readonly DeployedDefinitions[],
  conflicting: readonly OrderName[] = [],
): Promise<SiteJudgement> {
  const found = await rulesOf(instance, site, history)
  if (!found.ok) return unjudged(site, found.because)
  const orders = conflicting.filter((order) => order.site === site).map(({ order_id }) => order_id)
  const met = await boundsMet(instance, site, boundsOf(found.rules, orders))
  return judgeBy(instance, site, { ...found.rules, leftOut: [...found.rules.leftOut, ...met] })
}

async function rulesOf(instance: Instance, site: string, history: readonly DeployedDefinitions[]): Promise<SiteRules> {
  const sql = 'SELECT DISTINCT definitions_number AS number FROM events WHERE site = {site:String}'
  const numbers = await rows<{ number: number }>(instance, sql, { site })
  const known = numbers.map(({ number }) => number)
  const found = rulesBySite(history)(site, known)
  if (!found.ok) return found
  if (found.rules.trustsClient && (await hasServerEvents(instance, site)))
    return { ok: false, because: 'trusted_server_events' }
  return (await hasForgottenOrders(instance, site)) ? { ok: false, because: 'forgotten_orders' } : found
}

async function judgeBy(instance: Instance, site: string, rules: SqlRules): Promise<SiteJudgement> {
  const differences: SqlDifference[] = []
  const compared: Record<SqlFact, number> = { sessions: 0, conversions: 0, credits: 0 }
  const left = rules.leftOut.map(({ because, goals, before }): CountedLeftOut => ({ because, goals, before, rows: {} }))
  for (const fact of Object.keys(facts) as SqlFact[]) {
    differences.push(...(await differencesOf(instance, site, fact, rules)))
    const counts = await rows<{ nth: number; n: number }>(instance, countsOf(fact, rules), { site })
    const counted = new Map(counts.map(({ nth, n }) => [nth, n]))
    compared[fact] = counted.get(0) ?? 0
    for (const [at, { facts }] of rules.leftOut.entries())
      if (facts.includes(fact)) Object.assign(left[at]?.rows ?? {}, { [fact]: counted.get(at + 1) ?? 0 })
  }
  return { site, because: null, left_out: left, compared, differences }
}

/** Of the bounds, those that visitors of the site have met: every further one costs each statement. */
async function boundsMet(instance: Instance, site: string, bounds: readonly LeftOut[]): Promise<LeftOut[]> {
  const met: LeftOut[] = []
  for (const bound of bounds) {
    const [counted] = await rows<{ n: number }>(instance, countOf(bound), { site })
    if ((counted?.n ?? 0) > 0) met.push(bound)
  }
  return met
}

async function differencesOf(
  instance: Instance,
  site: string,
  fact: SqlFact,
  rules: SqlRules,
): Promise<SqlDifference[]> {
  const found = await rows<Record<string, unknown> & { surplus: number }>(instance, facts[fact](rules), { site })
  return found.map(({ surplus, ...row }) => ({
    fact,
    only: surplus > 0 ? 'told' : 'stored',
    row: JSON.stringify(row),
  }))
}

function unjudged(site: string, because: Unjudged): SiteJudgement {
  return { site, because, left_out: [], compared: { sessions: 0, conversions: 0, credits: 0 }, differences: [] }
}

async function hasServerEvents(instance: Instance, site: string): Promise<boolean> {
  const sql = "SELECT 1 AS one FROM events WHERE site = {site:String} AND is_server AND visitor_id != '' LIMIT 1"
  return (await rows(instance, sql, { site })).length > 0
}

/** An order is forgotten so long after its last event; what comes then begins another one. */
async function hasForgottenOrders(instance: Instance, site: string): Promise<boolean> {
  const sql = `SELECT 1 AS one FROM events WHERE site = {site:String} AND ${isOrderEvent}
    GROUP BY order_id HAVING dateDiff('second', min(appended_at), max(appended_at)) > ${orderKeptMs / 1000} LIMIT 1`
  return (await rows(instance, sql, { site })).length > 0
}
