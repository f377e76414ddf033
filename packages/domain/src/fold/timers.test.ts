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

  it('brings up the same in the same order after it has dropped the entries of what was disarmed', () => {
    const items = Array.from({ length: 4_000 }, (_, at) => item(`k${at}`))
    const queue = new TimerQueue<Item>(0, ({ due }) => due)
    for (const [at, one] of items.entries()) {
      one.due = (at * 7_919) % 1_000
      queue.arm(one, one.due)
    }
    const left = items.filter((_, at) => at % 10 === 0)
    for (const one of items) if (!left.includes(one)) queue.disarm(one)
    queue.compact(left.length)
    expect([...queue.live()]).toHaveLength(left.length)
    const found: string[] = []
    for (let next = queue.next(1_000); next !== undefined; next = queue.next(1_000)) found.push(next.key)
    const expected = left.sort((a, b) => a.due - b.due || (a.key < b.key ? -1 : 1))
    expect(found).toEqual(expected.map(({ key }) => key))
  })

  it('leaves alone what is never due', () => {
    const queue = new TimerQueue<Item>(0, ({ due }) => due)
    queue.arm(item('a'), NEVER)
    expect(queue.next(NEVER)).toBeUndefined()
  })
})
