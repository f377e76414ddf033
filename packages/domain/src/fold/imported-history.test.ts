import { describe, expect, it } from '@jest/globals'
import { FoldRun } from '@cairn/testkit/domain'

const T = 1_790_000_000_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A visitor who came by a letter twice, then got so many days of a history of two years ago, and buys. */
function buyAfterImport(days: number) {
  const fold = new FoldRun()
  const goals = [
    { name: 'buy', kind: 'macro', match: { event: 'purchase' } },
    { name: 'look', kind: 'micro', match: { event: 'view_item' } },
  ]
  fold.define(T, { goals })
  const letter = { source: 'letter', medium: 'email', name: 'view_item' }
  fold.event(T, { ...letter, event_id: 'a' })
  fold.event(T + DAY, { ...letter, event_id: 'b' })
  fold.tick(T + 4 * DAY)
  for (let day = 0; day < days; day++)
    fold.event(T + 4 * DAY, { event_id: `i${day}`, event_time: T - (800 - day) * DAY, name: 'view_item' })
  fold.tick(T + 8 * DAY)
  return fold.event(T + 9 * DAY, { event_id: 'c', name: 'purchase' }).credits[0]
}

describe('an import of what a visitor did long ago', () => {
  it.each([10, 250])('of %i days takes no touchpoint and no micro conversion of this week from an order', (days) => {
    expect(buyAfterImport(days)).toMatchObject({
      touch_started_at: [T, T + DAY, T + 9 * DAY],
      touches_omitted: 0,
      assist_times: [T, T + DAY],
      assists_omitted: 0,
    })
  })
})
