import type { Check, Path } from '../definitions/check.ts'
import type { Millis } from '../event/event.ts'

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
}

export const defaultSessionRules: SessionRules = {
  gapMs: 30 * 60_000,
  graceMs: 24 * 3_600_000,
  maxDurationMs: 24 * 3_600_000,
  maxEvents: 10_000,
  clientSession: 'ignore',
}

const KEYS = ['gap', 'grace', 'max_duration', 'max_events', 'client_session']

/** The rules of a `session` mapping; what it leaves out comes from `base`. */
export function readSessionRules(check: Check, json: unknown, path: Path, base: SessionRules): SessionRules {
  if (json === undefined) return base
  const entries = check.object(json, path, KEYS)
  const duration = (key: string, most: string, otherwise: Millis): Millis =>
    entries[key] === undefined ? otherwise : check.duration(entries[key], [...path, key], most)
  const { max_events: maxEvents, client_session: clientSession } = entries
  return {
    gapMs: duration('gap', '24h', base.gapMs),
    graceMs: duration('grace', '30d', base.graceMs),
    maxDurationMs: duration('max_duration', '30d', base.maxDurationMs),
    maxEvents: maxEvents === undefined ? base.maxEvents : check.integer(maxEvents, [...path, 'max_events'], 1, 10_000),
    clientSession:
      clientSession === undefined
        ? base.clientSession
        : check.oneOf(clientSession, [...path, 'client_session'], ['ignore', 'trust'], base.clientSession),
  }
}
