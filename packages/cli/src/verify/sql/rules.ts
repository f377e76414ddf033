import { compileDefinitions, type SiteDefinitions } from '@cairn/domain'

/** What the SQL of one site needs to know of its definitions. */
export interface SqlRules {
  readonly gapMs: number
  readonly trustsClient: boolean
  /** Zone whose midnights cut sessions; empty where they do not. */
  readonly cutInZone: string
  readonly lookbackMs: number
  readonly goals: readonly SqlGoal[]
  /** Compound goals: no event tells which of their parts it matched, so their conversions are not judged. */
  readonly compounds: readonly string[]
}

export interface SqlGoal {
  readonly name: string
  readonly isMacro: boolean
  readonly once: 'never' | 'session' | 'visitor' | 'order'
  /** Its value is what the event, or the order, says. */
  readonly isEventValue: boolean
}

/** Rules that this SQL has not: a site that uses one is not judged by it. */
export type Unjudged =
  | 'cut_on_campaign'
  | 'reset_on_conversion'
  | 'collapse_repeats'
  | 'order_value_matched'
  | 'trusted_server_events'
  | 'forgotten_orders'
  | 'other_definitions'

export type SiteRules =
  { readonly ok: true; readonly rules: SqlRules } | { readonly ok: false; readonly because: Unjudged }

/**
 * The rules of each site, from the definitions deployed last.
 *
 * @param json the deployed definitions, undefined before the first
 * @throws Error when they do not compile: then the fold refused them, too
 */
export function rulesBySite(json: string | undefined): (site: string) => SiteRules {
  const deployed = (json === undefined ? { goals: [] } : JSON.parse(json)) as Deployed
  const compiled = compileDefinitions(deployed)
  if (!compiled.ok) throw new Error('the definitions deployed last do not compile: "cairn dead-letters" says why')
  return (site) => {
    const goals = deployed.sites?.[site]?.goals ?? deployed.goals ?? []
    // An order is matched with the value it has in the end, and labels tell what its purchase matched with its own.
    if (goals.some((goal) => goal.dedupe_by !== undefined && asksForMoney(goal.match)))
      return { ok: false, because: 'order_value_matched' }
    return rulesOf(compiled.definitions.forSite(site))
  }
}

/** As much of a definitions file as is read here. */
interface Deployed {
  readonly goals?: readonly { readonly match?: unknown; readonly dedupe_by?: unknown }[]
  readonly sites?: Readonly<Record<string, Pick<Deployed, 'goals'> | null>>
}

function asksForMoney(match: unknown): boolean {
  if (typeof match !== 'object' || match === null) return false
  return Object.entries(match).some(([key, inner]) =>
    key === 'fields' ? 'value' in Object(inner) || 'currency' in Object(inner) : asksForMoney(inner),
  )
}

function rulesOf({ session, attribution, goals }: SiteDefinitions): SiteRules {
  if (session.cutOnCampaign) return { ok: false, because: 'cut_on_campaign' }
  if (attribution.resetOnConversion) return { ok: false, because: 'reset_on_conversion' }
  if (attribution.collapseRepeats) return { ok: false, because: 'collapse_repeats' }
  return {
    ok: true,
    rules: {
      gapMs: session.gapMs,
      trustsClient: session.clientSession === 'trust',
      cutInZone: session.dayOf === null ? '' : session.timeZone,
      lookbackMs: attribution.lookbackMs,
      compounds: goals.filter(({ compound }) => compound !== null).map(({ name }) => name),
      goals: goals
        .filter(({ compound }) => compound === null)
        .map(({ name, kind, count, oncePerOrder, isEventValue }) => ({
          name,
          isMacro: kind === 'macro',
          isEventValue,
          once: oncePerOrder
            ? 'order'
            : ({ every: 'never', once_per_session: 'session', once_per_visitor: 'visitor' } as const)[count],
        })),
    },
  }
}
