import type { Millis } from '../event/event.ts'

/** What was folded away of one day of a visitor's history: counts stay where touchpoints and conversions have no room. */
export interface OmittedDay {
  /** Days since 1970-01-01, UTC, of a touchpoint's start or a conversion's time. */
  readonly day: number
  readonly touches: number
  /** Micro conversions. */
  readonly assists: number
  /** Stream time since which the last of them had been kept: they are forgotten when they would have been. */
  readonly since: Millis
}

const DAY_MS = 86_400_000
/** More days than the longest lookback can reach; beyond them the oldest is forgotten. */
const MAX_DAYS = 128

/** Counts something folded away that a visitor had at a time, and kept since. Days stay in order. */
export function noteOmitted(
  days: readonly OmittedDay[],
  kind: 'touches' | 'assists',
  time: Millis,
  since: Millis,
): readonly OmittedDay[] {
  const day = dayOf(time)
  const isTouch = kind === 'touches' ? 1 : 0
  const at = days.findIndex((known) => known.day >= day)
  const known = days[at]
  if (known?.day === day) {
    const touches = known.touches + isTouch
    const assists = known.assists + 1 - isTouch
    return days.with(at, { day, touches, assists, since: Math.max(known.since, since) })
  }
  const added = days.toSpliced(at < 0 ? days.length : at, 0, { day, touches: isTouch, assists: 1 - isTouch, since })
  return added.length > MAX_DAYS ? added.slice(1) : added
}

/** Takes back the count of a micro conversion that was folded away, and counts no more. */
export function withoutAssist(days: readonly OmittedDay[], time: Millis): readonly OmittedDay[] {
  const day = dayOf(time)
  const at = days.findIndex((known) => known.day === day && known.assists > 0)
  const known = days[at]
  if (known === undefined) return days
  const { touches, assists, since } = known
  return touches + assists === 1 ? days.toSpliced(at, 1) : days.with(at, { day, touches, assists: assists - 1, since })
}

/**
 * How many were folded away within a span of time. Of the days it begins and ends in all count, as nobody knows the hours
 * of them any more; of the first one none where something that is still known came before the span: the oldest go first.
 *
 * @param from of what counts, the first possible time
 */
export function omittedWithin(
  days: readonly OmittedDay[],
  kind: 'touches' | 'assists',
  from: Millis,
  to: Millis,
  isKnownBefore: boolean,
): number {
  const first = dayOf(from) + (isKnownBefore ? 1 : 0)
  const last = dayOf(to)
  let omitted = 0
  for (const counted of days) if (counted.day >= first && counted.day <= last) omitted += counted[kind]
  return omitted
}

function dayOf(time: Millis): number {
  return Math.floor(time / DAY_MS)
}
