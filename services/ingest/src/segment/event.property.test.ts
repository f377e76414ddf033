import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createCodec, readCatalog } from '@cairn/runtime'
import { openBody } from './body.ts'
import { toEvent } from './event.ts'

const codec = createCodec(readCatalog())
const receivedAt = Date.UTC(2026, 0, 1)

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
    properties: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
    context: fc.record({ page: fc.jsonValue(), campaign: fc.jsonValue(), consent: fc.jsonValue(), ip: fc.ipV6() }),
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
