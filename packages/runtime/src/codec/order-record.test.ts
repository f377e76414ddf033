import { describe, expect, it } from '@jest/globals'
import { orderKey, promotionOf } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'
import { readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import { largestEvent, UnknownSchema } from './log-record.ts'
import { readOrderRecord } from './order-record.ts'

const codec = createCodec(readCatalog())
const event = buildEvent({ event_id: 'e', name: 'refund', order_id: 'o1' })

function bodyOf(value: Buffer | null, key = orderKey(event)) {
  return readOrderRecord(codec, { key, value, offset: 5, timestamp: 9 }).body
}

describe('a record of topic order-events', () => {
  it('is an event that speaks of an order, with its bytes as they came', () => {
    const value = codec.encodeEvent(event)
    const record = readOrderRecord(codec, { key: 'shop:o1', value, offset: 5, timestamp: 9 })
    expect(record).toMatchObject({ offset: 5, appendedAt: 9, key: 'shop:o1', body: { kind: 'event', wire: value } })
    expect(record.body).toMatchObject({ event: { event_id: 'e', name: 'refund', order_id: 'o1' } })
  })

  it('that is a large purchase is kept without its long properties, and without any where that is not enough', () => {
    const purchase = buildEvent({ event_id: 'e', name: 'purchase', order_id: 'o1', title: 'Thank you' })
    const kept = (properties: Record<string, string>) => {
      const value = codec.encodeEvent({ ...purchase, properties })
      const body = bodyOf(value)
      const wire = codec.decode(body.kind === 'event' ? Buffer.from(body.wire) : null)
      if (!wire.ok || wire.kind !== 'event') throw new Error('no event')
      expect(wire.value).toMatchObject({ event_id: 'e', order_id: 'o1', title: 'Thank you' })
      return { is_whole: body.kind === 'event' && value.equals(body.wire), properties: wire.value.properties }
    }
    const empty = codec.encodeEvent({ ...purchase, properties: { a: 'x'.repeat(8000) } }).length - 8000
    const exactly = { a: 'x'.repeat(8 * 1024 - empty) }
    expect(kept(exactly)).toEqual({ is_whole: true, properties: exactly })
    const [short, long] = ['y'.repeat(200), 'y'.repeat(201)]
    expect(kept({ a: `${exactly.a}x`, short, long })).toEqual({ is_whole: false, properties: { short } })
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`p${i}`, short]))
    expect(kept(many)).toEqual({ is_whole: false, properties: {} })
  })

  it('that is a large purchase keeps its promotion, which may stand in a long list of items alone', () => {
    const items = JSON.stringify(
      Array.from({ length: 50 }, () => ({ item_name: 'y'.repeat(200), promotion_id: 'may' })),
    )
    const purchase = buildEvent({ event_id: 'e', name: 'purchase', order_id: 'o1', properties: { items } })
    const promotionIn = (properties: Record<string, string>) => {
      const body = bodyOf(codec.encodeEvent({ ...purchase, properties }))
      const wire = codec.decode(body.kind === 'event' ? Buffer.from(body.wire) : null)
      return wire.ok && wire.kind === 'event' ? promotionOf(wire.value) : undefined
    }
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`p${i}`, 'y'.repeat(200)]))
    expect([{ items }, { items, ...many }, { items: '[]', ...many }].map(promotionIn)).toEqual(['may', 'may', ''])
  })

  it('may be a tick', () => {
    const tick = { flush_id: 'f', hold_ms: 0 }
    expect(bodyOf(codec.encode('tick', tick), '')).toEqual({ kind: 'tick', ...tick })
  })

  it.each([
    ['without a value', null, 'no_value'],
    ['cut off', codec.encodeEvent(event).subarray(0, 20), 'truncated'],
    ['of another kind', codec.encode('fence', { owner: 'x' }), 'undecodable'],
    ['that speaks of no order', codec.encodeEvent({ ...event, name: 'view_item' }), 'undecodable'],
    ['that names no order', codec.encodeEvent({ ...event, order_id: '' }), 'undecodable'],
    ['of another order', codec.encodeEvent({ ...event, order_id: 'o2' }), 'key_mismatch'],
    ['that topic events would not take', codec.encodeEvent({ ...event, title: 'x'.repeat(largestEvent) }), 'too_large'],
  ])('%s is poison', (_, value, reason) => {
    expect(bodyOf(value)).toMatchObject({ kind: 'poison', reason })
  })

  it('of a schema that is not known is none: it is waited for', () => {
    expect(() => bodyOf(Buffer.from([0, 0, 0, 3, 231, 1]))).toThrow(UnknownSchema)
  })
})
