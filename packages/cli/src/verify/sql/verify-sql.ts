import type { DeployedDefinitions } from '@cairn/domain'
import { allDefinitions } from '@cairn/runtime'
import { CommandFailure, exitCode } from '../../command.ts'
import { barriersPassed, connectionOf, release } from '../../flush.ts'
import type { Instance } from '../../instance/instance.ts'
import { rows } from '../../warehouse.ts'
import { beginHold } from '../hold.ts'
import type { LeftOut, LeftOutBecause, SqlFact } from './left-out.ts'
import { isOrderEvent } from './orders.ts'
import { rulesBySite, type SqlRules, type Unjudged } from './rules.ts'
import { conversionDifferences, countsOf, creditDifferences, mostShown, sessionDifferences } from './statements.ts'

/** What the second oracle found of one site. */
export interface SiteJudgement {
  readonly site: string
  /** Why it could not be judged; null where it was. */
  readonly because: Unjudged | null
  /** What of it was not judged all the same. */
  readonly left_out: readonly CountedLeftOut[]
  readonly compared: Readonly<Record<SqlFact, number>>
  readonly differences: readonly SqlDifference[]
}

export interface CountedLeftOut extends Omit<LeftOut, 'facts'> {
  /** How many stored rows that are. */
  readonly rows: Readonly<Partial<Record<SqlFact, number>>>
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
      judgements.push(await judgeSite(instance, site, history))
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
 */
export async function judgeSite(
  instance: Instance,
  site: string,
  history: readonly DeployedDefinitions[],
): Promise<SiteJudgement> {
  const numbers = await rows<{ number: number }>(
    instance,
    'SELECT DISTINCT definitions_number AS number FROM events WHERE site = {site:String}',
    { site },
  )
  const found = rulesBySite(history)(
    site,
    numbers.map(({ number }) => number),
  )
  if (!found.ok) return unjudged(site, found.because)
  const { rules } = found
  if (rules.trustsClient && (await hasServerEvents(instance, site))) return unjudged(site, 'trusted_server_events')
  if (await hasForgottenOrders(instance, site)) return unjudged(site, 'forgotten_orders')
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
  const lines = differences.map(({ fact, only, row }) => `  ${fact} only ${only}: ${row}\n`)
  return [
    `site ${site}, from its events by SQL: ${counted(compared)}; ${atLeast(differences)} differences\n`,
    ...left_out.map((one) => `  not judged: ${counted(one.rows)}${leftOutText(one)}\n`),
    ...lines,
  ].join('')
}

function counted(rows: Readonly<Partial<Record<SqlFact, number>>>): string {
  return Object.entries(rows)
    .map(([fact, n]) => `${n} ${fact}`)
    .join(', ')
}

function leftOutText({ because, goals, before }: CountedLeftOut): string {
  const of = goals === null ? '' : ` of ${goals.join(', ')}`
  const by = before === null ? '' : ` by visitors from before definitions ${before} or their first hour`
  return `${of}${by}: ${whyLeftOut[because]}`
}

/** Of each kind no more than so many are looked up. */
function atLeast(differences: readonly SqlDifference[]): string {
  const isCut = Object.keys(facts).some((fact) => differences.filter((d) => d.fact === fact).length >= mostShown)
  return isCut ? `${differences.length} or more` : String(differences.length)
}

const why: Readonly<Record<Unjudged, string>> = {
  cut_on_campaign: 'campaigns cut its sessions',
  forgotten_orders: 'events of one order lie more than 180 days apart',
  trusted_server_events: 'clients name sessions for the events of its servers',
  unknown_definitions:
    'some of its events were counted under definitions that topic definitions lacks or this version refuses',
}

const whyLeftOut: Readonly<Record<LeftOutBecause, string>> = {
  session_rules_changed: 'these changed its session rules',
  attribution_rules_changed: 'these changed its attribution rules',
  goal_changed: 'these changed how it counts',
  order_goal_removed: 'removed, and no event tells which of its orders were decided before that',
  order_value_matched:
    'a goal with dedupe_by asks for the value or coupon of the order, and labels tell that of one event',
  compound: 'no event tells what matched a part of a compound goal',
  reset_on_conversion: 'its conversions begin new paths',
  collapse_repeats: 'its paths fold repeated touchpoints',
}
