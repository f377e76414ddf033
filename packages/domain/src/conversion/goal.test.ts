import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { Check } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { indexGoals, readGoals } from './goal.ts'
import { readMatcher } from './matcher.ts'
import { readValue } from './value.ts'

const event = (fields: Partial<StorefrontEvent>): StorefrontEvent => buildEvent({ event_id: 'e', ...fields })

function matches(match: unknown, fields: Partial<StorefrontEvent>): boolean {
  const check = new Check()
  const matcher = readMatcher(check, match, [])
  expect(check.problems).toEqual([])
  return matcher.matches(event(fields))
}

describe('matchers', () => {
  it.each([
    ['an event name', { event: 'search' }, { name: 'search' }, true],
    ['another event name', { event: 'search' }, { name: 'login' }, false],
    ['one of several names', { event: ['search', 'login'] }, { name: 'login' }, true],
    ['an exact path', { path: '/pricing' }, { path: '/pricing' }, true],
    ['a path that only starts alike', { path: '/pricing' }, { path: '/pricing/x' }, false],
    ['a path prefix', { path: { prefix: '/docs/' } }, { path: '/docs/a/b' }, true],
    ['a path glob', { path: { glob: ['/a/*', '/b/**'] } }, { path: '/b/c/d' }, true],
    ['an event without a path', { path: { glob: '**' } }, { path: '' }, false],
    ['a host', { host: { suffix: '.shop.example' } }, { host: 'de.shop.example' }, true],
    ['a host, which arrives in lower case', { host: 'Shop.Example' }, { host: 'shop.example' }, true],
    ['a referrer in lower case', { referrer_host: 'Press.Example' }, { referrer_host: 'press.example' }, true],
    ['a path as people read it', { path: '/über-uns' }, { path: '/%C3%BCber-uns' }, true],
    ['a path with small escapes', { path: { glob: '/büro möbel/*' } }, { path: '/b%c3%bcro%20m%c3%b6bel/a' }, true],
    ['a path expression on it', { path: { regex: '^/[äöü]ber' } }, { path: '/%C3%BCber-uns' }, true],
    ['a path as it is sent', { path: '/%C3%BCber-uns' }, { path: '/%C3%BCber-uns' }, true],
    ['an escape that is broken', { path: { prefix: '/a' } }, { path: '/b%C3' }, false],
    ['a slash that parts nothing', { path: { glob: '/a/*' } }, { path: '/a%2Fb' }, false],
    ['neither form', { not: { path: '/über-uns' } }, { path: '/%C3%BCber-uns' }, false],
    ['a path, whose case counts', { path: '/Cart' }, { path: '/cart' }, false],
    ['another host', { host: 'shop.example' }, { host: 'de.shop.example' }, false],
    ['an event without a host', { host: { regex: '.*' } }, { host: '' }, false],
    ['a path expression', { path: { regex: '^/(de|at)/danke$' } }, { path: '/at/danke' }, true],
    ['a query in the address', { url: { regex: '[?&]q=[^&]' } }, { url: 'https://shop.example/s?q=oak' }, true],
    ['an empty query', { url: { regex: '[?&]q=[^&]' } }, { url: 'https://shop.example/s?q=&p=1' }, false],
    ['a title', { title: { glob: 'Thank you*' } }, { title: 'Thank you, Ann / Linden' }, true],
    [
      'where the visitor came from',
      { referrer_host: { suffix: 'press.example' } },
      { referrer_host: 'press.example' },
      true,
    ],
    ['host and path', { host: 'a.example', path: '/x' }, { host: 'b.example', path: '/x' }, false],
    ['name and path', { event: 'page_view', path: '/x' }, { name: 'page_view', path: '/y' }, false],
    ['any', { any: [{ event: 'a' }, { path: '/x' }] }, { name: 'b', path: '/x' }, true],
    ['none of any', { any: [{ event: 'a' }, { path: '/x' }] }, { name: 'b', path: '/y' }, false],
    ['all', { all: [{ event: 'a' }, { path: '/x' }] }, { name: 'a', path: '/x' }, true],
    ['some of all', { all: [{ event: 'a' }, { path: '/x' }] }, { name: 'a', path: '/y' }, false],
    ['not', { event: 'a', not: { path: '/x' } }, { name: 'a', path: '/y' }, true],
    ['what is not to be', { event: 'a', not: { path: '/x' } }, { name: 'a', path: '/x' }, false],
  ])('%s', (_, match, fields, expected) => {
    expect(matches(match, fields)).toBe(expected)
  })

  it.each([
    [{ plan: 'pro' }, { plan: 'pro' }, true],
    [{ plan: { eq: 'pro' } }, { plan: 'free' }, false],
    [{ plan: { neq: 'pro' } }, {}, true],
    [{ plan: { in: ['pro', 'team'] } }, { plan: 'team' }, true],
    [{ plan: { exists: true } }, { plan: '' }, false],
    [{ plan: { exists: false } }, {}, true],
    [{ plan: { contains: 'ro' } }, { plan: 'pro' }, true],
    [{ plan: { prefix: 'pr' } }, { plan: 'pro' }, true],
    [{ plan: { prefix: 'ro' } }, { plan: 'pro' }, false],
    [{ plan: { suffix: 'ro' } }, { plan: 'pro' }, true],
    [{ plan: { regex: '^(pro|team)$' } }, { plan: 'team' }, true],
    [{ plan: { regex: '.*' } }, {}, false],
    [{ items: { regex: '"sku":"OAK-[0-9]+"' } }, { items: '[{"sku":"OAK-12","price":3}]' }, true],
    [{ seats: 5 }, { seats: '5.00' }, true],
    [{ seats: { gt: 5 } }, { seats: '5' }, false],
    [{ seats: { gte: 5, lt: 10 } }, { seats: '5' }, true],
    [{ seats: { lte: 4.5 } }, { seats: '4.5' }, true],
    [{ seats: { gt: 0 } }, { seats: 'many' }, false],
    [{ seats: { gt: 0 } }, { seats: '0x10' }, false],
    [{ newsletter: true }, { newsletter: 'true' }, true],
    [{ constructor: { exists: true } }, {}, false],
  ])('properties %j on %j: %s', (properties, sent, expected) => {
    expect(matches({ properties }, { properties: sent })).toBe(expected)
  })

  it('compare money in major units of its currency', () => {
    expect(matches({ fields: { value: { gte: 100 } } }, { value_minor: 10_000, currency: 'EUR' })).toBe(true)
    expect(matches({ fields: { value: { gte: 100 } } }, { value_minor: 9_999, currency: 'EUR' })).toBe(false)
    expect(matches({ fields: { value: { gte: 100 } } }, { value_minor: 100, currency: 'JPY' })).toBe(true)
    expect(matches({ fields: { order_id: { exists: true }, coupon: 'X' } }, { order_id: 'o', coupon: 'X' })).toBe(true)
  })

  it('know which names they can match, so that other events are never looked at', () => {
    const names = (match: unknown): string[] | null => {
      const found = readMatcher(new Check(), match, []).names
      return found === null ? null : [...found]
    }
    expect(names({ event: ['a', 'b'], path: '/x' })).toEqual(['a', 'b'])
    expect(names({ any: [{ event: 'a' }, { event: 'b' }] })).toEqual(['a', 'b'])
    expect(names({ any: [{ event: 'a' }, { path: '/x' }] })).toBeNull()
    expect(names({ all: [{ event: ['a', 'b'] }, { event: ['b', 'c'] }] })).toEqual(['b'])
    expect(names({ not: { event: 'a' } })).toBeNull()
  })

  it.each([
    [{ event: ['purchase', 'b'] }, true],
    [{ event: 'b' }, false],
    [{ path: '/x' }, true],
    [{ event: ['purchase', 'b'], not: { event: 'purchase' } }, false],
    [{ event: ['purchase', 'b'], not: { event: 'purchase', path: '/x' } }, true],
    [{ not: { any: [{ event: ['purchase', 'b'] }, { path: '/x' }] } }, false],
    [{ not: { not: { event: 'b' } } }, false],
    [{ all: [{ path: '/x' }, { event: 'b' }] }, false],
    [{ any: [{ event: 'b' }, { fields: { coupon: 'X' } }] }, true],
    [{ any: [{ event: 'b' }, { not: { event: 'purchase' } }] }, false],
  ])('%j can match a purchase: %s', (match, expected) => {
    expect(readMatcher(new Check(), match, []).canMatch('purchase')).toBe(expected)
  })
})

