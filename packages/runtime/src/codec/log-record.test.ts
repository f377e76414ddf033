import { describe, expect, it } from '@jest/globals'
import { eventKey, type StorefrontEvent, type WrittenVerdict } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'
import { readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import { largestEvent, largestRepeated, readEventInput, UnknownSchema } from './log-record.ts'

const codec = createCodec(readCatalog())

function bodyOf(event: StorefrontEvent) {
  const source = { key: eventKey(event), value: codec.encodeEvent(event), offset: 5, timestamp: 0 }
  return { length: source.value.length, body: readEventInput(codec, source, 'skim').record.body }
}

/** An event that takes so many bytes. */
function eventOf(bytes: number): StorefrontEvent {
  const sized = (length: number) => buildEvent({ event_id: 'e', title: 'x'.repeat(length) })
  return sized(2 * bytes - bodyOf(sized(bytes)).length)
}

describe('an event of topic events', () => {
  it('is taken up to its largest size, and poison a byte above it', () => {
    const largest = bodyOf(eventOf(largestEvent))
    expect(largest).toMatchObject({ length: largestEvent, body: { kind: 'event' } })
    const larger = bodyOf(eventOf(largestEvent + 1))
    expect(larger).toMatchObject({ length: largestEvent + 1, body: { kind: 'poison', reason: 'too_large' } })
    expect(larger.body).toMatchObject({ detail: expect.stringContaining(`${largestEvent + 1} bytes`) })
  })

  it('is taken with up to so many characters of what each of its conversions repeats', () => {
    const repeating = (length: number) => {
      const third = length / 3
      const properties = { promotion_id: 'p'.repeat(third) }
      const event = { event_id: 'e', order_id: 'o'.repeat(third), user_id: 'u'.repeat(third - 1), properties }
      return bodyOf(buildEvent(event)).body
    }
    expect(repeating(largestRepeated)).toMatchObject({ kind: 'event' })
    expect(repeating(largestRepeated + 3)).toMatchObject({ kind: 'poison', reason: 'too_large' })
  })
})

describe('a verdict of topic events', () => {
  const event = buildEvent({ event_id: 'e', name: 'purchase', order_id: 'o1', value_minor: 500, currency: 'EUR' })
  const placed: WrittenVerdict = {
    order_id: 'o1',
    order_offset: 8,
    number: 1,
    status: 'placed',
    value_minor: 500,
    currency: 'EUR',
    refunded_minor: 0,
    coupon: '',
    promotion: '',
    event: codec.encodeEvent(event),
  }
  const withdrawn: WrittenVerdict = { ...placed, status: 'withdrawn', event: Buffer.alloc(0) }

  function read(record: WrittenVerdict, key = eventKey(event)) {
    const source = { key, value: codec.encode('verdict', record), offset: 5, timestamp: 0 }
    return readEventInput(codec, source, 'skim').record.body
  }

  it('is read with the purchase it carries, or with none where it is withdrawn', () => {
    const { event: bytes, ...said } = placed
    expect(bytes.length).toBeGreaterThan(0)
    expect(read(placed)).toMatchObject({
      kind: 'verdict',
      verdict: { ...said, event: { event_id: 'e', name: 'purchase' } },
    })
    expect(read({ ...placed, value_minor: null, currency: 'USD' })).toMatchObject({
      verdict: { event: { event_id: 'e', value_minor: null, currency: 'USD' }, sent_currency: 'EUR' },
    })
    expect(read(withdrawn)).toMatchObject({
      kind: 'verdict',
      verdict: { status: 'withdrawn', event: null, sent_currency: '' },
    })
    expect(read({ ...placed, coupon: 'MAY', promotion: 'spring' })).toMatchObject({
      verdict: { coupon: 'MAY', promotion: 'spring', event: { event_id: 'e', coupon: 'MAY' } },
    })
    expect(read(withdrawn, 'shop:v2')).toMatchObject({ kind: 'verdict' })
  })

  it('is poison under a key that is not the one of its purchase, or of no visitor', () => {
    expect(read(placed, 'shop:v2')).toMatchObject({ kind: 'poison', reason: 'key_mismatch' })
    for (const key of ['', 'shop', 'shop:', ':v1', 'a/b:v1'])
      expect(read(withdrawn, key)).toMatchObject({ kind: 'poison', reason: 'key_mismatch' })
  })

  it('is poison where its purchase cannot be read, or is not one of its order', () => {
    const carrying = (bytes: Uint8Array) => read({ ...placed, event: bytes })
    expect(carrying(placed.event.subarray(0, placed.event.length - 1))).toMatchObject({ reason: 'truncated' })
    expect(carrying(Buffer.alloc(0))).toMatchObject({ reason: 'not_wire_format' })
    expect(carrying(codec.encode('tick', { flush_id: '', hold_ms: 0 }))).toMatchObject({ reason: 'undecodable' })
    expect(carrying(codec.encodeEvent({ ...event, name: 'refund' }))).toMatchObject({ reason: 'undecodable' })
    expect(carrying(codec.encodeEvent({ ...event, order_id: 'o2' }))).toMatchObject({ reason: 'undecodable' })
    expect(carrying(codec.encodeEvent({ ...event, title: 'x'.repeat(largestEvent) }))).toMatchObject({
      reason: 'too_large',
    })
    expect(read({ ...withdrawn, event: placed.event })).toMatchObject({ reason: 'undecodable' })
    expect(read({ ...placed, status: 'lost' as 'placed' })).toMatchObject({ reason: 'undecodable' })
  })

  it('waits for the schema of the purchase it carries', () => {
    const unknown = Buffer.concat([Buffer.from([0, 0, 0, 3, 231]), placed.event.subarray(5)])
    expect(() => read({ ...placed, event: unknown })).toThrow(/^schema 999 of the record at offset 5/)
  })
})

describe('a record whose schema is not known', () => {
  it('is no poison: it names its id and offset, and a way out that holds with a registry and without', () => {
    const record = { offset: 7, timestamp: 0, key: 'shop:v-1', value: Buffer.from([0, 0, 0, 3, 231, 1]) }
    const read = () => readEventInput(createCodec(readCatalog()), record)
    expect(read).toThrow(UnknownSchema)
    expect(read).toThrow(/^schema 999 of the record at offset 7 .* deploy the version .* the same SCHEMA_REGISTRY_URL, or none/) // prettier-ignore
  })
})
