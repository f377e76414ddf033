import { orderKeptMs } from '@cairn/domain'
import { counted } from '../../counted.ts'
import { sqlFacts, type LeftOut, type LeftOutBecause, type SqlFact } from './left-out.ts'
import type { Unjudged } from './rules.ts'
import { mostShown } from './statements.ts'

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

export interface CountedLeftOut extends Omit<LeftOut, 'facts' | 'visitors'> {
  /** How many stored rows that are. */
  readonly rows: Readonly<Partial<Record<SqlFact, number>>>
}

export interface SqlDifference {
  readonly fact: SqlFact
  /** `told`: the events tell it and the table lacks it; `stored`: the other way round. */
  readonly only: 'told' | 'stored'
  readonly row: string
}

/** Rows of a site of which nothing is known to be right or wrong. */
export interface NotJudged {
  readonly site: string
  /** Where there are such rows and none of them was judged. */
  readonly facts: readonly SqlFact[]
  readonly because: readonly (Unjudged | LeftOutBecause)[]
}

/** Sites, or whole kinds of their rows, that were not judged: without a difference there, nothing is shown. */
export function notJudged(judgements: readonly SiteJudgement[]): NotJudged[] {
  return judgements.flatMap(({ site, because, left_out, compared }): NotJudged[] => {
    if (because !== null) return [{ site, facts: sqlFacts, because: [because] }]
    const facts = sqlFacts.filter((fact) => compared[fact] === 0 && left_out.some(({ rows }) => isSome(rows[fact])))
    if (facts.length === 0) return []
    const whose = left_out.filter(({ rows }) => facts.some((fact) => isSome(rows[fact])))
    return [{ site, facts, because: whose.map((one) => one.because) }]
  })
}

function isSome(rows: number | undefined): boolean {
  return rows !== undefined && rows > 0
}

/** How many stored rows were left out of sites that were judged. */
export function leftOutRows(judgements: readonly SiteJudgement[]): Readonly<Record<SqlFact, number>> {
  const sum = (fact: SqlFact): number =>
    judgements.reduce((all, { left_out }) => left_out.reduce((n, { rows }) => n + (rows[fact] ?? 0), all), 0)
  return { sessions: sum('sessions'), conversions: sum('conversions'), credits: sum('credits') }
}

/** The judgements as a person reads them; at the end, all that was not judged. */
export function sqlText(judgements: readonly SiteJudgement[]): string {
  const left = leftOutRows(judgements)
  const whole = notJudged(judgements).map(({ site, facts, because }) => {
    const reasons = because.map((one) => (one in why ? why[one as Unjudged] : whyLeftOut[one as LeftOutBecause]))
    return `not judged by SQL: ${facts.join(', ')} of site ${site}: ${[...new Set(reasons)].join('; ')}\n`
  })
  return [
    ...judgements.map(siteText),
    ...(sqlFacts.some((fact) => left[fact] > 0) ? [`left out by SQL: ${countedFacts(left)}, as said above\n`] : []),
    ...whole,
  ].join('')
}

function siteText({ site, because, left_out, compared, differences }: SiteJudgement): string {
  if (because !== null) return `site ${site} is not judged by SQL: ${why[because]}\n`
  const lines = differences.map(({ fact, only, row }) => `  ${fact} only ${only}: ${row}\n`)
  return [
    `site ${site}, from its events by SQL: ${countedFacts(compared)}; ${atLeast(differences)}\n`,
    ...left_out.map((one) => `  not judged: ${countedFacts(one.rows)}${leftOutText(one)}\n`),
    ...lines,
  ].join('')
}

function countedFacts(rows: Readonly<Partial<Record<SqlFact, number>>>): string {
  return sqlFacts.flatMap((fact) => (rows[fact] === undefined ? [] : [counted(rows[fact], nouns[fact])])).join(', ')
}

const nouns: Readonly<Record<SqlFact, string>> = { sessions: 'session', conversions: 'conversion', credits: 'credit' }

function leftOutText({ because, goals, before }: CountedLeftOut): string {
  const of = goals === null ? '' : ` of ${goals.join(', ')}`
  const by = before === null ? '' : ` by visitors from before definitions ${before} or their first hour`
  return `${of}${by}: ${whyLeftOut[because]}`
}

/** Of each kind no more than so many are looked up. */
function atLeast(differences: readonly SqlDifference[]): string {
  const isCut = sqlFacts.some((fact) => differences.filter((d) => d.fact === fact).length >= mostShown)
  return isCut ? `${differences.length} or more differences` : counted(differences.length, 'difference')
}

const why: Readonly<Record<Unjudged, string>> = {
  cut_on_campaign: 'campaigns cut its sessions',
  forgotten_orders: `events of one order lie more than ${orderKeptMs / 86_400_000} days apart`,
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
  beyond_grace: 'by visitors of whom an event came later than grace',
  session_cap: 'by visitors with a session that was cut where it would have been too long',
  path_cap: 'by visitors with more visits, or longer names of them, than a path has room for',
  restated_cap: 'by visitors with more macro conversions than a late event restates',
  order_conflict: 'by visitors with an order of which an event came again under its id with other content',
}
