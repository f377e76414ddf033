import { describe, expect, it } from '@jest/globals'
import { daysIn, type DayOf } from './day.ts'

const DAY = 86_400_000

function days(timeZone: string): DayOf {
  const found = daysIn(timeZone)
  if (found === undefined) throw new Error(`${timeZone} is unknown`)
  return found
}

describe('the local day', () => {
  it.each([
    ['UTC', '2024-05-02T00:00:00.000Z'],
    ['Europe/Berlin', '2024-05-01T22:00:00.000Z'],
    ['Europe/Berlin', '2024-01-01T23:00:00.000Z'],
    ['America/New_York', '2024-07-04T04:00:00.000Z'],
    ['Asia/Kathmandu', '2024-05-01T18:15:00.000Z'],
    ['Australia/Lord_Howe', '2024-01-01T13:00:00.000Z'],
    // Clocks go forward from midnight to one, so the day begins at one.
    ['America/Havana', '2024-03-10T05:00:00.000Z'],
    // They go back from one to midnight: the same day, twice its first hour.
    ['America/Havana', '2024-11-03T04:00:00.000Z'],
    // They go back from midnight to eleven: the day ends once more.
    ['America/Asuncion', '2024-03-24T04:00:00.000Z'],
    // The 30th was left out.
    ['Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('in %s begins at %s and not a millisecond before', (zone, start) => {
    const time = Date.parse(start)
    const dayOf = days(zone)
    expect(dayOf(time)).toBeGreaterThan(dayOf(time - 1))
    expect(dayOf(time + 22 * 3_600_000)).toBe(dayOf(time))
  })

  it('counts from 1970', () => {
    expect(days('UTC')(0)).toBe(0)
    expect(days('Europe/Berlin')(Date.UTC(2024, 0, 1))).toBe(Date.UTC(2024, 0, 1) / DAY)
  })

  it('agrees with the engine in every quarter of an hour of a year of changes', () => {
    const format = new Intl.DateTimeFormat('en-CA', { timeZone: 'Australia/Lord_Howe' })
    const dayOf = days('Australia/Lord_Howe')
    const differing = []
    for (let time = Date.UTC(2024, 0, 1); time < Date.UTC(2025, 0, 1); time += 900_000) {
      if (Date.parse(format.format(time)) / DAY !== dayOf(time)) differing.push(time)
    }
    expect(differing).toEqual([])
  })

  it.each(['Europe/Berln', '', '+02:00', 'local'])('is not known in %j', (zone) => {
    expect(daysIn(zone)).toBeUndefined()
  })
})
