import { describe, expect, it } from '@jest/globals'
import { foldParts } from './folded.ts'
import { receivedAt } from './reached-goals.ts'

describe('definitions/subscription.yaml', () => {
  const sent = (event: string, messageId: string, properties: object) => ({
    type: 'track' as const,
    messageId,
    anonymousId: 'ida',
    event,
    properties: { currency: 'EUR', ...properties },
    context: {},
    timestamp: new Date(receivedAt).toISOString(),
  })
  const app = [
    sent('Subscription Started', '1', { order_id: 'S-1', value: 24 }),
    sent('Order Completed', '2', { order_id: 'S-1', value: 24 }),
  ]
  const billing = [
    sent('Order Completed', 'b1', { order_id: 'S-1', value: 24 }),
    sent('Order Completed', 'b2', { order_id: 'S-1-2', value: 24, renewal: true }),
    sent('Subscription Renewed', 'b3', { order_id: 'S-1-2', value: 24 }),
  ]
  const counted = async (...fromServer: readonly ReturnType<typeof sent>[]) => {
    const parts = [{ isServer: false, messages: app }, { isServer: true, messages: fromServer }] // prettier-ignore
    const { conversions } = await foldParts(parts, 'shop', receivedAt, 'subscription.yaml')
    return conversions.map(({ goal, order_id, value_minor, order_status }) => [
      goal,
      order_id,
      value_minor,
      order_status,
    ])
  }

  it('counts what is bought and what is renewed once, whatever app and billing say of it', async () => {
    expect(await counted(...billing)).toEqual([
      ['subscription', 'S-1', 2_400, 'placed'],
      ['renewal', 'S-1-2', 2_400, 'placed'],
    ])
  })

  it('takes refunds off both', async () => {
    const refunds = [
      sent('Order Refunded', 'b4', { order_id: 'S-1' }),
      sent('Order Refunded', 'b5', { order_id: 'S-1-2', value: 10 }),
    ]
    expect(await counted(...billing, ...refunds)).toEqual([
      ['subscription', 'S-1', 0, 'refunded'],
      ['renewal', 'S-1-2', 1_400, 'partly_refunded'],
    ])
  })
})
