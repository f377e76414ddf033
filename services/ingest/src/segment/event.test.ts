import { describe, expect, it } from '@jest/globals'
import type { StorefrontEvent } from '@cairn/domain'
import type { Arrival, WriteKey } from './arrival.ts'
import { toEvent } from './event.ts'

const receivedAt = Date.UTC(2026, 0, 31, 12)
const browser: WriteKey = { site: 'shop', server: false, defaultCurrency: '' }
const server: WriteKey = { ...browser, server: true }
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36'

const arrival: Arrival = {
  type: undefined,
  receivedAt,
  address: '198.51.100.7',
  userAgent: chrome,
  country: 'NL',
  sentAt: undefined,
  context: undefined,
  hasEscapes: false,
  newId: () => 'given-id',
}

function accepted(message: object, over: Partial<Arrival> = {}, key = browser): StorefrontEvent {
  const verdict = toEvent({ type: 'track', event: 'Anything', ...message }, { ...arrival, ...over }, key)
  if (!verdict.ok) throw new Error(`refused: ${verdict.refusal.reason}: ${verdict.refusal.message}`)
  return verdict.event
}

function refused(message: unknown, over: Partial<Arrival> = {}): string {
  const verdict = toEvent(message, { ...arrival, ...over }, browser)
  return verdict.ok ? 'accepted' : verdict.refusal.reason
}

describe('a message is refused', () => {
  it.each([
    ['that is null', null, 'not_an_object'],
    ['that is a list', [], 'not_an_object'],
    ['that is text', 'track', 'not_an_object'],
    ['without a type', { event: 'A' }, 'unknown_type'],
    ['of a type that is no call', { type: 'import' }, 'unknown_type'],
    ['whose type is a name every object has', { type: 'constructor' }, 'unknown_type'],
    ['that tracks nothing', { type: 'track' }, 'no_event_name'],
    ['that tracks blanks', { type: 'track', event: ' \t' }, 'no_event_name'],
    ['whose event is a number', { type: 'track', event: 7 }, 'bad_field'],
    ['whose anonymousId is a number', { type: 'page', anonymousId: 7 }, 'bad_field'],
    ['whose userId is an object', { type: 'page', userId: {} }, 'bad_field'],
    ['whose messageId is a boolean', { type: 'page', messageId: true }, 'bad_field'],
    ['whose properties are a list', { type: 'page', properties: [1] }, 'bad_field'],
    ['whose context is text', { type: 'page', context: 'web' }, 'bad_field'],
    ['whose timestamp is a number', { type: 'page', timestamp: 1_769_860_800 }, 'bad_time'],
    ['whose timestamp is no time', { type: 'page', timestamp: 'yesterday' }, 'bad_time'],
    ['whose timestamp is empty', { type: 'page', timestamp: '' }, 'bad_time'],
    ['whose sentAt is no time', { type: 'page', sentAt: 'now' }, 'bad_time'],
    ['that happened before 1970', { type: 'page', timestamp: '1969-12-31T23:59:59.999Z' }, 'bad_time'],
    ['that has more than 32 KB', { type: 'page', properties: { text: 'x'.repeat(32 * 1024) } }, 'too_large'],
    ['that is nested beyond reason', { type: 'page', properties: { deep: nested(100) } }, 'too_deep'],
  ])('%s', (_what, message, reason) => {
    expect(refused(message)).toBe(reason)
  })

  it.each([
    ['an object', {}],
    ['an array', []],
    ['a number', 7],
    ['a boolean', false],
  ])('saying that what should be text is %s', (what, userId) => {
    const message = `"userId" must be a string, this is ${what}`
    expect(toEvent({ type: 'page', userId }, arrival, browser)).toMatchObject({ refusal: { message } })
  })

  it('at one byte over the limit, counted in UTF-8, and not at the limit', () => {
    const message = (fill: string) => ({ type: 'page', properties: { text: fill } })
    const room = 32 * 1024 - Buffer.byteLength(JSON.stringify(message('')))
    expect(refused(message('x'.repeat(room)))).toBe('accepted')
    expect(refused(message('x'.repeat(room + 1)))).toBe('too_large')
    expect(refused(message('é'.repeat(room / 2 + 1)))).toBe('too_large')
  })

  it('for its batch’s sentAt only where it has none of its own', () => {
    expect(refused({ type: 'page' }, { sentAt: 'now' })).toBe('bad_time')
    expect(refused({ type: 'page', sentAt: '2026-01-31T12:00:00Z' }, { sentAt: 'now' })).toBe('accepted')
  })
})

