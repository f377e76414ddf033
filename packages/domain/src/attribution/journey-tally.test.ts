import { describe, expect, it } from '@jest/globals'
import { markov, type JourneyCount } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { JourneyTally, type StepValue, type VisitorGroup } from './journey-tally.ts'

const way = (text: string, visitors: number, converted: number): JourneyCount => ({
  steps: text === '' ? [] : text.split(' '),
  visitors,
  converted,
})

const groupsOf = ({ steps, visitors, converted }: JourneyCount): VisitorGroup[] => [
  { ways: [steps], converted: true, visitors: converted },
  { ways: [steps], converted: false, visitors: visitors - converted },
]

function valuesOf(groups: readonly VisitorGroup[], { draws = 40, seed = 1 } = {}) {
  const tally = new JourneyTally({ draws, seed })
  for (const group of groups) if (group.visitors > 0) tally.add(group)
  return tally.values()
}

const shapley = (ways: readonly JourneyCount[]) => valuesOf(ways.flatMap(groupsOf)).shapley

const byStep = (values: readonly Omit<StepValue, 'low' | 'high'>[]) =>
  Object.fromEntries(values.map(({ step, removalEffect, conversions }) => [step, [removalEffect, conversions]]))

const drawnWays = (steps: readonly string[]) =>
  fc
    .array(
      fc.record({
        steps: fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 6 }),
        visitors: fc.integer({ min: 1, max: 50 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((ways) => ways.map(({ share, ...one }) => ({ ...one, converted: Math.floor(one.visitors * share) })))

describe('the Markov model', () => {
  it('of one way gives all of it what it lost', () => {
    // start → a → b → converts with 1/2: without either nothing converts, so both have effect 1 and share alike.
    expect(byStep(markov([way('a b', 4, 2)]))).toEqual({ a: [1, 1], b: [1, 1] })
  })

  it('of two ways weighs them by what is lost without each', () => {
    // a converts 1 of 2, b 3 of 6: half of all. Without a 6 of 8 start at b: 3/8, so 1/4 is lost; without b 3/4.
    const values = byStep(markov([way('a', 2, 1), way('b', 6, 3)]))
    expect(values['a']?.[0]).toBeCloseTo(0.25, 12)
    expect(values['b']?.[0]).toBeCloseTo(0.75, 12)
    expect(values['a']?.[1]).toBeCloseTo(1, 12)
    expect(values['b']?.[1]).toBeCloseTo(3, 12)
  })

  it('follows loops to their end', () => {
    // a → a with 1/3, a → converts with 1/3 of what leaves it, a → b with 1/3.
    const chance = 1 / 2
    const withoutB = 1 / 2
    const values = byStep(markov([way('a a', 1, 1), way('a b', 1, 0)]))
    expect(values['b']?.[0]).toBeCloseTo(1 - withoutB / chance, 12)
    expect(values['a']).toEqual([1, 1])
  })

  it('has nothing to give where nobody converts or nothing was passed', () => {
    expect(byStep(markov([way('a', 3, 0)]))).toEqual({ a: [0, 0] })
    expect(markov([])).toEqual([])
    expect(markov([way('', 3, 1)])).toEqual([])
  })

  it('loses what walking the chain loses without the step', () => {
    const steps = ['a', 'b', 'c', 'd', 'e']
    fc.assert(
      fc.property(drawnWays(steps), (ways) => {
        const whole = walked(ways, null)
        for (const { step, removalEffect } of markov(ways))
          expect(removalEffect).toBeCloseTo(whole === 0 ? 0 : 1 - walked(ways, step) / whole, 9)
      }),
    )
  })
})

/**
 * The oracle: share of journeys that convert when everybody walks from the start until all have ended, and who comes to the
 * step `without` is lost.
 */
function walked(ways: readonly JourneyCount[], without: string | null): number {
  const moves = movesOf(ways)
  let under = new Map([['start', 1]])
  let converted = 0
  while (sumOf(under) > 1e-12) {
    const next = new Map<string, number>()
    for (const [from, share] of under) {
      const row = moves.get(from) ?? new Map<string, number>()
      for (const [to, number] of row) if (to !== without) raise(next, to, (share * number) / sumOf(row))
    }
    converted += next.get('converted') ?? 0
    next.delete('converted')
    next.delete('lost')
    under = next
  }
  return converted
}

function movesOf(ways: readonly JourneyCount[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const moves = new Map<string, Map<string, number>>()
  const count = (from: string, to: string, by: number) => {
    const row = moves.get(from) ?? new Map<string, number>()
    moves.set(from, raise(row, to, by))
  }
  for (const { steps, visitors, converted } of ways) {
    for (const [at, step] of steps.entries()) count(steps[at - 1] ?? 'start', step, visitors)
    count(steps.at(-1) ?? 'start', 'converted', converted)
    count(steps.at(-1) ?? 'start', 'lost', visitors - converted)
  }
  return moves
}

const sumOf = (numbers: ReadonlyMap<string, number>) => [...numbers.values()].reduce((sum, number) => sum + number, 0)

function raise(numbers: Map<string, number>, key: string, by: number): Map<string, number> {
  return numbers.set(key, (numbers.get(key) ?? 0) + by)
}

describe('the Shapley model', () => {
  it('divides each conversion among the different steps of its journey', () => {
    const values = byStep(shapley([way('a b a', 2, 2), way('b', 5, 1), way('c', 1, 0)]))
    expect(values).toEqual({ a: [null, 1], b: [null, 2], c: [null, 0] })
  })

  it('is what the definition by orders of arrival gives', () => {
    const steps = ['a', 'b', 'c']
    fc.assert(
      fc.property(drawnWays(steps), (ways) => {
        const earned = (set: ReadonlySet<string>) =>
          ways.reduce((sum, one) => sum + (one.steps.every((step) => set.has(step)) ? one.converted : 0), 0)
        const expected = new Map(steps.map((step) => [step, 0]))
        for (const order of permutations(steps)) {
          const before = new Set<string>()
          for (const step of order) {
            const without = earned(before)
            before.add(step)
            expected.set(step, (expected.get(step) ?? 0) + (earned(before) - without) / 6)
          }
        }
        for (const { step, conversions } of shapley(ways)) expect(conversions).toBeCloseTo(expected.get(step) ?? -1, 9)
      }),
    )
  })
})

describe('both models', () => {
  it('give away every conversion that had a step', () => {
    fc.assert(
      fc.property(drawnWays(['a', 'b', 'c', 'd']), (ways) => {
        const all = ways.reduce((sum, { converted }) => sum + converted, 0)
        for (const model of [markov, shapley]) {
          const given = model(ways).reduce((sum, { conversions }) => sum + conversions, 0)
          expect(given).toBeCloseTo(all, 6)
        }
      }),
    )
  })

  it('take each way of a visitor for a journey, and none without a step', () => {
    const tally = new JourneyTally({ draws: 40, seed: 1 })
    tally.add({ ways: [['a'], [], ['b', 'a']], converted: true, visitors: 3 })
    tally.add({ ways: [['b']], converted: false, visitors: 2 })
    expect([tally.journeys, tally.converted]).toEqual([8, 6])
    expect(byStep(tally.values().shapley)).toEqual({ a: [null, 4.5], b: [null, 1.5] })
  })
})

describe('resampling', () => {
  /** Half of the 95 % that a normal distribution has in the middle is 1.96 of its standard deviation. */
  const halfWidth = (deviation: number) => 1.96 * deviation
  const half = ({ low, high }: StepValue) => (high - low) / 2
  function first([value]: readonly StepValue[]): StepValue {
    if (value === undefined) throw new Error('no step has a value')
    return value
  }

  it('gives the middle 95 % of a number of conversions that is known', () => {
    // As many visitors as there are, of whom each converts or not: a binomial number, of deviation 50.
    const groups = groupsOf(way('a', 10_000, 5_000))
    const value = first(valuesOf(groups, { draws: 4_000 }).shapley)
    expect(half(value) / halfWidth(50)).toBeGreaterThan(0.95)
    expect(half(value) / halfWidth(50)).toBeLessThan(1.05)
    expect((value.low + value.high) / 2 / 5_000).toBeCloseTo(1, 2)
    expect(first(valuesOf(groups, { draws: 4_000 }).markov)).toMatchObject({ low: value.low, high: value.high })
  })

  it('is the same however the visitors are grouped', () => {
    const one = first(valuesOf(groupsOf(way('a', 400, 200)), { draws: 2_000 }).shapley)
    const apart = Array.from({ length: 20 }, () => groupsOf(way('a', 20, 10))).flat()
    expect(half(first(valuesOf(apart, { draws: 2_000 }).shapley)) / half(one)).toBeCloseTo(1, 1)
  })

  it('draws the journeys of a visitor together', () => {
    // 1,000 visitors of whom 300 convert four times each: four times the deviation of 300 who do once.
    const fourfold = { ways: [['a'], ['a'], ['a'], ['a']], converted: true, visitors: 300 }
    const groups = [fourfold, { ways: [['a']], converted: false, visitors: 700 }]
    const deviation = 4 * Math.sqrt(1_000 * 0.3 * 0.7)
    const value = first(valuesOf(groups, { draws: 4_000 }).shapley)
    expect(half(value) / halfWidth(deviation)).toBeGreaterThan(0.95)
    expect(half(value) / halfWidth(deviation)).toBeLessThan(1.05)
  })

  it('of visitors who all convert leaves nothing to chance, few as they are', () => {
    expect(first(valuesOf(groupsOf(way('a', 1, 1))).markov)).toMatchObject({ conversions: 1, low: 1, high: 1 })
  })

  it('surrounds the value, gives the same for a seed and narrows with more visitors', () => {
    const ways = [way('a', 1_000, 100), way('b', 1_000, 100), way('a b', 500, 100)]
    const few = valuesOf(ways.flatMap(groupsOf), { draws: 200, seed: 7 })
    const { low, high, conversions } = first(few.markov)
    expect(low).toBeLessThan(conversions)
    expect(high).toBeGreaterThan(conversions)
    expect(valuesOf(ways.flatMap(groupsOf), { draws: 200, seed: 7 })).toEqual(few)
    const tenfold = ways.map((one) => ({ ...one, visitors: one.visitors * 10, converted: one.converted * 10 }))
    const many = first(valuesOf(tenfold.flatMap(groupsOf), { draws: 200, seed: 7 }).markov)
    expect((many.high - many.low) / 10).toBeLessThan((high - low) / 2)
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
