import type { Check, Path } from '../definitions/check.ts'
import type { Millis } from '../event/event.ts'
import { daysIn, type DayOf } from './day.ts'

/** How a site's events become sessions. Defaults are GA4's where it has the rule. */
export interface SessionRules {
  /** Inactivity that ends a session; exactly the gap still joins. */
  readonly gapMs: Millis
  /** How late events may be, and how long repeats are recognised at least. */
  readonly graceMs: Millis
  readonly maxDurationMs: Millis
  readonly maxEvents: number
  /** `trust`: the client's own session id decides where an event carries one. */
  readonly clientSession: 'ignore' | 'trust'
  /** IANA name of the zone whose days count. */
  readonly timeZone: string
  /** `cut_at_midnight`: an event joins only sessions of its own local day. Null when it is off. */
  readonly dayOf: DayOf | null
  /** An event that carries another campaign than the session before it begins a session. */
  readonly cutOnCampaign: boolean
}

export const defaultSessionRules: SessionRules = {
  gapMs: 30 * 60_000,
  graceMs: 24 * 3_600_000,
  maxDurationMs: 24 * 3_600_000,
  maxEvents: 10_000,
  clientSession: 'ignore',
  timeZone: 'UTC',
  dayOf: null,
  cutOnCampaign: false,
}

const KEYS = [
  'gap',
  'grace',
  'max_duration',
  'max_events',
  'client_session',
  'cut_at_midnight',
  'time_zone',
  'cut_on_campaign',
]

/** The rules of a `session` mapping; what it leaves out comes from `base`. */
export function readSessionRules(check: Check, json: unknown, path: Path, base: SessionRules): SessionRules {
  if (json === undefined) return base
  const entries = check.object(json, path, KEYS)
  const duration = (key: string, most: string, otherwise: Millis): Millis =>
    entries[key] === undefined ? otherwise : check.duration(entries[key], [...path, key], most)
  const { max_events: maxEvents, client_session: clientSession, cut_on_campaign: onCampaign } = entries
  return {
    gapMs: duration('gap', '24h', base.gapMs),
    graceMs: duration('grace', '30d', base.graceMs),
    maxDurationMs: duration('max_duration', '30d', base.maxDurationMs),
    maxEvents: maxEvents === undefined ? base.maxEvents : check.integer(maxEvents, [...path, 'max_events'], 1, 10_000),
    clientSession:
      clientSession === undefined
        ? base.clientSession
        : check.oneOf(clientSession, [...path, 'client_session'], ['ignore', 'trust'], base.clientSession),
    ...readDays(check, entries, path, base),
    cutOnCampaign:
      onCampaign === undefined ? base.cutOnCampaign : check.boolean(onCampaign, [...path, 'cut_on_campaign']),
  }
}

function readDays(
  check: Check,
  { cut_at_midnight: cut, time_zone: zone }: Readonly<Record<string, unknown>>,
  path: Path,
  base: SessionRules,
): Pick<SessionRules, 'timeZone' | 'dayOf'> {
  const timeZone = zone === undefined ? base.timeZone : check.text(zone, [...path, 'time_zone'])
  const dayOf = daysIn(timeZone)
  if (dayOf === undefined && zone !== undefined && timeZone !== '') {
    check.add([...path, 'time_zone'], `expected the IANA name of a time zone such as Europe/Berlin, got "${timeZone}"`)
  }
  const isCut = cut === undefined ? base.dayOf !== null : check.boolean(cut, [...path, 'cut_at_midnight'])
  return { timeZone, dayOf: isCut ? (dayOf ?? null) : null }
}
