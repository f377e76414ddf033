import { describe, expect, it } from '@jest/globals'
import avro from 'avsc'
import type { Label, StorefrontEvent } from '@cairn/domain'
import { catalogOf, entry, labelledName, labelledSchema, readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import type { AvroRecord } from './schema.ts'
import { headerBytes } from './wire.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

const event: StorefrontEvent = {
  received_at: 1_790_000_000_500,
  sent_at: null,
  event_time: 1_790_000_000_000,
  ip: '10.1.2.0',
  content_hash: 0,
  event_id: 'e-1',
  site: 'shop',
  visitor_id: 'v-1',
  user_id: '',
  type: 'track',
  name: 'add_to_cart',
  source_name: 'Product Added',
  is_server: false,
  is_bot: false,
  device_time: 1_790_000_000_000,
  client_session_id: '',
  url: 'https://shop.example/blaue-schuhe?größe=42',
  host: 'shop.example',
  path: '/blaue-schuhe',
  title: 'Blaue Schuhe 👟',
  referrer: '',
  referrer_host: '',
  source: '',
  medium: '',
  campaign: '',
  term: '',
  content: '',
  click_id_name: '',
  click_id: '',
  user_agent: 'Mozilla/5.0',
  device: 'desktop',
  locale: 'de-DE',
  country: 'DE',
  consent: { analytics_storage: 'granted' },
  previous_id: '',
  group_id: '',
  order_id: '',
  value_minor: 12_999,
  currency: 'EUR',
  coupon: '',
  properties: { item_id: 'sku-1', quantity: '1' },
}

const label: Label = {
  session_id: '019a0000-0000-8000-8000-000000000001',
  goals: ['add_to_cart'],
  is_late: false,
  definitions_number: 3,
  appended_at: 1_790_000_000_700,
  input_offset: 41,
}

describe('codec', () => {
  it('reads back an event as it was written, with the checksum of its content', () => {
    const decoded = codec.decode(codec.encodeEvent(event))
    expect(decoded).toMatchObject({ ok: true, kind: 'event', schemaId: 1 })
    if (!decoded.ok || decoded.kind !== 'event') throw new Error('not an event')
    expect({
      ...decoded.value,
      consent: { ...decoded.value.consent },
      properties: { ...decoded.value.properties },
    }).toEqual({
      ...event,
      content_hash: decoded.value.content_hash,
    })
    expect(decoded.value.content_hash).not.toBe(0)
  })

  it('gives two sendings of one event the same content checksum, and another event another one', () => {
    const hashOf = (e: StorefrontEvent) => {
      const decoded = codec.decode(codec.encodeEvent(e))
      return decoded.ok && decoded.kind === 'event' ? decoded.value.content_hash : undefined
    }
    expect(hashOf({ ...event, received_at: event.received_at + 9000, sent_at: 1, ip: '' })).toBe(hashOf(event))
    expect(hashOf({ ...event, value_minor: 1 })).not.toBe(hashOf(event))
  })

  it('prepends a label so that the bytes equal a full encode of the labelled event', () => {
    const message = codec.encodeEvent(event)
    const labelled = codec.prependLabel(message, 1, label)
    const decoded = codec.decode(labelled)
    expect(decoded).toMatchObject({
      ok: true,
      kind: 'labelled',
      schemaId: 101,
      value: { ...label, event_id: 'e-1', title: event.title },
    })
    if (!decoded.ok || decoded.kind !== 'labelled') throw new Error('not labelled')
    const full = avro.Type.forSchema(catalog.named(labelledName(1)).schema as unknown as avro.Schema).toBuffer(
      decoded.value,
    )
    expect(labelled.subarray(headerBytes)).toEqual(full)
  })

  it('names what is wrong with a message instead of guessing', () => {
    const message = codec.encodeEvent(event)
    expect(codec.decode(null)).toMatchObject({ ok: false, reason: 'no_value' })
    expect(codec.decode(Buffer.from('{"json":true}'))).toMatchObject({ ok: false, reason: 'not_wire_format' })
    expect(codec.decode(Buffer.from([0, 0, 0]))).toMatchObject({ ok: false, reason: 'not_wire_format' })
    expect(codec.decode(message.subarray(0, message.length - 1))).toMatchObject({ ok: false, reason: 'truncated' })
    expect(codec.decode(Buffer.concat([message, Buffer.from([0])]))).toMatchObject({
      ok: false,
      reason: 'trailing_bytes',
    })
    expect(codec.decode(Buffer.from([0, 0, 0, 0, 99, 1]))).toMatchObject({
      ok: false,
      reason: 'unknown_schema',
      schemaId: 99,
    })
  })

  it('keeps the same bytes for the same event, whatever was encoded before', () => {
    const first = codec.encodeEvent(event)
    codec.encodeEvent({ ...event, title: 'x'.repeat(300_000) })
    expect(codec.encodeEvent(event)).toEqual(first)
    expect(first.readUInt32BE(1)).toBe(1)
    expect(first.length).toBeGreaterThan(headerBytes)
  })
})

describe('schema evolution', () => {
  const v1 = catalog.named('event.v1')
  const v2Schema: AvroRecord = {
    ...v1.schema,
    fields: [...v1.schema.fields, { name: 'store', type: ['null', 'string'], default: null }],
  }
  const newer = catalogOf(
    [
      v1,
      catalog.named(labelledName(1)),
      entry(4, 'event.v2', v2Schema),
      entry(104, labelledName(4), labelledSchema(catalog.label, v2Schema)),
    ],
    catalog.label,
  )

  it('reads a v1 event after a v2 field was added, the new field at its default', () => {
    const decoded = createCodec(newer).decode(codec.encodeEvent(event))
    expect(decoded).toMatchObject({ ok: true, kind: 'event', schemaId: 1, value: { event_id: 'e-1', store: null } })
  })

  it('labels each event under the labelled schema of its own version', () => {
    const both = createCodec(newer)
    const old = both.prependLabel(codec.encodeEvent(event), 1, label)
    const recent = both.prependLabel(both.encodeEvent({ ...event, store: 'berlin' } as StorefrontEvent), 4, label)
    expect(both.decode(old)).toMatchObject({ ok: true, kind: 'labelled', schemaId: 101, value: { store: null } })
    expect(both.decode(recent)).toMatchObject({ ok: true, kind: 'labelled', schemaId: 104, value: { store: 'berlin' } })
  })
})