describe('a message is accepted', () => {
  it('without any identity: it belongs to no visitor', () => {
    expect(accepted({}).visitor_id).toBe('')
  })

  it('that is an alias as one of the visitor who is named, else of who had the former id', () => {
    const alias = { type: 'alias', previousId: 'dora', userId: 'U9' }
    expect(accepted(alias)).toMatchObject({ visitor_id: 'dora', user_id: 'U9', previous_id: 'dora', name: 'alias' })
    expect(accepted({ ...alias, anonymousId: 'laptop' })).toMatchObject({ visitor_id: 'laptop', previous_id: 'dora' })
    expect(accepted({ ...alias, type: undefined }, { type: 'alias' }).visitor_id).toBe('dora')
    expect(accepted({ ...alias, type: 'identify' }).visitor_id).toBe('u:U9')
  })

  it('without an id, and is given one', () => {
    expect(accepted({}).event_id).toBe('given-id')
    expect(accepted({ messageId: '' }).event_id).toBe('given-id')
    expect(accepted({ messageId: 'm1' }).event_id).toBe('m1')
  })

  it('with null for what it does not have', () => {
    const event = accepted({ anonymousId: null, userId: null, properties: null, context: null, timestamp: null })
    expect(event).toMatchObject({ visitor_id: '', user_id: '', properties: {}, device_time: null })
  })

  it('under the type of the address it was sent to', () => {
    expect(accepted({ type: undefined, event: undefined, name: 'Home' }, { type: 'page' })).toMatchObject({
      type: 'page',
      name: 'page_view',
      source_name: 'Home',
    })
  })
})

describe('the time of an event', () => {
  const timestamp = '2026-01-31T10:00:00.000Z'

  it('keeps what the device said beside what it means', () => {
    const event = accepted({ timestamp, sentAt: '2026-01-31T10:00:05.000Z' })
    expect(event.device_time).toBe(Date.parse(timestamp))
    expect(event.sent_at).toBe(Date.parse('2026-01-31T10:00:05.000Z'))
    expect(event.received_at).toBe(receivedAt)
    expect(event.event_time).toBe(receivedAt - 5000)
  })

  it('uses the batch’s sentAt for messages without their own', () => {
    expect(accepted({ timestamp }, { sentAt: '2026-01-31T10:00:07.000Z' }).event_time).toBe(receivedAt - 7000)
  })

  it('reads originalTimestamp where a client sends no timestamp', () => {
    expect(accepted({ originalTimestamp: timestamp }).event_time).toBe(Date.parse(timestamp))
  })
})

describe('the way to an event', () => {
  it('is read from the page in its context', () => {
    const page = {
      url: 'https://Shop.Example/p/1?utm_source=news&utm_medium=email&gclid=G1#top',
      path: '/ignored',
      title: 'One',
      referrer: 'https://WWW.Google.com/search?q=one',
    }
    expect(accepted({ context: { page } })).toMatchObject({
      url: page.url,
      host: 'shop.example',
      path: '/p/1',
      title: 'One',
      referrer: page.referrer,
      referrer_host: 'www.google.com',
      source: 'news',
      medium: 'email',
      click_id_name: 'gclid',
      click_id: 'G1',
    })
  })

  it('is read from the properties of a page call, but not from the product a track call is about', () => {
    const properties = { url: 'https://shop.example/p' }
    expect(accepted({ type: 'page', properties }).host).toBe('shop.example')
    expect(accepted({ event: 'Product Clicked', properties }).url).toBe('')
  })
})

