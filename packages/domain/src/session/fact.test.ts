import { describe, expect, it } from '@jest/globals'
import { inOrder, type Fact } from './fact.ts'

describe('the order of facts', () => {
  const fact = (time: number, event_id: string) => ({ time, event_id }) as Fact

  it('is by time, then by id, and an event that comes again is equal', () => {
    const [a, b, later] = [fact(1, 'a'), fact(1, 'b'), fact(2, 'a')]
    expect([inOrder(a, b), inOrder(b, a), inOrder(b, later)].map(Math.sign)).toEqual([-1, 1, -1])
    expect(inOrder(a, fact(1, 'a'))).toBe(0)
  })
})
