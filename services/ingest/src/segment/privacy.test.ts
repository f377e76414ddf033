import { describe, expect, it } from '@jest/globals'
import type { StorefrontEvent } from '@cairn/domain'
import { toEvent } from './event.ts'

const key = { site: 'shop', server: false, defaultCurrency: '' }
const request = { type: undefined, receivedAt: Date.UTC(2026, 0, 31, 12), address: '198.51.100.7', userAgent: '', country: '', newId: () => 'id' } // prettier-ignore

/** @param context of the batch */
function accepted(message: object, context?: unknown): StorefrontEvent {
  const arrival = { ...request, sentAt: undefined, context, hasEscapes: false }
  const verdict = toEvent({ type: 'track', event: 'Anything', ...message }, arrival, key)
  if (!verdict.ok) throw new Error(`refused: ${verdict.refusal.reason}: ${verdict.refusal.message}`)
  return verdict.event
}

describe('without analytics consent', () => {
  const denied = { consent: { categoryPreferences: { Analytics: false } } }
  const url = 'https://shop.example/p?gclid=G&utm_source=google&fbclid=F'

  it('an event keeps no visitor, user, session, address or click id', () => {
    const context = { ...denied, ip: '203.0.113.9', sessionId: 's', page: { url, referrer: `${url}#x` } }
    const message = {
      anonymousId: 'a',
      userId: 'u',
      messageId: 'm',
      context,
      properties: { gclid: 'G', link: url, n: 1 },
    }
    const event = accepted(message)
    expect(event).toMatchObject({
      visitor_id: '',
      user_id: '',
      client_session_id: '',
      ip: '',
      click_id_name: '',
      click_id: '',
      url: 'https://shop.example/p?utm_source=google',
      referrer: 'https://shop.example/p?utm_source=google#x',
      source: 'google',
      consent: { Analytics: 'denied' },
      properties: { link: 'https://shop.example/p?utm_source=google', n: '1' },
    })
  })

  it('a group call keeps neither its group nor its traits', () => {
    const call = { type: 'group', groupId: 'g', traits: { email: 'a@b.c' }, context: denied }
    const { group_id, properties } = accepted(call)
    expect({ group_id, properties }).toEqual({ group_id: '', properties: {} })
  })

  it('an identify call keeps no traits and an alias call no former id', () => {
    expect(accepted({ type: 'identify', userId: 'u', traits: { email: 'a@b.c' }, context: denied }).properties).toEqual(
      {},
    )
    expect(accepted({ type: 'alias', previousId: 'p', userId: 'u', context: denied }).previous_id).toBe('')
  })

  it('stays denied by the batch for a message that says null of it', () => {
    const event = accepted({ anonymousId: 'a', context: { consent: null } }, denied)
    expect(event).toMatchObject({ visitor_id: '', consent: { Analytics: 'denied' } })
  })
})
