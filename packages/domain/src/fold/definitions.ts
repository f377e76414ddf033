import { defaultAttributionRules, readAttributionRules, type AttributionRules } from '../attribution/rules.ts'
import { readGoals, indexGoals, type Goal, type GoalIndex } from '../conversion/goal.ts'
import { Check, quoted, type Path, type Problem } from '../definitions/check.ts'
import { domainSlip } from '../definitions/slips.ts'
import { sitePattern } from '../event/key.ts'
import { readChannelRules, type ChannelRule } from '../session/channel-rules.ts'
import { defaultSessionRules, readSessionRules, type SessionRules } from '../session/rules.ts'
import type { Retention } from './visitor.ts'

/** The rules of one site. */
export interface SiteDefinitions {
  readonly session: SessionRules
  readonly attribution: AttributionRules
  readonly retention: Retention
  readonly ownDomains: ReadonlySet<string>
  /** Its own channels, before the default ones. */
  readonly channelRules: readonly ChannelRule[]
  readonly goals: readonly Goal[]
  readonly matchGoals: GoalIndex
}

/** Compiled definitions: what `definitions/*.yaml` says, ready to be applied to events. */
export interface Definitions {
  /** Which clock closes sessions: the log's, or (demo, tests, backfills) the events'. */
  readonly timeSource: 'log' | 'event'
  readonly forSite: (site: string) => SiteDefinitions
  /** The sites that have rules of their own. */
  readonly sites: readonly string[]
}

export type Compiled =
  | { readonly ok: true; readonly definitions: Definitions }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const KEYS = ['time_source', 'session', 'attribution', 'own_domains', 'channels', 'goals', 'sites']
const SITE_KEYS = ['session', 'attribution', 'own_domains', 'channels', 'goals']

const defaults = siteOf(defaultSessionRules, defaultAttributionRules, [], [], [])

/** In force before any definitions are deployed: default sessions, no goals. */
export const noDefinitions: Definitions = { timeSource: 'log', forSite: () => defaults, sites: [] }

/**
 * Checks and compiles a definitions document (the parsed YAML or JSON). All problems are returned at once, each with
 * the path of the value it is about.
 */
export function compileDefinitions(json: unknown): Compiled {
  const check = new Check()
  const entries = check.object(json, [], KEYS)
  const { time_source: timeSource, session, attribution, own_domains: ownDomains, channels, goals, sites } = entries
  const base = siteOf(
    readSessionRules(check, session, ['session'], defaultSessionRules),
    readAttributionRules(check, attribution, ['attribution'], defaultAttributionRules),
    readDomains(check, ownDomains, ['own_domains']),
    readChannelRules(check, channels, ['channels']),
    readGoals(check, goals, ['goals']),
  )
  const bySite = readSites(check, sites, base)
  const compiled: Definitions = {
    timeSource: timeSource === undefined ? 'log' : check.oneOf(timeSource, ['time_source'], ['log', 'event'], 'log'),
    forSite: (site) => bySite.get(site) ?? base,
    sites: [...bySite.keys()],
  }
  return check.problems.length === 0 ? { ok: true, definitions: compiled } : { ok: false, problems: check.problems }
}

function readSites(check: Check, json: unknown, base: SiteDefinitions): ReadonlyMap<string, SiteDefinitions> {
  const sites = Object.entries(json === undefined ? {} : check.entries(json, ['sites']))
  for (const [site] of sites) {
    const isName = sitePattern.test(site)
    if (!isName)
      check.addOnKey(['sites', site], `expected up to 64 letters, digits, ".", "_" and "-", got ${quoted(site)}`)
  }
  return new Map(sites.map(([site, overrides]) => [site, readSite(check, overrides, ['sites', site], base)]))
}

/** A site's `session` and `attribution` override key by key, its `own_domains`, `channels` and `goals` replace. */
function readSite(check: Check, json: unknown, path: Path, base: SiteDefinitions): SiteDefinitions {
  const { session, attribution, own_domains: ownDomains, channels, goals } = check.object(json, path, SITE_KEYS)
  return siteOf(
    readSessionRules(check, session, [...path, 'session'], base.session),
    readAttributionRules(check, attribution, [...path, 'attribution'], base.attribution),
    ownDomains === undefined ? [...base.ownDomains] : readDomains(check, ownDomains, [...path, 'own_domains']),
    channels === undefined ? base.channelRules : readChannelRules(check, channels, [...path, 'channels']),
    goals === undefined ? base.goals : readGoals(check, goals, [...path, 'goals']),
  )
}

function readDomains(check: Check, json: unknown, path: Path): readonly string[] {
  if (json === undefined) return []
  return check.list(json, path).map((item, at) => {
    const domain = check.text(item, [...path, at])
    const slip = domainSlip(domain)
    if (slip !== undefined) check.add([...path, at], slip)
    return domain.toLowerCase()
  })
}

function siteOf(
  session: SessionRules,
  attribution: AttributionRules,
  ownDomains: readonly string[],
  channelRules: readonly ChannelRule[],
  goals: readonly Goal[],
): SiteDefinitions {
  return {
    session,
    attribution,
    retention: retentionOf(session, attribution),
    ownDomains: new Set(ownDomains),
    channelRules,
    goals,
    matchGoals: indexGoals(goals),
  }
}

/**
 * A session that was let go stays a touchpoint as long as a conversion may look back at it: for the lookback, and as long as
 * a session in which it converted may last and be corrected.
 */
function retentionOf({ gapMs, graceMs, maxDurationMs }: SessionRules, { lookbackMs }: AttributionRules): Retention {
  return { graceMs, lateMs: gapMs + graceMs, historyMs: lookbackMs + maxDurationMs + gapMs + 2 * graceMs }
}
