import { describe, expect, it } from '@jest/globals'
import { currencyExponents } from '../event/money.ts'
import { compileDefinitions, noDefinitions, type Definitions } from './definitions.ts'

const purchase = { name: 'purchase', kind: 'macro', match: { event: 'purchase' } }
const bought = { match: { event: 'purchase' } }
const ofGa4 = {
  gapMs: 1_800_000,
  graceMs: 86_400_000,
  maxDurationMs: 86_400_000,
  maxEvents: 10_000,
  clientSession: 'ignore',
  timeZone: 'UTC',
  dayOf: null,
  cutOnCampaign: false,
}

function compound(parts: object, others: object = {}): object {
  return { name: 'g', kind: 'micro', compound: parts, ...others }
}

function compiled(json: unknown): Definitions {
  const result = compileDefinitions(json)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.definitions
}

function problems(json: unknown): string[] {
  const result = compileDefinitions(json)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('definitions', () => {
  it('default to GA4 sessions on the log clock', () => {
    const { timeSource, forSite } = compiled({ goals: [] })
    expect(timeSource).toBe('log')
    expect(forSite('any').session).toEqual(noDefinitions.forSite('any').session)
    expect(forSite('any').session).toEqual(ofGa4)
  })

  it('cut days in the zone they name, which a site can change', () => {
    const { forSite } = compiled({
      session: { cut_at_midnight: true, time_zone: 'Europe/Berlin' },
      goals: [],
      sites: { b: { session: { time_zone: 'UTC' } }, c: { session: { cut_at_midnight: false } } },
    })
    const evening = Date.UTC(2024, 0, 1, 23)
    expect(['a', 'b', 'c'].map((site) => forSite(site).session.dayOf?.(evening))).toEqual([19_724, 19_723, undefined])
  })

  it.each([
    ['ga4', {}],
    ['matomo', { cutOnCampaign: true, dayOf: expect.any(Function) }],
    ['snowplow', { maxDurationMs: 3 * 86_400_000, clientSession: 'trust' }],
  ])('take the rules of preset %s', (preset, rules) => {
    expect(compiled({ session: { preset }, goals: [] }).forSite('a').session).toEqual({ ...ofGa4, ...rules })
  })

  it('override a preset key by key, and by the preset of a site what all sites have but grace and zone', () => {
    const { forSite } = compiled({
      session: { preset: 'matomo', gap: '10m', grace: '2h', cut_on_campaign: false, time_zone: 'Asia/Tokyo' },
      goals: [],
      sites: { b: { session: { preset: 'snowplow', max_duration: '1h' } }, c: { session: { cut_on_campaign: true } } },
    })
    const kept = { graceMs: 7_200_000, timeZone: 'Asia/Tokyo' }
    const ownDay = { dayOf: expect.any(Function) }
    expect(forSite('a').session).toMatchObject({ ...kept, ...ownDay, gapMs: 600_000, cutOnCampaign: false })
    expect(forSite('b').session).toMatchObject({ ...kept, dayOf: null, gapMs: 1_800_000, maxDurationMs: 3_600_000 })
    expect(forSite('c').session).toMatchObject({ ...kept, ...ownDay, gapMs: 600_000, cutOnCampaign: true })
    expect(problems({ session: { preset: 'piwik' }, goals: [] })).toEqual([
      'session.preset: expected one of ga4, matomo, snowplow, got "piwik"',
    ])
  })

  it.each([
    ['https://checkout.other.example/', 'checkout.other.example'],
    ['checkout.other.example/cart', 'checkout.other.example'],
    ['//Checkout.other.example', 'checkout.other.example'],
    ['checkout.other.example:8080', 'checkout.other.example'],
    ['www.other.example', 'other.example'],
    ['*.other.example', 'other.example'],
    ['.other.example', 'other.example'],
    ['other.example.', 'other.example'],
    [' other.example', 'other.example'],
  ])('refuse %s among the domains of the shop, which no page has, and say what to write', (domain, host) => {
    const message = `a domain is a name alone, and its subdomains are included: write "${host}"`
    expect(problems({ own_domains: [domain], goals: [] })).toEqual([`own_domains.0: ${message}`])
    expect(problems({ goals: [], sites: { a: { own_domains: [host, domain] } } })).toEqual([
      `sites.a.own_domains.1: ${message}`,
    ])
  })

  it.each(['*', '/cart', 'the shop', 'https://'])('refuse %s, in which no domain is', (domain) => {
    expect(problems({ own_domains: [domain], goals: [] })).toEqual([
      `own_domains.0: expected a host such as checkout.shop.example, got "${domain}"`,
    ])
  })

  it('take an amount with all the digits of its currency, also where zeros follow, and any currency events have', () => {
    const worth = (amount: unknown, currency: string): unknown => ({ ...purchase, value: { amount, currency } })
    for (const [amount, currency] of [
      ['1.230', 'EUR'],
      ['1.234', 'KWD'],
      ['1e2', 'JPY'],
      [0.5, 'eur'],
      ['1.2345', 'CLF'],
    ] as const)
      // prettier-ignore
      expect(problems({ goals: [worth(amount, currency)] })).toEqual([])
    for (const currency of currencyExponents.keys()) expect(problems({ goals: [worth(1, currency)] })).toEqual([])
  })

  it("override a site's session key by key, and replace its goals, channels and domains", () => {
    const { forSite } = compiled({
      session: { gap: '10m', grace: '2h' },
      own_domains: ['Shop.Example'],
      channels: [{ name: 'Press', match: { medium: 'press' } }],
      goals: [purchase],
      sites: { b: { session: { gap: '1h' } }, c: { goals: [], own_domains: [], channels: [] } },
    })
    expect(forSite('a').session).toMatchObject({ gapMs: 600_000, graceMs: 7_200_000 })
    expect(forSite('b').session).toMatchObject({ gapMs: 3_600_000, graceMs: 7_200_000 })
    expect([...forSite('b').ownDomains]).toEqual(['shop.example'])
    expect(forSite('b').goals.map((goal) => goal.name)).toEqual(['purchase'])
    expect(forSite('b').channelRules.map((rule) => rule.channel)).toEqual(['Press'])
    expect(forSite('c').channelRules).toEqual([])
    expect(forSite('c').goals).toEqual([])
    expect(forSite('c').ownDomains.size).toBe(0)
  })

  it('are refused with every problem at once, each at its place', () => {
    expect(
      problems({
        sesion: {},
        session: { gap: '30 min', max_events: 0, time_zone: 'Berlin' },
        goals: [
          { name: 'a', kind: 'makro', match: {} },
          { name: 'a', kind: 'micro', match: { evnt: 'x' }, count: 'twice' },
        ],
      }),
    ).toEqual([
      'sesion: unknown key "sesion"; did you mean "session"?',
      'session.gap: expected a duration such as 30m, 24h or 7d, at most 24h, got "30 min"',
      'session.max_events: expected a whole number from 1 to 10000, got 0',
      'session.time_zone: expected the IANA name of a time zone such as Europe/Berlin, got "Berlin"',
      'goals.0.kind: expected one of macro, micro, negative, got "makro"',
      'goals.0.match: an empty matcher would match every event',
      'goals.1.count: expected one of every, once_per_session, once_per_visitor, got "twice"',
      'goals.1.match.evnt: unknown key "evnt"; did you mean "event"?',
      'goals.1.name: goal "a" is declared twice',
    ])
  })

  it.each([
    ['a session that is no mapping', { goals: [], session: 3 }, 'session: expected a mapping, got 3'],
    [
      'a goal of nothing',
      { goals: [{ ...purchase, match: undefined }] },
      'goals.0.match: expected either match, which one event reaches, or compound, which takes several',
    ],
    [
      'an event by its call',
      { goals: [{ ...purchase, match: { event: ['purchase', 'page'] } }] },
      'goals.0.match.event: page calls arrive as "page_view": write that',
    ],
    [
      'a screen by its call',
      { goals: [{ ...purchase, match: { event: 'screen' } }] },
      'goals.0.match.event: screen calls arrive as "screen_view": write that',
    ],
    [
      'a path that no page has',
      { goals: [{ ...purchase, match: { not: { path: 'pricing' } } }] },
      'goals.0.match.not.path: a path begins with a slash: write "/pricing"',
    ],
    [
      'a currency there is not',
      { goals: [{ ...purchase, value: { property: 'margin', currency: 'xqz' } }] },
      'goals.0.value.currency: ISO 4217 has no currency "XQZ": write one such as EUR',
    ],
    [
      'more digits than the currency has',
      { goals: [{ ...purchase, value: { amount: '1.234', currency: 'EUR' } }] },
      'goals.0.value.amount: EUR has 2 digits after the point: write "1.23"',
    ],
    [
      'digits after the point where the currency has none',
      { goals: [{ ...purchase, value: { amount: 119.5, currency: 'JPY' } }] },
      'goals.0.value.amount: JPY has no digits after the point: write "120"',
    ],
    ['no goals', {}, 'goals: expected a list, got nothing'],
    [
      'a class on a macro goal',
      { goals: [{ ...purchase, class: 'process' }] },
      'goals.0.class: only a micro goal has a class',
    ],
    [
      'orders that count by their refunds',
      { goals: [{ ...purchase, match: { event: ['refund', 'order_cancelled'] }, dedupe_by: 'order_id' }] },
      'goals.0.dedupe_by: orders count by their purchase, so this would never count: leave dedupe_by out to count each event',
    ],
    [
      'orders that count once a session',
      { goals: [{ ...purchase, count: 'once_per_session', dedupe_by: 'order_id' }] },
      'goals.0.dedupe_by: dedupe_by counts each order once, so it needs count: every',
    ],
    [
      'an amount that is no decimal',
      { goals: [{ ...purchase, value: { amount: '1,50', currency: 'EUR' } }] },
      'goals.0.value.amount: expected a decimal amount such as "12.50"',
    ],
    [
      'an amount without a currency',
      { goals: [{ ...purchase, value: { amount: '1.50' } }] },
      'goals.0.value.currency: expected an ISO 4217 currency such as EUR',
    ],
    [
      'amount and property',
      { goals: [{ ...purchase, value: { amount: '1', property: 'x', currency: 'EUR' } }] },
      'goals.0.value: expected either amount or property',
    ],
    [
      'a comparison that can never hold',
      { goals: [{ ...purchase, match: { properties: { n: { gt: 'five' } } } }] },
      'goals.0.match.properties.n.gt: expected a number, got "five"',
    ],
    [
      'a name that no event arrives under',
      { goals: [{ ...purchase, match: { event: 'Order Completed' } }] },
      'goals.0.match.event: events named "Order Completed" arrive as "purchase": write that',
    ],
    [
      'names that exclude each other',
      { goals: [{ ...purchase, match: { event: 'purchase', all: [{ event: ['refund', 'login'] }] } }] },
      'goals.0.match: no event has all the names that must hold at once: put them into one list',
    ],
    [
      'a goal of one event and of several',
      { goals: [{ ...purchase, ...compound({ all: [bought, bought] }) }] },
      'goals.0.compound: a goal has either match or compound',
    ],
    [
      'a set that is a sequence, too',
      { goals: [compound({ all: [bought, bought], sequence: [bought, bought] })] },
      'goals.0.compound: expected either all or sequence',
    ],
    ['a compound of nothing', { goals: [compound({})] }, 'goals.0.compound: expected either all or sequence'],
    [
      'a window without a unit',
      { goals: [compound({ all: [bought, bought], within: '7' })] },
      'goals.0.compound.within: expected a duration such as 30m, 24h or 7d, at most 30d, got "7"',
    ],
    [
      'a window of more than 30 days',
      { goals: [compound({ all: [bought, bought], within: '721h' })] },
      'goals.0.compound.within: expected a duration such as 30m, 24h or 7d, at most 30d, got "721h"',
    ],
    [
      'a window that is none',
      { goals: [compound({ all: [bought, bought], within: 'visitor' })] },
      'goals.0.compound.within: expected session or a duration such as 7d, at most 30d, got "visitor"',
    ],
    [
      'a compound goal that would count every time',
      { goals: [compound({ sequence: [bought, bought] }, { count: 'every' })] },
      'goals.0.count: a compound goal counts once_per_session or once_per_visitor: nothing says where the next one would begin',
    ],
    [
      'a compound goal that would count orders',
      { goals: [compound({ all: [bought, bought] }, { dedupe_by: 'order_id' })] },
      'goals.0.dedupe_by: dedupe_by counts each order once, a compound goal once a session or visitor',
    ],
    [
      'a single match',
      { goals: [compound({ all: [bought] })] },
      'goals.0.compound.all: one match is no compound goal: use match, or say how many times',
    ],
    [
      'more parts than a goal can have',
      { goals: [compound({ sequence: Array.from({ length: 9 }, () => bought) })] },
      'goals.0.compound.sequence: expected 1 to 8 parts, got 9',
    ],
    [
      'more matches than are kept',
      { goals: [compound({ all: [{ ...bought, times: 100 }, bought] })] },
      'goals.0.compound.all: asks for 101 matches, of which 100 can be kept',
    ],
    [
      'a part that matches no time',
      { goals: [compound({ all: [bought, { ...bought, times: 0 }] })] },
      'goals.0.compound.all.1.times: expected a whole number from 1 to 100, got 0',
    ],
    [
      'a part that no event can match',
      { goals: [compound({ all: [bought, { match: { event: 'a', all: [{ event: 'b' }] } }] })] },
      'goals.0.compound.all.1.match: no event has all the names that must hold at once: put them into one list',
    ],
    [
      'more compound goals than a session can follow',
      { goals: Array.from({ length: 17 }, (_, at) => compound({ all: [bought, bought] }, { name: `g${at}` })) },
      'goals: 17 goals are compound, at most 16 may be',
    ],
    [
      'a far-off key, with what is known',
      { goals: [], sites: { a: { xyzzy: 1 } } },
      'sites.a.xyzzy: unknown key "xyzzy"; known keys: session, attribution, own_domains, channels, goals',
    ],
  ])('refuse %s', (_, json, expected) => {
    expect(problems(json)).toEqual([expected])
  })
})
