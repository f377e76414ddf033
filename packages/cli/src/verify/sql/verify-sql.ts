import { orderKeptMs, type DeployedDefinitions } from '@cairn/domain'
import { allDefinitions } from '@cairn/runtime'
import { connectionOf } from '../../flush.ts'
import type { Instance } from '../../instance/instance.ts'
import { rows } from '../../warehouse.ts'
import type { OrderConflict } from '../fold.ts'
import { boundsOf, countOf, type Bound } from './bounds.ts'
import type { CountedLeftOut, SiteJudgement, SqlDifference } from './judgement.ts'
import { sqlFacts, type SqlFact } from './left-out.ts'
import { isOrderEvent } from './orders.ts'
import { rulesBySite, type SiteRules, type SqlRules, type Unjudged } from './rules.ts'
import { conversionDifferences, countsOf, creditDifferences, sessionDifferences } from './statements.ts'

const differing: Readonly<Record<SqlFact, (rules: SqlRules) => string>> = {
  sessions: sessionDifferences,
  conversions: conversionDifferences,
  credits: creditDifferences,
}

/**
 * Has ClickHouse compute sessions, conversions and credits from table `events` alone, and compares them with what the
 * stream wrote, while the tables stand still. The SQL shares nothing with the fold but the definitions, which the domain
 * reads for both.
 *
 * @param conflicting of which the log has an event twice under one id, with other content; table `events` cannot tell
 */
export async function judgeSites(
  instance: Instance,
  conflicting: readonly OrderConflict[],
  interrupted: AbortSignal,
): Promise<SiteJudgement[]> {
  const history = await allDefinitions(connectionOf(instance, 'verify'), instance.namespace, interrupted)
  const judgements: SiteJudgement[] = []
  for (const { site } of await rows<{ site: string }>(instance, 'SELECT DISTINCT site FROM events ORDER BY site')) {
    interrupted.throwIfAborted()
    judgements.push(await judgeSite(instance, site, history, conflicting))
  }
  return judgements
}

/**
 * Judges one site, as its tables stand.
 *
 * @param history all definitions that were deployed, in their order
 * @param conflicting of any site
 */
export async function judgeSite(
  instance: Instance,
  site: string,
  history: readonly DeployedDefinitions[],
  conflicting: readonly OrderConflict[] = [],
): Promise<SiteJudgement> {
  const found = await rulesOf(instance, site, history)
  if (!found.ok) return unjudged(site, found.because)
  const own = conflicting.filter((conflict) => conflict.site === site)
  const met = await boundsMet(instance, site, boundsOf(found.rules, own))
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
  const left = rules.leftOut.map(({ because, goals, before, facts }) => {
    const rows: Partial<Record<SqlFact, number>> = {}
    return { counted: { because, goals, before, rows } satisfies CountedLeftOut, facts }
  })
  for (const fact of sqlFacts) {
    differences.push(...(await differencesOf(instance, site, fact, rules)))
    const counts = await rows<{ nth: number; n: number }>(instance, countsOf(fact, rules), { site })
    const byNth = new Map(counts.map(({ nth, n }) => [nth, n]))
    compared[fact] = byNth.get(0) ?? 0
    for (const [at, { counted, facts }] of left.entries())
      if (facts.includes(fact)) counted.rows[fact] = byNth.get(at + 1) ?? 0
  }
  return { site, because: null, left_out: left.map(({ counted }) => counted), compared, differences }
}

/** Of the bounds, those that visitors of the site have met: every further one costs each statement. */
async function boundsMet(instance: Instance, site: string, bounds: readonly Bound[]): Promise<Bound[]> {
  const met: Bound[] = []
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
  const sql = differing[fact](rules)
  const found = await rows<Record<string, unknown> & { surplus: number }>(instance, sql, { site })
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
