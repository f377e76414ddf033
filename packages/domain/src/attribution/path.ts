import type { Millis } from '../event/event.ts'
import { compareText } from '../event/text-order.ts'
import { isSameSource } from '../session/source.ts'
import type { AttributionRules } from './rules.ts'

/** A session as attribution sees it: that the visitor came, when, and by what. */
export interface Touchpoint {
  readonly session_id: string
  readonly started_at: Millis
  /** Orders sessions that start at once: client session id and first event, where these part sessions. */
  readonly tie: string
  readonly channel: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
  /** A bot's session is no touchpoint of another one's conversions. */
  readonly is_bot: boolean
}

/** The touchpoints that share a conversion, oldest first. */
export interface TouchPath {
  readonly touches: readonly Touchpoint[]
  /** Touchpoints within the lookback that the bound left out, all older than those kept. */
  readonly omitted: number
}

/** A conversion as far as its path depends on it. */
export interface Destination {
  readonly event_time: Millis
  /** Null for one outside sessions: its path is what came before it. */
  readonly session_id: string | null
  /** Time of the visitor's conversion of the same goal before, null for the first. */
  readonly previous: Millis | null
}

/** Longer paths lose their oldest touchpoints: one visitor must not make rows without end. */
export const MAX_TOUCHES = 100
/** Characters of what the touchpoints of a path are named by; campaigns can be long. */
export const MAX_PATH_SIZE = 32 * 1024

/**
 * The path of a conversion: the visitor's touchpoints up to and including the converting session that started no longer
 * than the lookback before it, in order of their start. The converting session is always among them, also where it started
 * after the conversion: that of a server event earlier than the session it names. No other that started after it is.
 *
 * @param touchpoints the visitor's, in any order; `session_id` is unique in them
 */
export function pathOf(
  touchpoints: readonly Touchpoint[],
  to: Destination,
  rules: Pick<AttributionRules, 'lookbackMs' | 'collapseRepeats' | 'resetOnConversion'>,
): TouchPath {
  const converting = touchpoints.find(({ session_id }) => session_id === to.session_id)
  const from = to.event_time - rules.lookbackMs
  const after = rules.resetOnConversion && to.previous !== null ? to.previous : -Infinity
  const within = touchpoints.filter((touch) => {
    if (touch === converting) return true
    if (touch.is_bot || touch.started_at < from || touch.started_at <= after) return false
    return touch.started_at <= to.event_time && (converting === undefined || byStart(touch, converting) < 0)
  })
  within.sort(byStart)
  const path = rules.collapseRepeats ? within.filter((touch, at) => !isRepeated(touch, within[at + 1])) : within
  const omitted = Math.max(0, path.length - MAX_TOUCHES, tooLong(path))
  return { touches: path.slice(omitted), omitted }
}

/** How many of the oldest touchpoints have to go for the rest to be no longer than a path may; the last stays. */
function tooLong(path: readonly Touchpoint[]): number {
  let size = 0
  for (let at = path.length - 1; at >= 0; at--) {
    const { channel, source, medium, campaign } = path[at] as Touchpoint
    size += channel.length + source.length + medium.length + campaign.length
    if (size > MAX_PATH_SIZE && at < path.length - 1) return at + 1
  }
  return 0
}

/** Sessions of a visitor start at once only where their client or campaigns part them; then `tie` decides. */
function byStart(a: Touchpoint, b: Touchpoint): number {
  return a.started_at - b.started_at || compareText(a.tie, b.tie) || compareText(a.session_id, b.session_id)
}

function isRepeated(touch: Touchpoint, next: Touchpoint | undefined): boolean {
  return next !== undefined && isSameSource(touch, next)
}
