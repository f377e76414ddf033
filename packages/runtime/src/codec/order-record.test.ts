import { describe, expect, it } from '@jest/globals'
import { orderKey } from '@cairn/domain'
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
