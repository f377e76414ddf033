import { describe, expect, it } from '@jest/globals'
import { noteOmitted, omittedWithin, withoutAssist, type OmittedDay } from './omitted.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

function noted(...times: readonly number[]): readonly OmittedDay[] {
  return times.reduce<readonly OmittedDay[]>((days, time) => noteOmitted(days, 'touches', time, time + DAY), [])
}

describe('what was folded away', () => {
  it('is counted by the UTC day it happened on, in order of the days, and kept as long as the last of a day', () => {
    const days = noteOmitted(noted(10 * DAY, 8 * DAY, 11 * DAY - 1, 11 * DAY), 'assists', 8 * DAY + 1, 8 * DAY + 2)
    expect(days).toEqual([
      { day: 8, touches: 1, assists: 1, since: 9 * DAY },
      { day: 10, touches: 2, assists: 0, since: 12 * DAY - 1 },
      { day: 11, touches: 1, assists: 0, since: 12 * DAY },
    ])
  })

  it('counts the days that a span begins and ends in as a whole', () => {
    const days = noted(7 * DAY, 8 * DAY, 9 * DAY, 10 * DAY + 23 * HOUR, 11 * DAY)
    expect(omittedWithin(days, 'touches', 8 * DAY + HOUR, 10 * DAY, false)).toBe(3)
    expect(omittedWithin(days, 'touches', 9 * DAY - 1, 11 * DAY, false)).toBe(4)
    expect(omittedWithin(days, 'assists', 0, 20 * DAY, false)).toBe(0)
  })

  it('was all before the span on its first day, where something kept was', () => {
    const days = noted(8 * DAY, 9 * DAY)
    expect(omittedWithin(days, 'touches', 8 * DAY + HOUR, 10 * DAY, true)).toBe(1)
  })

  it('has counts of 128 days at most: the oldest go', () => {
    const days = noted(...Array.from({ length: 130 }, (_, day) => day * DAY))
    expect([days.length, days[0]?.day]).toEqual([128, 2])
  })

  it('is one micro conversion less where one counts no more: of its day, which goes with the last', () => {
    const days = noteOmitted(noteOmitted(noted(8 * DAY), 'assists', 8 * DAY, 0), 'assists', 9 * DAY, 0)
    const [first, second] = days as [OmittedDay, OmittedDay]
    expect(withoutAssist(days, 9 * DAY - 1)).toEqual([{ ...first, assists: 0 }, second])
    expect(withoutAssist(days, 10 * DAY - 1)).toEqual([first])
    expect(withoutAssist(noted(8 * DAY), 8 * DAY)).toEqual(noted(8 * DAY))
    expect(withoutAssist(days, 10 * DAY)).toEqual(days)
  })
})
