import type { Millis } from './event.ts'

/** A device clock this far behind ours is wrong; less is what the network took. */
export const clockTolerance: Millis = 60_000

const isoTime =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?)?$/

/**
 * Reads an ISO 8601 time; one without a zone is UTC. Undefined for anything else: numbers are refused because seconds
 * and milliseconds can't be told apart, other spellings because their meaning depends on the reader's locale.
 */
export function parseTime(sent: unknown): Millis | undefined {
  if (typeof sent !== 'string') return undefined
  return asJavaScriptWrites.test(sent) ? plainTime(sent) : generalTime(sent)
}

function generalTime(text: string): Millis | undefined {
  const match = isoTime.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, , sign, zoneHour, zoneMinute] = match
  const date = dateOf(Number(year), Number(month), Number(day))
  const time = timeOfDay(Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0))
  const zone = timeOfDay(Number(zoneHour ?? 0), Number(zoneMinute ?? 0), 0)
  if (date === undefined || time === undefined || zone === undefined) return undefined
  return date + time + milliseconds(fraction) - (sign === '-' ? -zone : zone)
}

/**
 * When the event happened. A device whose clock is wrong is corrected by what its clock said when it sent the batch;
 * all events of a batch move by the same amount, so a correction never reorders them. Nothing arrives before it is sent: a
 * clock that is ahead at all is wrong, else the last events of a batch would all fall on its arrival.
 */
export function eventTime(times: {
  readonly receivedAt: Millis
  readonly sentAt: Millis | null
  readonly deviceTime: Millis | null
}): Millis {
  const { receivedAt, sentAt, deviceTime } = times
  if (deviceTime === null) return receivedAt
  const clockIsWrong = sentAt !== null && (sentAt > receivedAt || receivedAt - sentAt > clockTolerance)
  const happened = clockIsWrong ? receivedAt - (sentAt - deviceTime) : deviceTime
  return Math.min(happened, receivedAt)
}

/** Most clients are written in JavaScript, and reading its fixed columns takes a fifth of the time of the general form. */
const asJavaScriptWrites = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function plainTime(text: string): Millis | undefined {
  const date = dateOf(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8))
  const time = timeOfDay(two(text, 11), two(text, 14), two(text, 17))
  if (date === undefined || time === undefined) return undefined
  return date + time + two(text, 20) * 10 + text.charCodeAt(22) - zero
}

const zero = 48

function two(text: string, at: number): number {
  return (text.charCodeAt(at) - zero) * 10 + text.charCodeAt(at + 1) - zero
}

/** Start of the day, undefined when the calendar has no such day. */
function dateOf(year: number, month: number, day: number): Millis | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  // Date.UTC reads years below 100 as 19xx, so it is asked about the same day 400 years, one calendar cycle, later.
  const cycle = 146_097 * 86_400_000
  return year < 100 ? Date.UTC(year + 400, month - 1, day) - cycle : Date.UTC(year, month - 1, day)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Second 60 is a leap second. */
function timeOfDay(hours: number, minutes: number, seconds: number): Millis | undefined {
  return hours > 23 || minutes > 59 || seconds > 60 ? undefined : ((hours * 60 + minutes) * 60 + seconds) * 1000
}

function milliseconds(fraction: string | undefined): Millis {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
}
