import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createCodec, readCatalog } from '@cairn/runtime'
import { openBody } from './body.ts'
import { toEvent } from './event.ts'

const codec = createCodec(readCatalog())
const receivedAt = Date.UTC(2026, 0, 1)

/** The encoder writes a map entry called `__proto__`, but the reader of these tests can't give one back. */
const anyValue = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'))
const anyName = fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__')

const anyMessage = fc.record(
  {
    type: fc.constantFrom('track', 'page', 'screen', 'identify', 'alias', 'group'),
    event: fc.oneof(fc.string(), fc.constant('Order Completed')),
    messageId: fc.string({ unit: 'binary' }),
    anonymousId: fc.string({ unit: 'binary' }),
    userId: fc.string(),
    timestamp: fc.oneof(
      fc.string(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    properties: fc.dictionary(anyName, anyValue),
    context: fc.record({ page: anyValue, campaign: anyValue, consent: anyValue, ip: fc.ipV6() }),
  },
  { requiredKeys: ['type'] },
)

function judge(message: unknown) {
  const opened = openBody(Buffer.from(JSON.stringify({ batch: [message] })), true)
  if (!opened.ok) throw new Error(opened.message)
  const { messages, ...batch } = opened.batch
  const request = { type: undefined, receivedAt, address: '', userAgent: '', country: '', newId: () => 'id' }
  return toEvent(messages[0], { ...request, ...batch }, { site: 's', server: false, defaultCurrency: 'EUR' })
}

describe('any message', () => {
  it('may have properties called __proto__, which are on the wire like any other', () => {
    const verdict = judge(JSON.parse('{"type":"page","properties":{"__proto__":"polluted"}}'))
    expect(verdict.ok && codec.encodeEvent(verdict.event).includes('\x12__proto__\x10polluted')).toBe(true)
  })

  it('is refused with a reason or becomes an event the wire format gives back', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const verdict = judge(message)
        if (!verdict.ok) return verdict.refusal.message !== ''
        const decoded = codec.decode(codec.encodeEvent(verdict.event))
        // The encoder fills in the hash of what it wrote.
        const sent = { ...verdict.event, content_hash: expect.any(Number) }
        expect(decoded).toMatchObject({ ok: true, value: sent })
        return verdict.event.event_time <= receivedAt && verdict.event.event_time >= 0
      }),
    )
  })

  it('is judged without throwing, even if it is no message at all', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof judge(value).ok === 'boolean'))
  })
})
