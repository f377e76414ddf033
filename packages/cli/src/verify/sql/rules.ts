import { compileDefinitions, type DeployedDefinitions, type SiteDefinitions } from '@cairn/domain'
import { fingerprint } from '../fingerprint.ts'
import { sqlFacts, type LeftOut, type SqlFact } from './left-out.ts'

/** What the SQL of one site needs to know of its definitions: the rules that are in force, and what they do not decide. */
export interface SqlRules {
  readonly gapMs: number
  readonly graceMs: number
  readonly maxDurationMs: number
  readonly maxEvents: number
  readonly trustsClient: boolean
  /** Zone whose midnights cut sessions; empty where they do not. */
  readonly cutInZone: string
  readonly lookbackMs: number
  /** Goals that some events were counted for. */
  readonly goals: readonly SqlGoal[]
  /** Goals that were macro ones under any definitions, judged or not. */
  readonly macros: SqlMacros
  readonly leftOut: readonly LeftOut[]
}

export interface SqlMacros {
  /** Goals of single events: an event says that it matched one. */
  readonly matched: readonly string[]
  /** Compound goals: any event may complete one. */
  readonly compound: readonly string[]
  /** Those of both that a session never had more than once. */
  readonly oncePerSession: readonly string[]
}

export interface SqlGoal {
  readonly name: string
  readonly isMacro: boolean
  readonly once: 'never' | 'session' | 'visitor' | 'order'
  /** Its value is what the event, or the order, says. */
  readonly isEventValue: boolean
}

/** Why a site is not judged at all. */
export type Unjudged = 'cut_on_campaign' | 'trusted_server_events' | 'forgotten_orders' | 'unknown_definitions'

export type SiteRules =
  { readonly ok: true; readonly rules: SqlRules } | { readonly ok: false; readonly because: Unjudged }

/**
 * The rules of each site. Definitions are in force from where they stand in the log, and a session, an order or a path may
 * have been made under several. So of each rule it is found since when it is as it is now: what it decides is judged of
 * visitors who were not there before. A goal of single events decides by each event alone, and the event says what it
 * matched, so it may come, go and match otherwise.
 *
 * @param history all definitions that were deployed, in their order
 * @returns by site and the numbers of the definitions that its events were labelled under
 */
export function rulesBySite(
  history: readonly DeployedDefinitions[],
): (site: string, numbers: readonly number[]) => SiteRules {
  const versions = [{ number: -1, json: '{"goals":[]}' }, ...history].flatMap(readVersion)
  return (site, numbers) => {
    if (!numbers.every((number) => versions.some((version) => version.number === number)))
      return { ok: false, because: 'unknown_definitions' }
    const since = Math.min(...numbers)
    return rulesOf(versions.filter(({ number }) => number >= since).map((version) => version.forSite(site)))
  }
}

interface Version {
  readonly number: number
  readonly forSite: (site: string) => SiteVersion
}

/** What one deploy says of a site; of the texts, equal ones stand for equal rules. */
interface SiteVersion {
  readonly number: number
  readonly definitions: SiteDefinitions
  readonly session: string
  readonly attribution: string
  readonly goals: ReadonlyMap<string, GoalVersion>
}

interface GoalVersion {
  readonly rule: string
  readonly goal: SqlGoal
  /** Why no event tells what it counts. */
  readonly unjudged: 'compound' | 'order_value_matched' | null
}

/** As much of a definitions file as is read here. */
interface Deployed {
  readonly goals?: readonly DeployedGoal[]
  readonly sites?: Readonly<Record<string, Pick<Deployed, 'goals'> | null>>
}

interface DeployedGoal {
  readonly name?: unknown
  readonly match?: unknown
}

