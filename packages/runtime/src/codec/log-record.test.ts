import { describe, expect, it } from '@jest/globals'
import { eventKey, type StorefrontEvent } from '@cairn/domain'
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

describe('a record whose schema is not known', () => {
  it('is no poison: it names its id and offset, and a way out that holds with a registry and without', () => {
    const record = { offset: 7, timestamp: 0, key: 'shop:v-1', value: Buffer.from([0, 0, 0, 3, 231, 1]) }
    const read = () => readEventInput(createCodec(readCatalog()), record)
    expect(read).toThrow(UnknownSchema)
    expect(read).toThrow(/^schema 999 of the record at offset 7 .* deploy the version .* the same SCHEMA_REGISTRY_URL, or none/) // prettier-ignore
  })
})
