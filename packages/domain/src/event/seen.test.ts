import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { forgetSeen, recognise, remember, type Seen } from './seen.ts'

const empty = (): Seen => ({ seen_id: [], seen_content: [], seen_at: [] })

describe('recognising repeats', () => {
  it('takes the same id and content for a duplicate, other content for a conflict', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    expect(recognise(seen, 7, 1, 0)).toBe('duplicate')
    expect(recognise(seen, 7, 2, 0)).toBe('duplicate_conflict')
    expect(recognise(seen, 8, 1, 0)).toBe('new')
  })

  it('forgets what came before a time and keeps the rest', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    remember(seen, 8, 1, 1)
    forgetSeen(seen, 1)
    expect(seen).toEqual({ seen_id: [8], seen_content: [1], seen_at: [1] })
  })

  it.each([8, 9])(
    'knows no id again once it is forgotten, be it one of %d, though later less is to be forgotten',
    (of) => {
      const seen = empty()
      for (let id = 0; id < of; id++) remember(seen, id, 1, id)
      forgetSeen(seen, 1)
      expect(recognise(seen, 0, 1, -60_000)).toBe('new')
      expect(recognise(seen, 1, 1, -60_000)).toBe('duplicate')
      remember(seen, 0, 1, of)
      expect(recognise(seen, 0, 1, 1)).toBe('duplicate')
      forgetSeen(seen, 2)
      expect([1, 2].map((id) => recognise(seen, id, 1, 0))).toEqual(['new', 'duplicate'])
    },
  )

  it('keeps the newest 10,000 ids, in memory little more', () => {
    const seen = empty()
    let most = 0
    for (let id = 0; id <= 30_000; id++) {
      remember(seen, id, 1, 0)
      most = Math.max(most, seen.seen_at.length)
    }
    expect(most).toBeLessThanOrEqual(11_250)
    expect(recognise(seen, 20_000, 1, 0)).toBe('new')
    expect(recognise(seen, 20_001, 1, 0)).toBe('duplicate')
    expect(recognise(seen, 30_000, 1, 0)).toBe('duplicate')
  })

  it('says of many ids and few what a plain list would, however ids are forgotten and come again', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 700 }), after: fc.constantFrom(0, 0, 1, 3) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 900 }), fc.boolean(), (steps, decoded) => {
        let seen = empty()
        let list: { id: number; at: number }[] = []
        let now = 0
        let mostBeside = 0
        const [said, expected]: [string[], string[]] = [[], []]
        for (const { id, after } of steps) {
          now += after
          const from = now - 400
          forgetSeen(seen, from)
          list = list.filter(({ at }) => at >= from)
          const isNew = !list.some((one) => one.id === id)
          said.push(recognise(seen, id, 1, from))
          expected.push(isNew ? 'new' : 'duplicate')
          if (isNew) {
            remember(seen, id, 1, now)
            list.push({ id, at: now })
          }
          mostBeside = Math.max(mostBeside, seen.seen_id.length - (list.length * 8) / 7)
          // As a state that was written and read again.
          if (decoded && id === 0) seen = structuredClone(seen)
        }
        expect(said).toEqual(expected)
        expect(mostBeside).toBeLessThanOrEqual(1)
      }),
      { numRuns: 100 },
    )
  })
})
