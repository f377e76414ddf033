import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { StorefrontEvent } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'
import { createCodec, readCatalog } from '../index.ts'

const codec = createCodec(readCatalog())
const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant('page'))
const texts = fc.dictionary(
  text.filter((name) => name !== '__proto__'),
  text,
  { maxKeys: 8 },
)
const time = fc.integer({ min: 0, max: 2 ** 43 })
const event = fc
  .record({
    event_id: text,
    visitor_id: text,
    name: text,
    title: text,
    url: text,
    user_agent: text,
    order_id: text,
    event_time: time,
    sent_at: fc.option(time),
    value_minor: fc.option(fc.maxSafeInteger().filter((n) => Math.abs(n) < 2 ** 53 - 1)),
    is_bot: fc.boolean(),
    consent: texts,
    properties: texts,
  })
  .map((fields) => buildEvent(fields))

function valueOf(decoded: ReturnType<typeof codec.decode>): StorefrontEvent {
  if (!decoded.ok || decoded.kind !== 'event') throw new Error('not an event')
  return decoded.value
}

describe('an event that is skimmed', () => {
  it('says in every field what it says when it is decoded, in whatever order it is asked', () => {
    fc.assert(
      fc.property(event, event, (one, other) => {
        const messages = [one, other].map((given) => codec.encodeEvent(given))
        const skimmed = messages.map((message) => valueOf(codec.skim(message)))
        for (const [at, message] of messages.entries()) {
          const decoded = valueOf(codec.decode(message))
          for (const field of Object.keys(decoded) as (keyof StorefrontEvent)[]) {
            const found = skimmed[at]![field]
            const wanted = decoded[field]
            if (typeof wanted === 'object' && wanted !== null) expect({ ...(found as object) }).toEqual({ ...wanted })
            else expect(found).toBe(wanted)
          }
        }
      }),
    )
  })

  it('has texts as they were written, whatever was read before', () => {
    const few = fc.array(fc.constantFrom('a', 'b', 'ab', 'abc', '\0', '\x7f', 'ä', 'abcd'), { maxLength: 8 })
    const written = fc.oneof(
      few.map((parts) => parts.join('')),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    )
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 40 }), (names) => {
        const read = names.map(
          (name) => valueOf(codec.skim(codec.encodeEvent(buildEvent({ event_id: 'e', name })))).name,
        )
        expect(read).toEqual(names)
      }),
      { numRuns: 500 },
    )
  })

  it('is refused for numbers that decoding refuses: what the fold makes of them could not be written', () => {
    const message = codec.encodeEvent(buildEvent({ event_id: 'e', received_at: 1 }))
    const tooLarge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]
    const changed = Buffer.concat([message.subarray(0, 5), Buffer.from(tooLarge), message.subarray(6)])
    expect(codec.decode(changed)).toMatchObject({ ok: false, reason: 'undecodable' })
    expect(codec.skim(changed)).toMatchObject({ ok: false, reason: 'undecodable' })
  })

  it('is refused for what decoding refuses', () => {
    const message = codec.encodeEvent(buildEvent({ event_id: 'e' }))
    const wrong = [null, message.subarray(0, -1), Buffer.concat([message, message]), Buffer.from('{}')]
    for (const given of wrong) expect(codec.skim(given)).toEqual(codec.decode(given))
  })
})
