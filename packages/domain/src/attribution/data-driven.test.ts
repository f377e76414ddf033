import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { markov, shapley, type JourneyCount } from './data-driven.ts'
import { resampled } from './resample.ts'

const journey = (text: string, visitors: number, converted: number): JourneyCount => ({
  steps: text === '' ? [] : text.split(' '),
  visitors,
  converted,
})

const byStep = (values: ReturnType<typeof markov>) =>
  Object.fromEntries(values.map(({ step, removalEffect, conversions }) => [step, [removalEffect, conversions]]))

describe('the Markov model', () => {
  it('of one way gives all of it what it lost', () => {
    // start → a → b → converts with 1/2: without either nothing converts, so both have effect 1 and share alike.
    expect(byStep(markov([journey('a b', 4, 2)]))).toEqual({ a: [1, 1], b: [1, 1] })
  })

  it('of two ways weighs them by what is lost without each', () => {
    // a converts 1 of 2, b 3 of 6: half of all. Without a 6 of 8 start at b: 3/8, so 1/4 is lost; without b 3/4.
    const values = byStep(markov([journey('a', 2, 1), journey('b', 6, 3)]))
    expect(values['a']?.[0]).toBeCloseTo(0.25, 12)
    expect(values['b']?.[0]).toBeCloseTo(0.75, 12)
    expect(values['a']?.[1]).toBeCloseTo(1, 12)
    expect(values['b']?.[1]).toBeCloseTo(3, 12)
  })

  it('follows loops to their end', () => {
    // a → a with 1/3, a → converts with 1/3 of what leaves it, a → b with 1/3.
    const journeys = [journey('a a', 1, 1), journey('a b', 1, 0)]
    const chance = 1 / 2
    const withoutB = 1 / 2
    const values = byStep(markov(journeys))
    expect(values['b']?.[0]).toBeCloseTo(1 - withoutB / chance, 12)
    expect(values['a']).toEqual([1, 1])
  })

  it('has nothing to give where nobody converts or nothing was passed', () => {
    expect(byStep(markov([journey('a', 3, 0)]))).toEqual({ a: [0, 0] })
    expect(markov([])).toEqual([])
    expect(markov([journey('', 3, 1)])).toEqual([])
  })
})

describe('the Shapley model', () => {
  it('divides each conversion among the different steps of its journey', () => {
    const values = byStep(shapley([journey('a b a', 2, 2), journey('b', 5, 1), journey('c', 1, 0)]))
    expect(values).toEqual({ a: [null, 1], b: [null, 2], c: [null, 0] })
  })

  it('is what the definition by orders of arrival gives', () => {
    const steps = ['a', 'b', 'c']
    const drawn = fc.array(
      fc.record({
        steps: fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 4 }),
        converted: fc.nat({ max: 9 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(drawn, (ways) => {
        const journeys = ways.map((way) => ({ ...way, visitors: way.converted }))
        const earned = (set: ReadonlySet<string>) =>
          journeys.reduce((sum, way) => sum + (way.steps.every((step) => set.has(step)) ? way.converted : 0), 0)
        const expected = new Map(steps.map((step) => [step, 0]))
        for (const order of permutations(steps)) {
          const before = new Set<string>()
          for (const step of order) {
            const without = earned(before)
            before.add(step)
            expected.set(step, (expected.get(step) ?? 0) + (earned(before) - without) / 6)
          }
        }
        for (const { step, conversions } of shapley(journeys))
          expect(conversions).toBeCloseTo(expected.get(step) ?? -1, 9)
      }),
    )
  })
})

describe('both models', () => {
  it('give away every conversion that had a step', () => {
    const ways = fc.array(
      fc.record({
        steps: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }),
        visitors: fc.integer({ min: 1, max: 50 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(ways, (drawn) => {
        const journeys = drawn.map(({ steps, visitors, share }) => {
          return { steps, visitors, converted: Math.floor(visitors * share) }
        })
        const all = journeys.reduce((sum, { converted }) => sum + converted, 0)
        for (const model of [markov, shapley]) {
          const given = model(journeys).reduce((sum, { conversions }) => sum + conversions, 0)
          expect(given).toBeCloseTo(all, 6)
        }
      }),
    )
  })
})

describe('resampling', () => {
  const journeys = [journey('a', 1_000, 100), journey('b', 1_000, 100), journey('a b', 500, 100)]

  it('surrounds the value, gives the same for a seed and narrows with more visitors', () => {
    const few = resampled(journeys, markov, { draws: 200, seed: 7 })
    const { low, high } = few.get('a') ?? { low: 0, high: 0 }
    const [a] = markov(journeys)
    expect(low).toBeLessThan(a?.conversions ?? 0)
    expect(high).toBeGreaterThan(a?.conversions ?? 0)
    expect(resampled(journeys, markov, { draws: 200, seed: 7 })).toEqual(few)
    const tenfold = journeys.map((one) => ({ ...one, visitors: one.visitors * 10, converted: one.converted * 10 }))
    const many = resampled(tenfold, markov, { draws: 200, seed: 7 }).get('a') ?? { low: 0, high: 0 }
    expect((many.high - many.low) / 10).toBeLessThan((high - low) / 2)
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
