import { deployedDefinitions } from '@cairn/runtime'
import { CommandFailure, exitCode } from '../../command.ts'
import { barriersPassed, connectionOf, release } from '../../flush.ts'
import type { Instance } from '../../instance/instance.ts'
import { rows } from '../../warehouse.ts'
import { beginHold } from '../hold.ts'
import { isOrderEvent } from './orders.ts'
import { rulesBySite, type SiteRules, type SqlRules, type Unjudged } from './rules.ts'
import {
  conversionDifferences,
  creditDifferences,
  isJudged,
  mostShown,
  sessionDifferences,
  type SqlFact,
} from './statements.ts'

/** What the second oracle found of one site. */
export interface SiteJudgement {
  readonly site: string
  /** Why it could not be judged; null where it was. */
  readonly because: Unjudged | null
  /** Its compound goals, whose conversions are left out. */
  readonly left_out: readonly string[]
  readonly compared: Readonly<Record<SqlFact, number>>
  readonly differences: readonly SqlDifference[]
}

export interface SqlDifference {
  readonly fact: SqlFact
  /** `told`: the events tell it and the table lacks it; `stored`: the other way round. */
  readonly only: 'told' | 'stored'
  readonly row: string
}

const facts: Readonly<Record<SqlFact, (rules: SqlRules) => string>> = {
  sessions: sessionDifferences,
  conversions: conversionDifferences,
  credits: creditDifferences,
}

const holdMs = 120_000

/**
 * Has ClickHouse compute sessions, conversions and credits from table `events` alone, by SQL that shares nothing with the
 * fold, and compares them with what the stream wrote. The sink stands still meanwhile.
 */
export async function verifyBySql(
  instance: Instance,
  { timeoutMs, interrupted }: { readonly timeoutMs: number; readonly interrupted: AbortSignal },
): Promise<SiteJudgement[]> {
  const deployed = await deployedDefinitions(connectionOf(instance, 'verify'), instance.namespace, interrupted)
  const rulesOf = rulesBySite(deployed?.json)
  const hold = await beginHold(instance, { holdMs, timeoutMs, interrupted })
  try {
    const barriers = await barriersPassed(instance, hold.flushId, timeoutMs, interrupted)
    if (barriers === undefined)
      throw new CommandFailure(
        exitCode.unavailable,
        'the sink did not reach the barrier in time; "cairn lag" shows what is behind',
      )
    const judgements: SiteJudgement[] = []
    for (const { site, numbers } of await sitesOf(instance)) {
      interrupted.throwIfAborted()
      const isOther = numbers.some((number) => number !== deployed?.number)
      const rules: SiteRules = isOther ? { ok: false, because: 'other_definitions' } : rulesOf(site)
      judgements.push(await judge(instance, site, rules))
    }
    await hold.check(barriers)
    return judgements
  } finally {
    await release(instance, hold.flushId).catch(() => undefined)
  }
}

function sitesOf(instance: Instance): Promise<{ site: string; numbers: number[] }[]> {
  return rows(
    instance,
    'SELECT site, groupUniqArray(definitions_number) AS numbers FROM events GROUP BY site ORDER BY site',
  )
}

async function judge(instance: Instance, site: string, rules: SiteRules): Promise<SiteJudgement> {
  const compared = { sessions: 0, conversions: 0, credits: 0 }
  if (!rules.ok) return { site, because: rules.because, left_out: [], compared, differences: [] }
  const { compounds } = rules.rules
  if (rules.rules.trustsClient && (await hasServerEvents(instance, site)))
    return { site, because: 'trusted_server_events', left_out: [], compared, differences: [] }
  if (await hasForgottenOrders(instance, site))
    return { site, because: 'forgotten_orders', left_out: [], compared, differences: [] }
  const differences: SqlDifference[] = []
  for (const [fact, statement] of Object.entries(facts) as [SqlFact, (rules: SqlRules) => string][]) {
    const found = await rows<Record<string, unknown> & { surplus: number }>(instance, statement(rules.rules), { site })
    for (const { surplus, ...row } of found)
      differences.push({ fact, only: surplus > 0 ? 'told' : 'stored', row: JSON.stringify(row) })
    const [counted] = await rows<{ n: number }>(
      instance,
      `SELECT count() AS n FROM ${fact} FINAL WHERE ${isJudged(fact, rules.rules)}`,
      { site },
    )
    compared[fact] = counted?.n ?? 0
  }
  return { site, because: null, left_out: compounds, compared, differences }
}

async function hasServerEvents(instance: Instance, site: string): Promise<boolean> {
  const sql = "SELECT 1 AS one FROM events WHERE site = {site:String} AND is_server AND visitor_id != '' LIMIT 1"
  return (await rows(instance, sql, { site })).length > 0
}

/** An order is forgotten 180 days after its last event; what comes then begins another one. */
async function hasForgottenOrders(instance: Instance, site: string): Promise<boolean> {
  const sql = `SELECT 1 AS one FROM events WHERE site = {site:String} AND ${isOrderEvent}
    GROUP BY order_id HAVING dateDiff('second', min(appended_at), max(appended_at)) > 180 * 86400 LIMIT 1`
  return (await rows(instance, sql, { site })).length > 0
}

/** The judgements as a person reads them. */
export function sqlText(judgements: readonly SiteJudgement[]): string {
  return judgements.map(siteText).join('')
}

function siteText({ site, because, left_out, compared, differences }: SiteJudgement): string {
  if (because !== null) return `site ${site} is not judged by SQL: ${why[because]}\n`
  const counts = Object.entries(compared).map(([fact, n]) => `${n} ${fact}`)
  const lines = differences.map(({ fact, only, row }) => `  ${fact} only ${only}: ${row}\n`)
  const without = left_out.length === 0 ? '' : ` (not judged, as they are compound: ${left_out.join(', ')})`
  return `site ${site}, from its events by SQL: ${counts.join(', ')}; ${atLeast(differences)} differences${without}\n${lines.join('')}`
}

/** Of each kind no more than so many are looked up. */
function atLeast(differences: readonly SqlDifference[]): string {
  const isCut = Object.keys(facts).some((fact) => differences.filter((d) => d.fact === fact).length >= mostShown)
  return isCut ? `${differences.length} or more` : String(differences.length)
}

const why: Readonly<Record<Unjudged, string>> = {
  cut_on_campaign: 'campaigns cut its sessions',
  reset_on_conversion: 'its conversions begin new paths',
  collapse_repeats: 'its paths fold repeated touchpoints',
  order_value_matched: 'a goal with dedupe_by asks for the value of the order, and labels tell that of one event',
  forgotten_orders: 'events of one order lie more than 180 days apart',
  trusted_server_events: 'clients name sessions for the events of its servers',
  other_definitions: 'some of its events were counted under other definitions than those deployed last',
}