describe('the client of an event', () => {
  it('is what the message says, else what the request shows', () => {
    expect(accepted({})).toMatchObject({ ip: '198.51.100.0', user_agent: chrome, device: 'desktop', country: 'NL' })
    const context = { ip: '2001:db8:1:2::3', userAgent: 'Googlebot/2.1', location: { country: 'de' }, locale: 'de-DE' }
    expect(accepted({ context })).toMatchObject({ ip: '2001:db8:1::', is_bot: true, country: 'DE', locale: 'de-DE' })
  })

  it('of a server key is not the server itself', () => {
    expect(accepted({}, {}, server)).toMatchObject({ ip: '', user_agent: '', country: '', is_server: true })
    expect(accepted({ context: { ip: '203.0.113.9' } }, {}, server).ip).toBe('203.0.113.0')
  })

  it.each(['node', 'curl/8.5.0', 'analytics-node/2.1.0', 'python-requests/2.31', 'axios/1.6', ''])(
    'is not the program that sent the request: %s',
    (userAgent) => {
      expect(accepted({}, { userAgent })).toMatchObject({ user_agent: '', is_bot: false, device: '' })
    },
  )

  it.each(['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot/2.1 (+http://g.co)'])(
    'is a bot that says so: %s',
    (userAgent) => {
      expect(accepted({}, { userAgent }).is_bot).toBe(true)
    },
  )

  it.each(['XX', 'T1', 'Germany', 'D'])('has no country when a proxy says %s', (country) => {
    expect(accepted({}, { country }).country).toBe('')
  })

  it('has the device of its user agent', () => {
    const userAgent = 'Mozilla/5.0 (Linux; Android 13; SM-X700) Chrome/126.0 Safari/537.36'
    expect(accepted({ context: { userAgent } }).device).toBe('tablet')
  })
})

describe('the money of an event', () => {
  const money = (properties: object, event = 'Order Completed', key = browser) => {
    const { value_minor, currency } = accepted({ event, properties }, {}, key)
    return [value_minor, currency]
  }

  it('is its value, else its revenue, else its total', () => {
    expect(money({ value: 1, revenue: 2, total: 3, currency: 'EUR' })).toEqual([100, 'EUR'])
    expect(money({ revenue: '2.50', total: 3, currency: 'usd' })).toEqual([250, 'USD'])
    expect(money({ total: 3, currency: 'JPY' })).toEqual([3, 'JPY'])
    expect(money({ value: 'n/a', total: 3, currency: 'EUR' })).toEqual([300, 'EUR'])
  })

  it('of a product put into the cart is its price times how many', () => {
    expect(money({ price: 19.99, quantity: 3, currency: 'EUR' }, 'Product Added')).toEqual([5997, 'EUR'])
    expect(money({ price: '0.1', quantity: '3', currency: 'EUR' }, 'add_to_cart')).toEqual([30, 'EUR'])
    expect(money({ price: 19.99, currency: 'EUR' }, 'Product Added')).toEqual([1999, 'EUR'])
    expect(money({ price: 19.99, quantity: 'some', currency: 'EUR' }, 'Product Added')).toEqual([null, ''])
    expect(money({ price: 19.99, currency: 'EUR' }, 'Product Viewed')).toEqual([null, ''])
  })

  it.each(['products', 'items'])('of a refund that names no amount is what its %s sum to', (list) => {
    const refund = (sent: object, more = {}) => money({ [list]: sent, currency: 'EUR', ...more }, 'Order Refunded')
    const lines = [{ price: 19.99, quantity: 2 }, { price: '0.005' }, { price: 0.005, quantity: null }]
    expect(refund(lines)).toEqual([3999, 'EUR'])
    expect(refund(lines, { total: '', value: null })).toEqual([3999, 'EUR'])
    expect(refund(lines, { total: 5 })).toEqual([500, 'EUR'])
    // Nothing is guessed: neither another amount for one that cannot be read, nor a price that is not there.
    expect(refund(lines, { total: '27,00' })).toEqual([null, ''])
    expect(refund([...lines, { sku: 'a' }])).toEqual([null, ''])
    expect(refund([...lines, { price: 1, quantity: 'some' }])).toEqual([null, ''])
    expect(refund([...lines, 'a'])).toEqual([null, ''])
    expect(refund([])).toEqual([null, ''])
    expect(refund({ price: 1 })).toEqual([null, ''])
    expect(refund(lines, { currency: '€' })).toEqual([null, ''])
    expect(money({ [list]: lines, currency: 'EUR' }, 'Order Completed')).toEqual([null, ''])
  })

  it('of a refund is what its items sum to where its products are none', () => {
    expect(money({ products: [], items: [{ price: 3 }], currency: 'EUR' }, 'refund')).toEqual([300, 'EUR'])
    expect(money({ products: [{ price: 2 }], items: [{ price: 3 }], currency: 'EUR' }, 'refund')).toEqual([200, 'EUR'])
  })

  it('is none without a usable currency', () => {
    expect(money({ value: 1 })).toEqual([null, ''])
    expect(money({ value: 1, currency: 'euro' })).toEqual([null, ''])
  })

  it('is in the write key’s currency only where none was sent', () => {
    const key = { ...browser, defaultCurrency: 'EUR' }
    expect(money({ value: 1 }, 'Order Completed', key)).toEqual([100, 'EUR'])
    expect(money({ value: 1, currency: 'USD' }, 'Order Completed', key)).toEqual([100, 'USD'])
    expect(money({ value: 1, currency: '€' }, 'Order Completed', key)).toEqual([null, ''])
  })

  it.each([{ order_id: 'o1' }, { transaction_id: 'o1' }, { orderId: 'o1' }])(
    'belongs to the order %j names',
    (names) => {
      expect(accepted({ properties: names }).order_id).toBe('o1')
    },
  )
})