describe('goals', () => {
  it('are matched in the order of the definitions, with or without a name to look them up by', () => {
    const check = new Check()
    const goals = readGoals(
      check,
      [
        { name: 'first', kind: 'micro', match: { path: '/x' } },
        { name: 'second', kind: 'macro', match: { event: 'a' } },
        { name: 'third', kind: 'micro', match: { not: { event: 'a' } } },
      ],
      [],
    )
    expect(check.problems).toEqual([])
    const index = indexGoals(goals)
    const names = (fields: Partial<StorefrontEvent>): string[] => index(event(fields)).map((goal) => goal.name)
    expect(names({ name: 'a', path: '/x' })).toEqual(['first', 'second'])
    expect(names({ name: 'b', path: '/x' })).toEqual(['first', 'third'])
    expect(names({ name: 'a' })).toEqual(['second'])
  })
})

describe('a goal that counts each order once', () => {
  const problems = (match: unknown): string[] => {
    const check = new Check()
    readGoals(check, [{ name: 'sale', kind: 'macro', match, dedupe_by: 'order_id' }], [])
    return check.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  const refusal = (beside: string): string =>
    `0.dedupe_by: goal "sale" matches purchase and ${beside}: an order that both tell of would count twice, and refunds reach only its purchase. Send Order Completed for what is bought and match purchase alone, or make two goals`

  it.each([
    [{ event: ['subscription_started', 'purchase'] }, 'subscription_started'],
    [{ event: ['purchase', 'refund', 'page_view'] }, 'refund, page_view'],
    [{ any: [{ event: 'trial_ended' }, { event: 'purchase', path: '/till' }] }, 'trial_ended'],
    [{ event: ['purchase', 'trial_ended'], not: { event: 'trial_ended', path: '/till' } }, 'trial_ended'],
    [{ path: '/till' }, 'other events'],
    [{ not: { event: 'trial_ended' } }, 'other events'],
  ])('is refused for %j, of which one order could be several', (match, beside) => {
    expect(problems(match)).toEqual([refusal(beside)])
  })

  it.each([
    { event: 'purchase' },
    { event: 'purchase', not: { properties: { renewal: true } } },
    { event: ['purchase', 'refund'], not: { event: 'refund' } },
    { event: ['subscription_started', 'subscription_renewed'] },
    { event: ['subscription_started', 'refund'] },
    { path: '/till', not: { event: 'purchase' } },
  ])('may match %j', (match) => {
    expect(problems(match)).toEqual([])
  })
})

describe('values', () => {
  const valued = { value_minor: 1_250, currency: 'EUR', properties: { tip: '3.5', odd: 'much' } }
  it.each([
    ['none without a rule', undefined, { value_minor: null, currency: '' }],
    ["the event's", 'event', { value_minor: 1_250, currency: 'EUR' }],
    ['a fixed amount', { amount: '2.50', currency: 'USD' }, { value_minor: 250, currency: 'USD' }],
    ['a fixed amount as a number', { amount: 2.5, currency: 'KWD' }, { value_minor: 2_500, currency: 'KWD' }],
    ["a property in the event's currency", { property: 'tip' }, { value_minor: 350, currency: 'EUR' }],
    ['a property in a given currency', { property: 'tip', currency: 'JPY' }, { value_minor: 4, currency: 'JPY' }],
    ['a property that is no number', { property: 'odd' }, { value_minor: null, currency: '' }],
    ['a property that is not there', { property: 'gone' }, { value_minor: null, currency: '' }],
  ])('%s', (_, rule, expected) => {
    const check = new Check()
    expect(readValue(check, rule, [])(event(valued))).toEqual(expected)
    expect(check.problems).toEqual([])
  })

  it('are none when the event has none', () => {
    expect(readValue(new Check(), 'event', [])(event({ currency: 'EUR' }))).toEqual({ value_minor: null, currency: '' })
  })
})
