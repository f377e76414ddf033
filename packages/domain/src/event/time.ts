import type { Millis } from './event.ts'

/** A device clock this far from ours is wrong; less is what the network took. */
export const clockTolerance: Millis = 60_000

const isoTime =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?)?$/

/**
 * Reads an ISO 8601 time; one without a zone is UTC. Undefined for anything else: numbers are refused because seconds
 * and milliseconds can't be told apart, other spellings because their meaning depends on the reader's locale.
 */
export function parseTime(sent: unknown): Millis | undefined {
  if (typeof sent !== 'string') return undefined
  const match = isoTime.exec(sent)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, , sign, zoneHour, zoneMinute] = match
  const y = Number(year)
  const m = Number(month)
  const d = Number(day)
  const [h, min, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)]
  if (m < 1 || m > 12 || d < 1 || d > daysIn(y, m) || h > 23 || min > 59 || s > 60) return undefined
  const zone = zoneOffset(sign, Number(zoneHour ?? 0), Number(zoneMinute ?? 0))
  if (zone === undefined) return undefined
  return utc(y, m, d) + h * 3_600_000 + min * 60_000 + s * 1000 + milliseconds(fraction) - zone
}

/**
 * When the event happened. A device whose clock is wrong is corrected by what its clock said when it sent the batch;
 * all events of a batch move by the same amount, so a correction never reorders them.
 */
export function eventTime(times: {
  readonly receivedAt: Millis
  readonly sentAt: Millis | null
  readonly deviceTime: Millis | null
}): Millis {
  const { receivedAt, sentAt, deviceTime } = times
  if (deviceTime === null) return receivedAt
  const clockIsWrong = sentAt !== null && Math.abs(receivedAt - sentAt) > clockTolerance
  const happened = clockIsWrong ? receivedAt - (sentAt - deviceTime) : deviceTime
  return Math.min(happened, receivedAt)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Date.UTC reads years below 100 as 19xx, so it is asked about the same day 400 years, one calendar cycle, later. */
function utc(year: number, month: number, day: number): Millis {
  const cycle = 146_097 * 86_400_000
  return year < 100 ? Date.UTC(year + 400, month - 1, day) - cycle : Date.UTC(year, month - 1, day)
}

function milliseconds(fraction: string | undefined): Millis {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
}

function zoneOffset(sign: string | undefined, hours: number, minutes: number): Millis | undefined {
  if (hours > 23 || minutes > 59) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
