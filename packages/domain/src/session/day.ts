import type { Millis } from '../event/event.ts'

/** The local day of a time: days since 1970-01-01 in a time zone. */
export type DayOf = (time: Millis) => number

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** A zone's known hours are forgotten at this many, which is more than a year. */
const MAX_HOURS = 10_000

/** Days of an IANA time zone, by the rules of the zone that the engine knows; undefined when it knows no such zone. */
export function daysIn(timeZone: string): DayOf | undefined {
  if (timeZone === 'UTC') return (time) => Math.floor(time / DAY_MS)
  const offsetOf = offsetsIn(timeZone)
  return offsetOf === undefined ? undefined : (time) => Math.floor((time + offsetOf(time)) / DAY_MS)
}

/**
 * Local time minus UTC. Asking the engine takes microseconds, so an hour is asked for once, at its ends; only in the few
 * hours in which clocks are changed is it asked about the time itself.
 */
function offsetsIn(timeZone: string): ((time: Millis) => Millis) | undefined {
  const format = formatOf(timeZone)
  if (format === undefined) return undefined
  const known = new Map<number, Millis>()
  return (time) => {
    const hour = Math.floor(time / HOUR_MS)
    let offset = known.get(hour)
    if (offset === undefined) {
      const start = offsetAt(format, hour * HOUR_MS)
      offset = start === offsetAt(format, (hour + 1) * HOUR_MS - 1) ? start : CHANGES
      if (known.size >= MAX_HOURS) known.clear()
      known.set(hour, offset)
    }
    return offset === CHANGES ? offsetAt(format, time) : offset
  }
}

/** Stands for the offset of an hour that has two. */
const CHANGES = Infinity

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  // Some engines also take offsets such as +02:00: those are no zones, and not known everywhere.
  if (!/^[A-Za-z]/.test(timeZone)) return undefined
  const numeric = 'numeric'
  const clock = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' } as const
  const date = { year: numeric, month: numeric, day: numeric, calendar: 'gregory', numberingSystem: 'latn' } as const
  try {
    return new Intl.DateTimeFormat('en', { timeZone, ...date, ...clock })
  } catch {
    return undefined
  }
}

function offsetAt(format: Intl.DateTimeFormat, time: Millis): Millis {
  const second = Math.floor(time / 1_000) * 1_000
  const parts = new Map(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const clock = (part('hour') * 60 + part('minute')) * 60 + part('second')
  return Date.UTC(part('year'), part('month') - 1, part('day')) + clock * 1_000 - second
}