/** None of definitions that do not compile: the fold refused them, too, and those before stayed in force. */
function readVersion({ number, json }: DeployedDefinitions): Version[] {
  const deployed = parsed(json)
  const compiled = compileDefinitions(deployed)
  if (!compiled.ok) return []
  const { goals, sites } = deployed as Deployed
  const forSite = (site: string): SiteVersion => {
    const written = new Map((sites?.[site]?.goals ?? goals ?? []).map((goal) => [goal.name, goal]))
    return siteVersion(number, compiled.definitions.forSite(site), (name) => written.get(name) ?? {})
  }
  return [{ number, forSite }]
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function siteVersion(
  number: number,
  definitions: SiteDefinitions,
  writtenAs: (name: string) => DeployedGoal,
): SiteVersion {
  const { session, attribution } = definitions
  const { lookbackMs, collapseRepeats, resetOnConversion } = attribution
  const goals = definitions.goals.map((goal) => [goal.name, goalVersion(goal, writtenAs(goal.name))] as const)
  return {
    number,
    definitions,
    session: JSON.stringify({ ...session, timeZone: cutInZone(session), dayOf: null }),
    attribution: JSON.stringify({ lookbackMs, collapseRepeats, resetOnConversion }),
    goals: new Map(goals),
  }
}

function cutInZone({ dayOf, timeZone }: SiteDefinitions['session']): string {
  return dayOf === null ? '' : timeZone
}

function goalVersion(goal: SiteDefinitions['goals'][number], written: DeployedGoal): GoalVersion {
  const { name, kind, count, oncePerOrder, isEventValue, compound } = goal
  const once = oncePerOrder
    ? 'order'
    : ({ every: 'never', once_per_session: 'session', once_per_visitor: 'visitor' } as const)[count]
  const counted: SqlGoal = { name, isMacro: kind === 'macro', isEventValue, once }
  if (compound !== null) return { rule: 'compound', goal: counted, unjudged: 'compound' }
  // An order matches by its verdict, under the definitions in force then: nothing of its goal may be another.
  if (oncePerOrder) {
    const unjudged = asksForOrder(written.match) ? 'order_value_matched' : null
    return { rule: fingerprint(written).toString('hex'), goal: counted, unjudged }
  }
  return { rule: JSON.stringify(counted), goal: counted, unjudged: null }
}

/** Fields that an order may have from other events than its purchase. */
const orderFields = ['value', 'currency', 'coupon']

/** An order is matched with the value and coupon it has in the end, and labels tell what its purchase matched with its own. */
function asksForOrder(match: unknown): boolean {
  if (typeof match !== 'object' || match === null) return false
  return Object.entries(match).some(([key, inner]) =>
    key === 'fields' ? orderFields.some((field) => field in Object(inner)) : asksForOrder(inner),
  )
}

function rulesOf(versions: readonly SiteVersion[]): SiteRules {
  const now = versions.at(-1)
  if (now === undefined) return { ok: false, because: 'unknown_definitions' }
  const { session, attribution } = now.definitions
  if (session.cutOnCampaign) return { ok: false, because: 'cut_on_campaign' }
  const sessionsBefore = changedIn(versions, (version) => version.session !== now.session)
  const names = [...new Set(versions.flatMap(({ goals }) => [...goals.keys()]))]
  const goals = names.map((name) => goalOver(versions, name))
  return {
    ok: true,
    rules: {
      gapMs: session.gapMs,
      graceMs: session.graceMs,
      maxDurationMs: session.maxDurationMs,
      maxEvents: session.maxEvents,
      trustsClient: session.clientSession === 'trust',
      cutInZone: cutInZone(session),
      lookbackMs: attribution.lookbackMs,
      goals: goals.filter(({ version }) => version.unjudged === null).map(({ version }) => version.goal),
      macros: macrosOver(versions),
      leftOut: [
        ...(sessionsBefore === null ? [] : [leftOut('session_rules_changed', sqlFacts, null, sessionsBefore)]),
        ...unjudgedCredits(versions, now, sessionsBefore),
        ...unjudgedGoals(goals, sessionsBefore),
      ],
    },
  }
}

function leftOut(
  because: LeftOut['because'],
  facts: readonly SqlFact[],
  goals: readonly string[] | null,
  before: number | null,
): LeftOut {
  return { because, facts, goals, before }
}

/** The number since which no version is another than the last; null where none ever was. */
function changedIn(versions: readonly SiteVersion[], isOther: (version: SiteVersion) => boolean): number | null {
  const at = versions.findLastIndex(isOther)
  return at < 0 ? null : (versions[at + 1]?.number ?? null)
}

function unjudgedCredits(versions: readonly SiteVersion[], now: SiteVersion, sessionsBefore: number | null): LeftOut[] {
  const { resetOnConversion, collapseRepeats } = now.definitions.attribution
  if (resetOnConversion) return [leftOut('reset_on_conversion', ['credits'], null, null)]
  if (collapseRepeats) return [leftOut('collapse_repeats', ['credits'], null, null)]
  const before = changedIn(versions, ({ attribution }) => attribution !== now.attribution)
  return isWithin(before, sessionsBefore) ? [] : [leftOut('attribution_rules_changed', ['credits'], null, before)]
}

/** Whether visitors that the session rules leave out are all that a change concerns. */
function isWithin(before: number | null, sessionsBefore: number | null): boolean {
  return before === null || (sessionsBefore !== null && before <= sessionsBefore)
}

function macrosOver(versions: readonly SiteVersion[]): SqlMacros {
  const macros = versions.flatMap(({ goals }) => [...goals.values()].filter(({ goal }) => goal.isMacro))
  const named = (isCompound: boolean): string[] => {
    const found = macros.filter(({ unjudged }) => (unjudged === 'compound') === isCompound)
    return [...new Set(found.map(({ goal }) => goal.name))]
  }
  const often = macros
    .filter(({ goal: { once } }) => once !== 'session' && once !== 'visitor')
    .map(({ goal }) => goal.name)
  const [matched, compound] = [named(false), named(true)]
  return { matched, compound, oncePerSession: [...matched, ...compound].filter((name) => !often.includes(name)) }
}

interface GoalOver {
  readonly version: GoalVersion
  readonly because: Extract<LeftOut['because'], 'goal_changed' | 'order_goal_removed'> | GoalVersion['unjudged']
  readonly before: number | null
}

/** A goal as it was last, and since when it is so. */
function goalOver(versions: readonly SiteVersion[], name: string): GoalOver {
  const version = versions.findLast(({ goals }) => goals.has(name))?.goals.get(name) as GoalVersion
  if (version.unjudged !== null) return { version, because: version.unjudged, before: null }
  const isOrders = version.goal.once === 'order'
  if (isOrders && versions.at(-1)?.goals.has(name) === false)
    return { version, because: 'order_goal_removed', before: null }
  const before = changedIn(versions, ({ goals }) => {
    const own = goals.get(name)
    return own === undefined ? isOrders : own.rule !== version.rule
  })
  return { version, because: before === null ? null : 'goal_changed', before }
}

function unjudgedGoals(goals: readonly GoalOver[], sessionsBefore: number | null): LeftOut[] {
  const grouped = new Map<string, LeftOut>()
  for (const { version, because, before } of goals) {
    if (because === null || (before !== null && isWithin(before, sessionsBefore))) continue
    const key = `${because} ${before}`
    const others = grouped.get(key)?.goals ?? []
    grouped.set(key, leftOut(because, ['conversions', 'credits'], [...others, version.goal.name], before))
  }
  return [...grouped.values()]
}
