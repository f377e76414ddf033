import { describe, expect, it } from '@jest/globals'
import { compareMatches, planText, readPlan, type Plan } from './match.ts'

const plans: readonly Plan[] = [
  { perVisitor: false, inOrder: true, times: [1, 2], windowMs: 0 },
  { perVisitor: true, inOrder: false, times: [3], windowMs: 0 },
  { perVisitor: true, inOrder: true, times: [1, 1, 1], windowMs: 7 * 24 * 3_600_000 },
]

describe('the text of a plan', () => {
  it('says what the plan is, whatever its hash, the first time it is read and after thousands of others', () => {
    for (let hash = 0; hash < 2_000; hash++)
      for (const plan of plans) expect(readPlan(planText(plan, hash))).toEqual(plan)
    for (const plan of plans) expect(readPlan(planText(plan, 0))).toEqual(plan)
  })
})

describe('the order of matches', () => {
  const match = (event_time: number, event_id: string) => ({ event_time, event_id })

  it('is by time, then by id, and those of one event are equal', () => {
    const [a, b, later] = [match(1, 'a'), match(1, 'b'), match(2, 'a')]
    expect([compareMatches(a, b), compareMatches(b, a), compareMatches(b, later)].map(Math.sign)).toEqual([-1, 1, -1])
    expect(compareMatches(a, match(1, 'a'))).toBe(0)
  })
})
