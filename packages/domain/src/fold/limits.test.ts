import { describe, expect, it } from '@jest/globals'
import { FoldRun, Warehouse } from '@cairn/testkit/domain'
import { takeDirty } from '../index.ts'

const T = 1_700_000_000_000
const HOUR = 3_600_000
/** What a record of the state topic may have. */
const STATE_RECORD = 4 * 1024 * 1024

function savedBytes(fold: FoldRun): number {
  const saved = takeDirty(fold.partition).map(([, bytes]) => bytes?.length ?? 0)
  return Math.max(...saved)
}

describe('what one visitor can make the fold keep', () => {
  it('is bounded in sessions: the longest untouched go out closed and are final early', () => {
    const fold = new FoldRun()
    const warehouse = new Warehouse()
    const path = `/${'x'.repeat(2_000)}`
    for (let at = 0; at < 400; at++) {
      const stepped = fold.event(T + at, { event_id: `e${at}`, event_time: T - at * HOUR, path, referrer: path })
      warehouse.apply(stepped.result.outputs)
    }
    expect(savedBytes(fold)).toBeLessThan(STATE_RECORD / 2)
    expect(warehouse.sessions.get(warehouse.labels.get(0) ?? '')).toMatchObject({ state: 'closed', events: 1 })
    warehouse.apply(fold.flush(T + 400).result.outputs)
    expect(warehouse.liveSessions()).toHaveLength(400)
    expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
  })

  it('is bounded in how many sessions an event can change: of more than fifty the longest untouched is final', () => {
    const fold = new FoldRun()
    const rowsOf = (at: number) => fold.event(T, { event_id: `e${at}`, event_time: T - at * HOUR }).sessions
    const first = Array.from({ length: 50 }, (_, at) => rowsOf(at))
    expect(first.flat()).toEqual([])
    expect(rowsOf(50)).toMatchObject([{ state: 'closed', started_at: T }])
  })

  it.each(['o', 'ö', '漢', '👟'])(
    'is bounded in conversions of orders like %s: a full session takes no more',
    (letter) => {
      const fold = new FoldRun()
      const warehouse = new Warehouse()
      fold.define(T, { goals: [{ name: 'join', kind: 'macro', match: { event: 'sign_up' }, dedupe_by: 'order_id' }] })
      for (let at = 0; at < 1_500; at++) {
        const order_id = `${at}-${letter.repeat(600)}`
        warehouse.apply(fold.event(T + at, { event_id: `e${at}`, name: 'sign_up', order_id }).result.outputs)
      }
      warehouse.apply(fold.flush(T + 1_500).result.outputs)
      expect(savedBytes(fold)).toBeLessThan(STATE_RECORD / 2)
      expect(warehouse.liveConversions()).toHaveLength(1_500)
      expect(warehouse.liveSessions().reduce((sum, row) => sum + row.macro, 0)).toBe(1_500)
      expect(warehouse.liveSessions().length).toBeGreaterThan(1)
    },
  )

  it.each([
    ['one by one', 1],
    ['all at once', 0],
  ])('is bounded in what counts once: of a thousand goals and orders met %s the longest untouched goes', (_, apart) => {
    const fold = new FoldRun()
    const renew = { name: 'renew', kind: 'macro', match: { event: 'renew' }, dedupe_by: 'order_id' }
    const join = { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' }
    fold.define(T, { goals: [renew, join] })
    let sent = 0
    const counts = (fields: object) => {
      const event = { event_id: `e${sent}`, event_time: T + sent, ...fields }
      return fold.event(T + sent++ * apart, event).conversions.map(({ goal }) => goal)
    }
    const joined = () => counts({ name: 'sign_up' })
    const renewed = (order: number) => counts({ name: 'renew', order_id: `o${order}` })
    const orders = Array.from({ length: 999 }, (__, at) => at)
    expect(joined()).toEqual(['join'])
    for (const order of orders) expect(renewed(order)).toEqual(['renew'])
    expect([joined(), renewed(0)]).toEqual([[], []])
    expect(renewed(999)).toEqual(['renew'])
    for (const order of [0, ...orders.slice(2), 999]) expect([order, renewed(order)]).toEqual([order, []])
    expect(joined()).toEqual([])
    expect(renewed(1)).toEqual(['renew'])
    expect(renewed(0)).toEqual(['renew'])
  })

  it.each(['coupon', 'order_id', 'user_id', 'promotion'])('counts the %s that each conversion repeats', (repeated) => {
    const kept = (length: number): number => {
      const fold = new FoldRun()
      const text = 'x'.repeat(length)
      const sent = repeated === 'promotion' ? { properties: { promotion_id: text } } : { [repeated]: text }
      fold.define(T, { goals: [{ name: 'buy', kind: 'macro', match: { event: 'purchase' } }] })
      fold.event(T, { event_id: 'e', name: 'purchase', ...sent })
      return fold.partition.dirtyBytes
    }
    expect(kept(1_001) - kept(1)).toBeGreaterThanOrEqual(1_000)
  })

  it('never includes a sum that Avro has no long for', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [{ name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event' }] })
    for (const event_id of ['a', 'b']) {
      fold.event(T, { event_id, name: 'purchase', value_minor: 2 ** 53 - 2, currency: 'EUR' })
    }
    expect(fold.flush(T).sessions).toMatchObject([{ goal_values: [2 ** 53 - 2] }])
  })
})
