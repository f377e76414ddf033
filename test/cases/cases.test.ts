import { describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import { caseNames, mostDelay, readCase, type Arriving } from './case-folder.ts'
import { rowsOf } from './case-rows.ts'
import { runCase } from './case-run.ts'

/** A failure names the seed; it makes the same order again. */
const seeds = [1, 2, 3, 4, 5]

/** Every message as late as it may be at random, whenever the case has it come. */
function reordered(arriving: readonly Arriving[], seed: number): Arriving[] {
  const random = randomFrom(seed)
  const late = arriving.map((one) => ({
    ...one,
    at: Date.parse(one.message.timestamp) + Math.floor(random() * mostDelay),
  }))
  return late.sort((a, b) => a.at - b.at)
}

/** Every message again, a third of them twice more, within the time that repeats are recognised in. */
function redelivered(arriving: readonly Arriving[], seed: number): Arriving[] {
  const random = randomFrom(seed)
  const again = arriving.flatMap((one) => {
    const times = random() < 1 / 3 ? 2 : 1
    return Array.from({ length: times }, () => ({ ...one, at: one.at + Math.floor(random() * mostDelay) }))
  })
  return [...arriving, ...again].sort((a, b) => a.at - b.at)
}

describe.each(caseNames().map(readCase))('case $name: $why', ({ arriving, definitions, expected, onlyInOrder }) => {
  it('gives the expected rows', () => {
    expect(rowsOf(runCase(arriving, definitions))).toEqual(expected)
  })

  it('gives them when both folds are restarted between any two records', () => {
    expect(rowsOf(runCase(arriving, definitions, true))).toEqual(expected)
  })

  // Of a rule about the order itself nothing is claimed for another one.
  if (onlyInOrder === '')
    it.each(seeds)('gives them in another order of arrival (seed %d)', (seed) => {
      expect(rowsOf(runCase(reordered(arriving, seed), definitions))).toEqual(expected)
    })

  it.each(seeds)('gives them when every message comes again (seed %d)', (seed) => {
    expect(rowsOf(runCase(redelivered(arriving, seed), definitions))).toEqual(expected)
  })

  it.each(seeds.slice(0, 2))(
    'gives them when every message comes again and both folds are restarted (seed %d)',
    (seed) => {
      const again = redelivered(onlyInOrder === '' ? reordered(arriving, seed) : arriving, seed)
      expect(rowsOf(runCase(again, definitions, true))).toEqual(expected)
    },
  )
})
