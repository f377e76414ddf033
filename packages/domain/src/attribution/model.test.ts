import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { apportion, creditsOf, divideMoney, models, WHOLE } from './model.ts'
import type { Touchpoint } from './path.ts'

const DAY = 86_400_000
const AT = 100 * DAY
const week = { halfLifeMs: 7 * DAY }

function touch(age: number, channel = 'Email'): Touchpoint {
  const started_at = AT - age
  return {
    session_id: `${age}`,
    started_at,
    tie: '',
    channel,
    source: channel === 'Direct' ? '(direct)' : 'somewhere',
    medium: channel === 'Direct' ? '(none)' : '',
    campaign: '',
    is_bot: false,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

describe('the models', () => {
  const path = [touch(20 * DAY, 'Paid Search'), touch(14 * DAY, 'Email'), touch(7 * DAY, 'Direct'), touch(0, 'Direct')]

  it.each([
    ['first_touch', [1, 0, 0, 0]],
    ['last_touch', [0, 0, 0, 1]],
    ['last_non_direct', [0, 1, 0, 0]],
    ['linear', [0.25, 0.25, 0.25, 0.25]],
    ['position_based', [0.4, 0.1, 0.1, 0.4]],
  ] as const)('%s', (model, expected) => {
    expect(creditsOf(model, path, AT, week)).toEqual(expected.map((credit) => credit * WHOLE))
  })

  it('time_decay halves with each half-life', () => {
    const credits = creditsOf('time_decay', [touch(14 * DAY), touch(7 * DAY), touch(0)], AT, week)
    expect(credits).toEqual([142_857, 285_714, 571_429])
  })

  it('time_decay counts age in whole days', () => {
    const [older, younger] = creditsOf('time_decay', [touch(2 * DAY - 1), touch(DAY)], AT, week)
    expect(older).toBe(younger)
    const [before, after] = creditsOf('time_decay', [touch(2 * DAY), touch(2 * DAY - 1)], AT, week)
    expect(before).toBeLessThan(after ?? 0)
  })

  it('time_decay of a path long past its half-life still gives the conversion away', () => {
    const old = [touch(61 * DAY), touch(60 * DAY)]
    expect(creditsOf('time_decay', old, AT, { halfLifeMs: DAY / 24 })).toEqual([0, WHOLE])
  })

  it('time_decay is what the formula says, to the last millionth, for any age and half-life', () => {
    const ages = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(ages, fc.integer({ min: 1, max: 90 * 24 }), (days, hours) => {
        const path = days.map((day) => touch(day * DAY))
        const weights = days.map((day) => 2 ** (-((day - Math.min(...days)) * 24) / hours))
        const credits = creditsOf('time_decay', path, AT, { halfLifeMs: hours * 3_600_000 })
        for (const [at, credit] of credits.entries()) {
          expect(Math.abs(credit - (WHOLE * (weights[at] ?? 0)) / sum(weights))).toBeLessThan(1.001)
        }
      }),
    )
  })

  it('last_non_direct of a path that is all direct is its last', () => {
    const direct = [touch(2, 'Direct'), touch(1, 'Direct')]
    expect(creditsOf('last_non_direct', direct, AT, week)).toEqual([0, WHOLE])
  })

  it.each([
    ['(direct)', '(none)', [WHOLE, 0]],
    ['(Direct)', '(not set)', [WHOLE, 0]],
    ['(direct)', 'email', [0, WHOLE]],
    ['letter', '(none)', [0, WHOLE]],
  ])(
    'last_non_direct goes by where a visit came from, whatever a shop calls its channel: %s / %s',
    (source, medium, expected) => {
      for (const channel of ['Brand', 'Direct']) {
        const path = [
          { ...touch(2), channel: 'Direct' },
          { ...touch(1), channel, source, medium },
        ]
        expect(creditsOf('last_non_direct', path, AT, week)).toEqual(expected)
      }
    },
  )

  it.each([
    [1, [1]],
    [2, [0.5, 0.5]],
    [3, [0.4, 0.2, 0.4]],
  ])('position_based of %i', (length, expected) => {
    const path = Array.from({ length }, (_, at) => touch(10 - at))
    expect(creditsOf('position_based', path, AT, week)).toEqual(expected.map((credit) => credit * WHOLE))
  })

  it('give each conversion away exactly once', () => {
    const ages = fc.array(fc.integer({ min: 0, max: 90 * DAY }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(ages, fc.constantFrom(...models), (drawn, model) => {
        const path = drawn.sort((a, b) => b - a).map((age) => touch(age, age % 3 === 0 ? 'Direct' : 'Email'))
        const credits = creditsOf(model, path, AT, week)
        expect(credits).toHaveLength(path.length)
        expect(sum(credits)).toBe(WHOLE)
        expect(credits.every((credit) => Number.isInteger(credit) && credit >= 0)).toBe(true)
      }),
    )
  })

  it('give nothing where there is no touchpoint', () => {
    for (const model of models) expect(creditsOf(model, [], AT, week)).toEqual([])
  })
})

describe('apportion', () => {
  it('gives what is left to the largest remainders, the earlier first', () => {
    expect(apportion(100, [1, 1, 1])).toEqual([34, 33, 33])
    expect(apportion(10, [1, 2, 4])).toEqual([1, 3, 6])
  })
})

describe('money', () => {
  it('is divided into whole minor units that sum to it, whatever its size and sign', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(fc.maxSafeInteger(), weights, (minor, drawn) => {
        const credits = apportion(WHOLE, drawn)
        const parts = divideMoney(minor, credits)
        expect(parts.reduce((total, part) => total + BigInt(part), 0n)).toBe(BigInt(minor))
        for (const [at, part] of parts.entries()) {
          const exact = (BigInt(minor) * BigInt(credits[at] ?? 0)) / BigInt(WHOLE)
          expect(BigInt(part) - exact).toBeGreaterThanOrEqual(-1n)
          expect(BigInt(part) - exact).toBeLessThanOrEqual(1n)
        }
      }),
    )
  })

  it('of one cent goes to one touchpoint', () => {
    expect(divideMoney(1, [333_334, 333_333, 333_333])).toEqual([1, 0, 0])
    expect(divideMoney(-1, [333_334, 333_333, 333_333])).toEqual([-1, 0, 0])
  })
})
