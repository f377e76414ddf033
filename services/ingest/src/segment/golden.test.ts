import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createCodec, readCatalog } from '@cairn/runtime'
import type { StorefrontEvent } from '@cairn/domain'
import { openBody } from './body.ts'
import { toEvent, type Verdict } from './event.ts'
import { idIn } from './id.ts'
import type { JsonObject } from './json.ts'

const folder = process.env['CAIRN_DATA'] ?? join(process.cwd(), '../shared/data')

/** Runs where the published data is; it is not part of the project. */
function withData(name: string, tests: (read: (file: string) => unknown) => void): void {
  const path = join(folder, name)
  const read = (file: string) => JSON.parse(readFileSync(join(path, file), 'utf8')) as unknown
  if (existsSync(path)) describe(name, () => tests(read))
  else describe.skip(`${name} (skipped: not in ${folder}; CAIRN_DATA names its folder)`, () => tests(() => []))
}

function verdictOn(message: unknown, type?: string): Verdict {
  const batch = { batch: [message] }
  const opened = openBody(Buffer.from(JSON.stringify(batch)), true)
  if (!opened.ok) throw new Error(opened.message)
  const { messages, ...rest } = opened.batch
  const request = { type, receivedAt: Date.UTC(2026, 0, 1), address: '', userAgent: '', country: '', newId: () => 'id' }
  return toEvent(messages[0], { ...request, ...rest }, { site: 'shop', server: false, defaultCurrency: 'USD' })
}

function eventOf(message: unknown): StorefrontEvent {
  const verdict = verdictOn(message)
  if (!verdict.ok) throw new Error(verdict.refusal.message)
  return verdict.event
}

withData('segment-ecommerce-spec', (read) => {
  const examples = read('ecommerce_v2_examples.json') as readonly (JsonObject & { event: string })[]

  /** Event → its canonical name, and its value in US cents where it has one. */
  const expected: Readonly<Record<string, readonly [name: string, value?: number]>> = {
    'Products Searched': ['search'],
    'Product List Viewed': ['view_item_list'],
    'Product List Filtered': ['view_item_list'],
    'Promotion Viewed': ['view_promotion'],
    'Promotion Clicked': ['select_promotion'],
    'Product Clicked': ['select_item'],
    'Product Viewed': ['view_item', 1899],
    'Product Added': ['add_to_cart', 1899],
    'Product Removed': ['remove_from_cart'],
    'Cart Viewed': ['view_cart'],
    'Checkout Started': ['begin_checkout', 3000],
    'Checkout Step Viewed': ['checkout_step_viewed'],
    'Checkout Step Completed': ['checkout_step_completed'],
    'Payment Info Entered': ['add_payment_info'],
    'Order Updated': ['order_updated', 2500],
    'Order Completed': ['purchase', 2250],
    'Order Refunded': ['refund', 3000],
    'Order Cancelled': ['order_cancelled', 2500],
    'Coupon Entered': ['coupon_entered'],
    'Coupon Applied': ['coupon_applied'],
    'Coupon Denied': ['coupon_denied'],
    'Coupon Removed': ['coupon_removed'],
    'Product Added to Wishlist': ['add_to_wishlist'],
    'Product Removed from Wishlist': ['remove_from_wishlist'],
    'Wishlist Product Added to Cart': ['add_to_cart', 1899],
    'Product Shared': ['share'],
    'Cart Shared': ['share'],
    'Product Reviewed': ['product_reviewed'],
  }

  it('maps every example of the ecommerce spec to its name and money', () => {
    const mapped = examples.map((message) => {
      const { name, value_minor } = eventOf(message)
      return [message.event, value_minor === null ? [name] : [name, value_minor]]
    })
    expect(Object.fromEntries(mapped)).toEqual(expected)
  })

  it('keeps every property of every example', () => {
    for (const message of examples) {
      const sent = Object.keys(message['properties'] as object)
      expect(Object.keys(eventOf(message).properties)).toEqual(sent)
    }
  })

  it('accepts every full payload that is a message', () => {
    const payloads = read('spec_full_payloads.json') as readonly { payload: JsonObject }[]
    const reasons = payloads
      .map(({ payload }) => verdictOn(payload))
      .flatMap((verdict) => (verdict.ok ? [] : [verdict.refusal.reason]))
    expect(reasons).toEqual(['unknown_type'])
  })
})

withData('segment-ga4-pairs', (read) => {
  interface Sent {
    readonly message: { readonly type?: string; readonly event?: string }
  }
  interface Published {
    readonly body?: { readonly JSON: { readonly events: readonly { readonly name: string }[] } }
  }

  /** What was published for Segment's and GA4's standard names; the rest is spelling of names in neither vocabulary. */
  const inNoVocabulary = ['earn virtual currency', 'group', 'rudderstack event', 'tutotial complete']

  it('maps each event to the name that was published for it', () => {
    const sent = read('ga4_input.json') as readonly Sent[]
    const published = read('ga4_output.json') as readonly Published[]
    const pairs = sent.flatMap(({ message: { type, event } }, at) => {
      const name = published[at]?.body?.JSON.events[0]?.name
      const isKnown = type === 'track' && event !== undefined && !inNoVocabulary.includes(event)
      return isKnown && name !== undefined ? [{ event, name }] : []
    })
    const names = new Map(pairs.map(({ event, name }) => [event, name]))
    // That destination takes one that names a shipping method for another event.
    names.set('payment info entered', 'add_payment_info')
    expect([...names].map(([event]) => [event, eventOf({ type: 'track', event }).name])).toEqual([...names])
    expect(names.size).toBeGreaterThan(20)
  })
})

withData('naughty-strings', (read) => {
  const strings = read('blns.json') as readonly string[]
  const codec = createCodec(readCatalog())

  it.each(['anonymousId', 'messageId', 'event'])('come out of the wire format as they came in, as %s', (field) => {
    for (const text of strings.filter((s) => s.trim() !== '')) {
      const event = eventOf({ type: 'track', event: 'x', [field]: text })
      const kept = { anonymousId: event.visitor_id, messageId: event.event_id, event: event.source_name }
      expect(kept[field as keyof typeof kept]).toBe(field === 'anonymousId' ? idIn(text) : text)
      expect(codec.decode(codec.encodeEvent(event))).toMatchObject({ ok: true, value: { name: event.name } })
    }
  })

  it('come out of the wire format as they came in, as properties and their names', () => {
    for (const text of strings) {
      const event = eventOf({ type: 'track', event: 'x', properties: { text, [`n${text}`]: 'v', list: [text] } })
      const decoded = codec.decode(codec.encodeEvent(event))
      const expected = { text, [`n${text}`]: 'v', list: JSON.stringify([text]) }
      expect(decoded).toMatchObject({ ok: true, value: { properties: expected } })
    }
  })

  it('never break an address', () => {
    for (const text of strings) {
      const page = { url: text, referrer: `https://shop.example/?utm_source=${text}`, path: text, search: text }
      expect(eventOf({ type: 'page', context: { page, userAgent: text, ip: text } }).url).toBe(text)
    }
  })
})
