import { describe, expect, it } from '@jest/globals'
import { seededRandom } from './random.ts'

describe('seeded chance', () => {
  it('draws the same again from the same seed and something else from the next', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next)
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(2 ** 32 + 7)).not.toEqual(draw(7))
  })

  it('draws integers evenly, both ends included', () => {
    const random = seededRandom(1)
    const counts = [0, 0, 0, 0]
    for (let n = 0; n < 40_000; n++) counts[random.integer(0, 3)]! += 1
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  it('draws choices by their weight', () => {
    const random = seededRandom(2)
    const choices = [
      { name: 'never', weight: 0 },
      { name: 'seldom', weight: 1 },
      { name: 'often', weight: 3 },
    ]
    const drawn = Array.from({ length: 20_000 }, () => random.weighted(choices).name)
    expect(drawn).not.toContain('never')
    expect(drawn.filter((name) => name === 'often').length / drawn.length).toBeCloseTo(0.75, 1)
  })

  it('makes random UUIDs of version 4', () => {
    const random = seededRandom(3)
    const ids = Array.from({ length: 1000 }, random.uuid)
    expect(new Set(ids).size).toBe(1000)
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})
