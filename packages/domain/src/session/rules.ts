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

/** The rules that a preset sets; grace and the time zone are the shop's own. */
type Preset = Omit<SessionRules, 'graceMs' | 'timeZone' | 'dayOf'> & { readonly cutAtMidnight: boolean }

const ga4: Preset = {
  gapMs: defaultSessionRules.gapMs,
  maxDurationMs: defaultSessionRules.maxDurationMs,
  maxEvents: defaultSessionRules.maxEvents,
  clientSession: 'ignore',
  cutAtMidnight: false,
  cutOnCampaign: false,
}

/** What other tools do where nothing is set otherwise. */
const PRESETS: Readonly<Record<'ga4' | 'matomo' | 'snowplow', Preset>> = {
  ga4,
  matomo: { ...ga4, cutAtMidnight: true, cutOnCampaign: true },
  snowplow: { ...ga4, clientSession: 'trust', maxDurationMs: 3 * 86_400_000 },
}

const KEYS = [
  'preset',
  'gap',
  'grace',
  'max_duration',
  'max_events',
  'client_session',
  'cut_at_midnight',
  'time_zone',
  'cut_on_campaign',
]

/** The rules of a `session` mapping; what it leaves out comes from its preset, and without one from `base`. */
export function readSessionRules(check: Check, json: unknown, path: Path, base: SessionRules): SessionRules {
  if (json === undefined) return base
  const entries = check.object(json, path, KEYS)
  const preset = readPreset(check, entries, path, base)
  const duration = (key: string, most: string, otherwise: Millis): Millis =>
    entries[key] === undefined ? otherwise : check.duration(entries[key], [...path, key], most)
  const flag = (key: string, otherwise: boolean): boolean =>
    entries[key] === undefined ? otherwise : check.boolean(entries[key], [...path, key])
  const { max_events: maxEvents, client_session: clientSession } = entries
  return {
    gapMs: duration('gap', '24h', preset.gapMs),
    graceMs: duration('grace', '30d', base.graceMs),
    maxDurationMs: duration('max_duration', '30d', preset.maxDurationMs),
    maxEvents:
      maxEvents === undefined ? preset.maxEvents : check.integer(maxEvents, [...path, 'max_events'], 1, 10_000),
    clientSession:
      clientSession === undefined
        ? preset.clientSession
        : check.oneOf(clientSession, [...path, 'client_session'], ['ignore', 'trust'], preset.clientSession),
    ...readDays(check, entries['time_zone'], flag('cut_at_midnight', preset.cutAtMidnight), path, base),
    cutOnCampaign: flag('cut_on_campaign', preset.cutOnCampaign),
  }
}

function readPreset(
  check: Check,
  { preset }: Readonly<Record<string, unknown>>,
  path: Path,
  base: SessionRules,
): Preset {
  if (preset === undefined) return { ...base, cutAtMidnight: base.dayOf !== null }
  return PRESETS[check.oneOf(preset, [...path, 'preset'], ['ga4', 'matomo', 'snowplow'], 'ga4')]
}

function readDays(
  check: Check,
  zone: unknown,
  isCut: boolean,
  path: Path,
  base: SessionRules,
): Pick<SessionRules, 'timeZone' | 'dayOf'> {
  const timeZone = zone === undefined ? base.timeZone : check.text(zone, [...path, 'time_zone'])
  const dayOf = daysIn(timeZone)
  if (dayOf === undefined && zone !== undefined && timeZone !== '') {
    check.add([...path, 'time_zone'], `expected the IANA name of a time zone such as Europe/Berlin, got "${timeZone}"`)
  }
  return { timeZone, dayOf: isCut ? (dayOf ?? null) : null }
}
