import type { Check, Path } from '../definitions/check.ts'
import type { Millis } from '../event/event.ts'

/** How a site's macro conversions are credited to what brought the visitor. */
export interface AttributionRules {
  /** How long before a conversion a session may have started to be a touchpoint of it; exactly that still counts. */
  readonly lookbackMs: Millis
  /** Age at which a touchpoint weighs half in `time_decay`. */
  readonly halfLifeMs: Millis
  /** Adjacent touchpoints of one channel, source, medium and campaign count as one, the last of them. */
  readonly collapseRepeats: boolean
  /** A path begins after the visitor's conversion of the same goal before. */
  readonly resetOnConversion: boolean
}

export const defaultAttributionRules: AttributionRules = {
  lookbackMs: 30 * 86_400_000,
  halfLifeMs: 7 * 86_400_000,
  collapseRepeats: false,
  resetOnConversion: false,
}

const KEYS = ['lookback', 'half_life', 'collapse_repeats', 'reset_on_conversion']

/** The rules of an `attribution` mapping; what it leaves out comes from `base`. */
export function readAttributionRules(
  check: Check,
  json: unknown,
  path: Path,
  base: AttributionRules,
): AttributionRules {
  if (json === undefined) return base
  const entries = check.object(json, path, KEYS)
  const duration = (key: string, otherwise: Millis): Millis =>
    entries[key] === undefined ? otherwise : check.duration(entries[key], [...path, key], '90d')
  const flag = (key: string, otherwise: boolean): boolean =>
    entries[key] === undefined ? otherwise : check.boolean(entries[key], [...path, key])
  return {
    lookbackMs: duration('lookback', base.lookbackMs),
    halfLifeMs: duration('half_life', base.halfLifeMs),
    collapseRepeats: flag('collapse_repeats', base.collapseRepeats),
    resetOnConversion: flag('reset_on_conversion', base.resetOnConversion),
  }
}
