import { describe, expect, it } from '@jest/globals'
import { clockTolerance, eventTime, parseTime } from './time.ts'

const noon = Date.UTC(2026, 0, 31, 12)

describe('parseTime', () => {
  it.each([
    ['2026-01-31T12:00:00.000Z', noon],
    ['2026-01-31T12:00:00Z', noon],
    ['2026-01-31T12:00Z', noon],
    ['2026-01-31 12:00:00', noon],
    ['2026-01-31t12:00:00z', noon],
    ['2026-01-31', noon - 12 * 3_600_000],
    ['2026-01-31T17:30:00.000+05:30', noon],
    ['2026-01-31T04:00:00-0800', noon],
    ['2026-01-31T13:00:00+01', noon],
    ['2026-01-31T12:00:00.5Z', noon + 500],
    ['2026-01-31T12:00:00.123456789Z', noon + 123],
    ['2026-01-31T12:00:00,25Z', noon + 250],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0050-03-01T00:00:00Z', Date.parse('0050-03-01T00:00:00Z')],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)).toBe(expected)
  })

  it.each([
    ['a number, which may be seconds or milliseconds', 1_769_860_800_000],
    ['empty text', ''],
    ['the spelling of a locale', '31/01/2026'],
    ['the spelling of JavaScript', 'Sat Jan 31 2026 12:00:00 GMT+0000'],
    ['a day the month does not have', '2026-02-29T00:00:00Z'],
    ['a day the century year does not have', '2100-02-29T00:00:00Z'],
    ['a thirteenth month', '2026-13-01'],
    ['hour 24', '2026-01-31T24:00:00Z'],
    ['a zone of a hundred hours', '2026-01-31T12:00:00+99:00'],
    ['white space around it', ' 2026-01-31T12:00:00Z'],
    ['a year of five digits', '12026-01-31T12:00:00Z'],
    ['null', null],
    ['an object', {}],
  ])('does not read %s', (_what, sent) => {
    expect(parseTime(sent)).toBeUndefined()
  })
})

describe('eventTime', () => {
  it('is when the device says, where its clock agrees with ours', () => {
    expect(eventTime({ receivedAt: noon, sentAt: noon - 500, deviceTime: noon - 3000 })).toBe(noon - 3000)
  })

  it('is when we received it, where the device does not say', () => {
    expect(eventTime({ receivedAt: noon, sentAt: noon - 500, deviceTime: null })).toBe(noon)
  })

  it('takes a difference of exactly the tolerance for latency', () => {
    const sentAt = noon - clockTolerance
    expect(eventTime({ receivedAt: noon, sentAt, deviceTime: sentAt - 1000 })).toBe(sentAt - 1000)
  })

  it('takes a millisecond more for a slow clock', () => {
    const slow = noon - clockTolerance - 1
    expect(eventTime({ receivedAt: noon, sentAt: slow, deviceTime: slow - 1000 })).toBe(noon - 1000)
  })

  it('takes a clock that is ahead at all for a fast one: nothing arrives before it is sent', () => {
    for (const ahead of [1, clockTolerance, clockTolerance + 1, 86_400_000]) {
      const fast = noon + ahead
      expect(eventTime({ receivedAt: noon, sentAt: fast, deviceTime: fast - 1000 })).toBe(noon - 1000)
    }
  })

  it('believes an old time without sentAt: imports and phones that were offline', () => {
    const lastYear = noon - 365 * 86_400_000
    expect(eventTime({ receivedAt: noon, sentAt: null, deviceTime: lastYear })).toBe(lastYear)
  })

  it('is never later than we received it', () => {
    expect(eventTime({ receivedAt: noon, sentAt: null, deviceTime: noon + 1 })).toBe(noon)
    expect(eventTime({ receivedAt: noon, sentAt: noon - 3_600_000, deviceTime: noon })).toBe(noon)
  })
})
