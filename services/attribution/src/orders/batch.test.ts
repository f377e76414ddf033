import { describe, expect, it } from '@jest/globals'
import { isOrderEvent, orderKey, Orders, type StorefrontEvent } from '@cairn/domain'
import { createCodec, createOrderCodec, readCatalog, type Incoming } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { foldBatch } from './batch.ts'

const codec = createCodec(readCatalog())
const options = { codec, origin: { topic: 'order-events', partition: 3 }, partitions: 4, most: Infinity }
const start = Date.UTC(2026, 0, 5, 10)

function purchase(order_id: string, over: Partial<StorefrontEvent> = {}): StorefrontEvent {
  return buildEvent({ event_id: `e-${order_id}`, name: 'purchase', order_id, event_time: start, ...over })
}

/** Records of order-events in their order; what is no event of an order stands as it is. */
function log(...values: readonly (StorefrontEvent | Buffer)[]): Incoming[] {
  return values.map((value, offset) => {
    const isEvent = !Buffer.isBuffer(value)
    const key = isEvent && isOrderEvent(value) ? orderKey(value) : ''
    return { key, value: isEvent ? codec.encodeEvent(value) : value, offset, timestamp: start + offset }
  })
}

function orders(): Orders {
  return new Orders(createOrderCodec(codec))
}

describe('a batch of orders', () => {
  it('has the verdicts of each partition in order, the changed states, and barriers after them', () => {
    const tick = codec.encode('tick', { flush_id: 'f', hold_ms: 7 })
    const back = purchase('o1', { event_id: 'back', name: 'refund', visitor_id: 'u:clerk' })
    const batch = foldBatch(orders(), log(purchase('o1'), tick, back), options)
    expect(batch.verdicts).toHaveLength(1)
    const said = batch.verdicts[0]?.records.map(({ key, value }) => [key, codec.decode(value)])
    expect(said).toMatchObject([
      ['shop:v1', { kind: 'verdict', value: { status: 'placed', order_offset: 0 } }],
      ['shop:v1', { kind: 'verdict', value: { status: 'refunded', order_offset: 2 } }],
    ])
    expect(batch.changed.map(({ key, value }) => [key, codec.decode(value)])).toMatchObject([
      ['shop:o1', { kind: 'order-state' }],
      ['\u0001barrier', { kind: 'barrier', value: { flush_id: 'f', hold_ms: 7, input_offset: 1 } }],
    ])
    expect([...batch.tally.results]).toEqual([
      ['verdict', 2],
      ['control', 1],
    ])
    expect([...batch.tally.verdicts]).toEqual([
      ['placed', 1],
      ['refunded', 1],
    ])
  })

  it('passes on no barrier for a tick that is no flush', () => {
    const batch = foldBatch(orders(), log(codec.encode('tick', { flush_id: '', hold_ms: 0 })), options)
    expect(batch).toMatchObject({ changed: [], verdicts: [], letters: [], tally: { records: 1 } })
  })

  it('takes no further record once what it takes and says has filled its room', () => {
    const records = log(...Array.from({ length: 50 }, (_, i) => purchase(`o${i}`, { title: 't'.repeat(5_000) })))
    const fold = orders()
    const { records: taken } = foldBatch(fold, records, { ...options, most: 50_000 }).tally
    // Each is written twice: as a verdict, and as the state that keeps it.
    expect(taken).toBe(5)
    expect(fold.position).toBe(5)
    expect(foldBatch(fold, records.slice(taken), options).tally.records).toBe(45)
    // Refunds that change nothing that is said are small, and what is kept of their orders is not.
    const late = records.map(({ key }, i) => {
      const event = purchase(`o${i}`, { name: 'refund', event_id: 'late', event_time: start + 181 * 86_400_000 })
      return { key, value: codec.encodeEvent(event), offset: 50 + i, timestamp: start }
    })
    expect(foldBatch(fold, late, { ...options, most: 50_000 }).tally.records).toBe(10)
  })

  it('ends before a schema that is not known, and says the rest once it is', () => {
    const unknown = Buffer.from([0, 0, 0, 39, 15, 1, 2])
    const fold = orders()
    const [first, , last] = log(purchase('o1'), unknown, purchase('o2')) as [Incoming, Incoming, Incoming]
    const batch = foldBatch(fold, log(purchase('o1'), unknown), options)
    expect(batch).toMatchObject({ tally: { records: 1 }, unknownSchema: { schemaId: 9999 } })
    const known = foldBatch(fold, [{ ...first, offset: 1 }, last], options)
    expect(known).toMatchObject({ tally: { records: 2 }, unknownSchema: undefined })
  })

  it('keeps what cannot be read as a dead letter, with where it came from', () => {
    const batch = foldBatch(orders(), log(Buffer.from('x')), options)
    expect(batch.letters.map(({ value }) => codec.decode(value))).toMatchObject([
      { value: { id: 'order-events-3-0', reason: 'not_wire_format', payload: Buffer.from('x') } },
    ])
    expect([...batch.tally.dead]).toEqual([['not_wire_format', 1]])
  })

  it('does not go on over a hole in the offsets', () => {
    expect(() => foldBatch(orders(), log(purchase('o1'), purchase('o2')).slice(1), options)).toThrow(
      'order-events-3: expected offset 0, got 1',
    )
  })
})
