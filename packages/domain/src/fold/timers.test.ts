import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { TimerQueue, type Timed } from './timers.ts'
import { NEVER } from './visitor.ts'

interface Item extends Timed {
  due: number
}

const item = (key: string): Item => ({
  key,
  due: NEVER,
  armed: [NEVER],
})

describe('a timer queue', () => {
  it('brings up whatever is due, once, in order of (due, key), however often due times moved before', () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 20 })), { maxLength: 60 })
    fc.assert(
      fc.property(moves, fc.integer({ min: 0, max: 25 }), (moved, now) => {
        const items = Array.from({ length: 10 }, (_, at) => item(`k${at}`))
        const queue = new TimerQueue<Item>(0, ({ due }) => due)
        for (const [at, due] of moved) {
          const one = items[at]
          if (one === undefined) continue
          one.due = due
          queue.arm(one, due)
        }
        const expected = items.filter(({ due }) => due <= now).sort((a, b) => a.due - b.due || (a.key < b.key ? -1 : 1))
        const found: Item[] = []
        for (;;) {
          const next = queue.next(now)
          if (next === undefined) break
          found.push(next)
        }
        expect(found.map(({ key }) => key)).toEqual(expected.map(({ key }) => key))
      }),
      { numRuns: 500 },
    )
  })

  it('leaves alone what is never due', () => {
    const queue = new TimerQueue<Item>(0, ({ due }) => due)
    queue.arm(item('a'), NEVER)
    expect(queue.next(NEVER)).toBeUndefined()
  })
})
