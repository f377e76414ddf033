import { describe, expect, it } from '@jest/globals'
import { buildEvent, jsonOrderCodec, MemoryStates, wireOf } from '@cairn/testkit/domain'
import { orderKey, Orders, StoredOrders, type OrderStep } from '../index.ts'
import { HeldOrders } from './store.ts'

const DAY = 86_400_000
const T = Date.UTC(2026, 0, 5, 10)

/** Sends one event of an order that arrives then. */
function send(orders: Orders, order_id: string, appendedAt: number, name = 'purchase', id = 'e'): OrderStep {
  const event = buildEvent({ event_id: `${order_id}-${id}`, event_time: T, name, order_id })
  const body = { kind: 'event', event, wire: wireOf(event) } as const
  return orders.step({ offset: orders.position, appendedAt, key: orderKey(event), body })
}

function keysOf(changed: readonly (readonly [string, Uint8Array | null])[]): string[] {
  return changed.map(([key, bytes]) => (bytes === null ? `-${key}` : key))
}

describe('the orders of a partition', () => {
  it('gives what changed in the order of its last change, each once', () => {
    const orders = new Orders(jsonOrderCodec)
    for (const id of ['a', 'b', 'c']) send(orders, id, T)
    send(orders, 'a', T, 'refund')
    send(orders, 'b', T)
    expect(keysOf(orders.takeChanged())).toEqual(['shop:b', 'shop:c', 'shop:a'])
    expect(orders.takeChanged()).toEqual([])
    expect(orders).toMatchObject({ position: 5, streamTime: T })
  })

  it('writes nothing for an event that says nothing', () => {
    const orders = new Orders(jsonOrderCodec)
    expect(send(orders, 'a', T, 'order_updated').result).toBe('waiting')
    expect(orders.takeChanged()).toEqual([])
  })

  it('remembers an order for exactly 182 days after the last record that changed it', () => {
    const orders = new Orders(jsonOrderCodec)
    send(orders, 'a', T - 1)
    send(orders, 'a', T, 'refund', 'back')
    send(orders, 'b', T)
    orders.takeChanged()
    // A repetition does not prolong it, a refund does.
    send(orders, 'a', T + 5)
    send(orders, 'a', T + 5, 'refund', 'back')
    send(orders, 'b', T + 5, 'refund')
    expect(send(orders, 'a', T + 182 * DAY).result).toBe('unchanged')
    expect(send(orders, 'a', T + 182 * DAY + 1)).toMatchObject({
      result: 'verdict',
      verdicts: [{ verdict: { number: 1 } }],
    })
    expect(send(orders, 'b', T + 182 * DAY + 5).result).toBe('unchanged')
    expect(send(orders, 'b', T + 182 * DAY + 6)).toMatchObject({
      result: 'verdict',
      verdicts: [{ verdict: { number: 1 } }],
    })
  })

  it.each(['held', 'stored'] as const)(
    'that are %s lets go of what is forgotten, the first first, and no more than a thousand at once',
    (how) => {
      const cold = new MemoryStates((bytes) => [jsonOrderCodec.touchedAt(bytes)])
      const stored = new StoredOrders(jsonOrderCodec, cold)
      const orders = new Orders(jsonOrderCodec, undefined, how === 'stored' ? stored : undefined)
      for (let i = 0; i < 1_500; i++) send(orders, `o${i}`, T)
      orders.takeChanged()
      cold.write(stored.takeUnstored())
      stored.noteStored()
      send(orders, 'late', T + 1)
      orders.takeChanged()
      cold.write(stored.takeUnstored())
      stored.noteStored()
      send(orders, 'o3', T + 182 * DAY + 1)
      const first = keysOf(orders.takeChanged())
      expect(first).toHaveLength(1_001)
      expect(first.slice(0, 4)).toEqual(['-shop:o0', '-shop:o1', '-shop:o2', '-shop:o4'])
      expect(first.at(-1)).toBe('shop:o3')
      expect(keysOf(orders.takeChanged())).toHaveLength(499)
      expect(orders.takeChanged()).toEqual([])
    },
  )

  it('says the same where it is restored between any two records, however much was let go of before', () => {
    const sends = Array.from(
      { length: 60 },
      (_, i) => [`o${i % 7}`, T + i * 9 * DAY, i % 3 === 0 ? 'refund' : 'purchase', `e${i % 3}`] as const,
    )
    const through = new Orders(jsonOrderCodec)
    const steps = sends.map((one) => send(through, ...one))
    const topic = new Map<string, Uint8Array>()
    let [position, stream_time] = [0, 0]
    const again = sends.map((one) => {
      const restored = new Orders(jsonOrderCodec, { position, stream_time }, new HeldOrders(jsonOrderCodec, topic))
      const step = send(restored, ...one)
      for (const [key, bytes] of restored.takeChanged()) {
        topic.delete(key)
        if (bytes !== null) topic.set(key, bytes)
      }
      position = restored.position
      stream_time = restored.streamTime
      return step
    })
    expect(again).toEqual(steps)
    expect(steps.filter(({ verdicts }) => verdicts[0]?.verdict.number === 1).length).toBeGreaterThan(7)
  })

  it('takes stream time from its own log alone, and never back', () => {
    const orders = new Orders(jsonOrderCodec)
    send(orders, 'a', T + 9)
    orders.step({ offset: 1, appendedAt: T, key: '', body: { kind: 'tick', flush_id: 'f', hold_ms: 0 } })
    expect(orders.streamTime).toBe(T + 9)
    expect(
      orders.step({
        offset: 2,
        appendedAt: T + 10,
        key: 'x',
        body: { kind: 'poison', reason: 'truncated', detail: '' },
      }),
    ).toEqual({ result: 'poison', verdicts: [], changedBytes: 0 })
    expect(orders).toMatchObject({ position: 3, streamTime: T + 10 })
  })
})
