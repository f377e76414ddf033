import { describe, expect, it } from '@jest/globals'
import { forgetSeen, recognise, remember, type Seen } from './seen.ts'

const GRACE = 1_000
const empty = (): Seen => ({ seen_id: [], seen_content: [], seen_at: [] })

describe('recognising repeats', () => {
  it('takes the same id and content for a duplicate, other content for a conflict', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    expect(recognise(seen, 7, 1, 10, GRACE)).toBe('duplicate')
    expect(recognise(seen, 7, 2, 10, GRACE)).toBe('duplicate_conflict')
    expect(recognise(seen, 8, 1, 10, GRACE)).toBe('new')
  })

  it('lasts exactly the grace', () => {
    const seen = empty()
    remember(seen, 7, 1, 500)
    expect(recognise(seen, 7, 1, 500 + GRACE, GRACE)).toBe('duplicate')
    expect(recognise(seen, 7, 1, 501 + GRACE, GRACE)).toBe('new')
  })

  it('forgets what is older than the grace and keeps the rest', () => {
    const seen = empty()
    remember(seen, 7, 1, 0)
    remember(seen, 8, 1, 1)
    forgetSeen(seen, GRACE + 1, GRACE)
    expect(seen).toEqual({ seen_id: [8], seen_content: [1], seen_at: [1] })
  })

  it('keeps the newest 10,000 ids', () => {
    const seen = empty()
    for (let id = 0; id <= 10_000; id++) remember(seen, id, 1, 0)
    expect(recognise(seen, 0, 1, 0, GRACE)).toBe('new')
    expect(recognise(seen, 1, 1, 0, GRACE)).toBe('duplicate')
    expect(seen.seen_at).toHaveLength(10_000)
  })
})