describe('the properties of an event', () => {
  it('are all kept as text, nested ones as JSON', () => {
    const properties = { text: 'a', number: 1.5, yes: true, none: null, list: [1, { a: 'é' }], empty: '' }
    expect(accepted({ properties }).properties).toEqual({
      text: 'a',
      number: '1.5',
      yes: 'true',
      list: '[1,{"a":"é"}]',
      empty: '',
    })
  })

  it('of an identify and a group call are its traits', () => {
    expect(accepted({ type: 'identify', traits: { plan: 'pro' } }).properties).toEqual({ plan: 'pro' })
    expect(accepted({ type: 'group', groupId: 'g', traits: { plan: 'pro' } })).toMatchObject({ group_id: 'g' })
  })

  it('may have the names of what every object has', () => {
    const message = JSON.parse('{"properties":{"__proto__":{"polluted":1},"constructor":"c","toString":"t"}}') as object
    const { properties } = accepted(message)
    expect(Object.entries(properties).sort()).toEqual([
      ['__proto__', '{"polluted":1}'],
      ['constructor', 'c'],
      ['toString', 't'],
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('keep the category a page call has', () =>
    expect(accepted({ type: 'page', category: 'Shoes' }).properties).toEqual({ category: 'Shoes' }))

  it('have U+FFFD for half a surrogate pair and keep whole pairs', () => {
    const message = { anonymousId: 'v\ud800', properties: { a: '\udc00x', b: '😀' } }
    const event = accepted(message, { hasEscapes: true })
    expect(event).toMatchObject({ visitor_id: 'v\ufffd', properties: { a: '\ufffdx', b: '😀' } })
  })
})

describe('the context of a batch', () => {
  it('completes that of each message', () => {
    const event = accepted({ context: { locale: 'fr' } }, { context: { locale: 'en', userAgent: 'Opera/9.8' } })
    expect(event).toMatchObject({ locale: 'fr', user_agent: 'Opera/9.8' })
  })
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}
