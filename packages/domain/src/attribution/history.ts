import type { Millis } from '../event/event.ts'
import { withItem } from '../state/list.ts'
import type { PastConversion } from './credit.ts'
import type { Touchpoint } from './path.ts'
import { MAX_ASSISTS } from './credit.ts'
import { noteOmitted, withoutAssist, type OmittedDay } from './omitted.ts'
import { MAX_TOUCHES } from './path.ts'

/** A touchpoint whose session can't be corrected any more. */
export interface PastTouchpoint extends Omit<Touchpoint, 'is_bot'> {
  /** Time of its session's last event: an order that is decided late may have been placed in it. */
  readonly ended_at: Millis
  /** Stream time at which its session was let go. */
  readonly since: Millis
}

/** A conversion that no session holds. */
export interface KeptConversion extends PastConversion {
  /** Stream time from which it has been kept. */
  readonly since: Millis
}

/** What later conversions of a visitor look back at, in the order in which it came to be kept. */
export interface History {
  touches: readonly PastTouchpoint[]
  past: readonly KeptConversion[]
  /** How many of both there was no room for, by day; empty for nearly everybody. */
  omitted_days: readonly OmittedDay[]
}

/** What a macro conversion's last credit row said, as hashes: a row goes out where one of them changed. */
export interface SaidCredit {
  readonly conversion_id: string
  readonly conversion: number
  readonly path: number
  readonly assists: number
}

/** Campaigns can be long, and a visitor's state has to fit a record: characters that the touchpoints kept may take. */
const MAX_TOUCHES_SIZE = 64 * 1024

/**
 * Keeps a touchpoint; where there are too many or they are too long, of the oldest only a count stays. That is the one that
 * began first, and not the one kept first: an import of old events must not take the place of this week's.
 */
export function keepTouchpoint(history: History, touch: PastTouchpoint): void {
  let touches = withItem(history.touches, touch)
  let size = 0
  for (const kept of touches) size += touchpointSize(kept)
  while (touches.length > MAX_TOUCHES || (size > MAX_TOUCHES_SIZE && touches.length > 1)) {
    const gone = touches.reduce((oldest, one) => (one.started_at < oldest.started_at ? one : oldest))
    touches = touches.filter((one) => one !== gone)
    size -= touchpointSize(gone)
    history.omitted_days = noteOmitted(history.omitted_days, 'touches', gone.started_at, gone.since)
  }
  history.touches = touches
}

/**
 * Keeps a conversion that no session holds, or no longer; where there are too many, of the oldest micro conversion only a
 * count stays, as a macro one says where later paths begin. Nothing looks back at negative ones.
 */
export function keepConversion(history: History, past: KeptConversion): void {
  if (past.kind === 'negative') return
  let kept = withItem(history.past, past)
  if (kept.length > MAX_ASSISTS) {
    const micros = kept.filter(({ kind }) => kind === 'micro')
    const gone = (micros.length > 0 ? micros : kept).reduce((oldest, one) =>
      one.event_time < oldest.event_time ? one : oldest,
    )
    kept = kept.filter((one) => one !== gone)
    if (gone.kind === 'micro')
      history.omitted_days = noteOmitted(history.omitted_days, 'assists', gone.event_time, gone.since)
  }
  history.past = kept
}

/**
 * Takes out conversions that were kept and count no more. A micro one that is not there any more was folded away; or
 * forgotten, and its day with it, or at the edge of what anything looks back at, where counts are of whole days.
 */
export function dropConversions(
  history: History,
  gone: readonly Pick<PastConversion, 'conversion_id' | 'kind' | 'event_time'>[],
): void {
  for (const { conversion_id, kind, event_time } of gone) {
    const others = history.past.filter((past) => past.conversion_id !== conversion_id)
    if (others.length < history.past.length) history.past = others
    else if (kind === 'micro') history.omitted_days = withoutAssist(history.omitted_days, event_time)
  }
}

/** Forgets what no correctable conversion can look back at any more. */
export function forgetHistory(history: History, now: Millis, historyMs: Millis): void {
  const isKept = ({ since }: { readonly since: Millis }): boolean => since + historyMs >= now
  if (!history.touches.every(isKept)) history.touches = history.touches.filter(isKept)
  if (!history.past.every(isKept)) history.past = history.past.filter(isKept)
  if (!history.omitted_days.every(isKept)) history.omitted_days = history.omitted_days.filter(isKept)
}

/** First stream time at which all of it is forgotten, undefined where there is none. */
export function historyDue({ touches, past, omitted_days }: History, historyMs: Millis): Millis | undefined {
  let last = Math.max(touches.at(-1)?.since ?? -1, past.at(-1)?.since ?? -1)
  for (const { since } of omitted_days) last = Math.max(last, since)
  return last < 0 ? undefined : last + historyMs + 1
}

/** About how many bytes it takes in Avro, a character as one. */
export function historySize({ touches, past, omitted_days }: History): number {
  let size = 14 * omitted_days.length
  for (const touch of touches) size += touchpointSize(touch)
  for (const { goal } of past) size += 60 + goal.length
  return size
}

function touchpointSize({ tie, channel, source, medium, campaign }: PastTouchpoint): number {
  return 60 + tie.length + channel.length + source.length + medium.length + campaign.length
}
