import { describe, expect, it } from '@jest/globals'
import { forgetSeen, recognise, remember, type Seen } from './seen.ts'

const empty = (): Seen => ({ seen_id: [], seen_content: [], seen_at: [] })

describe('recognising repeats', () => {
  it('takes the same id and content for a duplicate, other content for a conflict', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    expect(recognise(seen, 7, 1)).toBe('duplicate')
    expect(recognise(seen, 7, 2)).toBe('duplicate_conflict')
    expect(recognise(seen, 8, 1)).toBe('new')
  })

  it('forgets what came before a time and keeps the rest', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    remember(seen, 8, 1, 1)
    forgetSeen(seen, 1)
    expect(seen).toEqual({ seen_id: [8], seen_content: [1], seen_at: [1] })
  })

  it('keeps the newest 10,000 ids', () => {
    const seen = empty()
    for (let id = 0; id <= 10_000; id++) remember(seen, id, 1, 0)
    expect(recognise(seen, 0, 1)).toBe('new')
    expect(recognise(seen, 1, 1)).toBe('duplicate')
    expect(seen.seen_at).toHaveLength(10_000)
  })
})
