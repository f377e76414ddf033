import { describe, expect, it } from '@jest/globals'
import { decodePosition, diskLayout, encodePosition, unfit, type DiskPosition } from './disk-position.ts'

const now = 1_790_000_000_000
const position: DiskPosition = {
  layout: diskLayout,
  next: 100,
  at: now - 1_000,
  partitions: 4,
  name: { offset: 3, id: 'a' },
}
const present = { partitions: 4, end: 100, now, deletesKeptMs: 5_000 }

describe('what a disk says', () => {
  it('can be gone on from while the topic has everything that came after it', () => {
    expect(unfit(position, present)).toBeUndefined()
    expect(unfit({ ...position, at: now - 4_999 }, present)).toBeUndefined()
    expect(unfit({ ...position, at: now }, present)).toBeUndefined()
  })

  it.each([
    ['another version laid it out', { layout: diskLayout + 1 }, 'layout'],
    ['it was written for another number of partitions', { partitions: 5 }, 'partition_count'],
    ['the topic ends before it', { next: 101 }, 'another_topic'],
    ['the topic may have dropped what says that a visitor is forgotten', { at: now - 5_000 }, 'too_old'],
    ['it is from the future: the clock was set back', { at: now + 1 }, 'too_old'],
  ])('cannot be gone on from when %s', (_, changed, reason) => {
    expect(unfit({ ...position, ...changed }, present)).toBe(reason)
  })

  it('is the same after it was written', () => {
    expect(decodePosition(encodePosition(position))).toEqual(position)
    expect(decodePosition(undefined)).toBeUndefined()
  })
})
