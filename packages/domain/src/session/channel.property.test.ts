import { describe, expect, it } from '@jest/globals'
import { arrivingEvents, channelTruth, ownDomains, type OracleChannel } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { Check } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { readChannelRules } from './channel-rules.ts'
import { resolveOrigin } from './source.ts'

/** Rules of a shop, and for each whether an origin meets it. */
const rules: readonly (readonly [match: object, holds: (came: OracleChannel, event: StorefrontEvent) => boolean])[] = [
  [{ source: 'newsletter' }, ({ source }) => source.toLowerCase() === 'newsletter'],
  [
    { medium: { in: ['CPC', 'ppc'] }, campaign: { contains: 'shop' } },
    ({ medium, campaign }) => /^(cpc|ppc)$/i.test(medium) && /shop/i.test(campaign),
  ],
  [{ click_id: 'fbclid' }, (_, { click_id_name }) => click_id_name === 'fbclid'],
  [{ referrer_host: { suffix: '.google.com' } }, (_, { referrer_host }) => /\.google\.com$/.test(referrer_host)],
  [
    { source: '(direct)', campaign: { exists: false } },
    (came) => /^\(direct\)$/i.test(came.source) && came.campaign === '',
  ],
  [{ medium: { neq: 'referral' }, source: { prefix: 'e' } }, (came) => !/^referral$/i.test(came.medium) && /^e/i.test(came.source)], // prettier-ignore
]

function told(event: StorefrontEvent, chosen: readonly number[]): OracleChannel {
  const check = new Check()
  const own = chosen.map((at) => ({ name: `Own ${at}`, match: rules[at]?.[0] }))
  const read = readChannelRules(check, own, [])
  expect(check.problems).toEqual([])
  const { source, medium, campaign, channel } = resolveOrigin(event, ownDomains, read)
  return { source, medium, campaign, channel }
}

describe('how a visitor came', () => {
  it('is what the event tells first, by the first rule of the default channels that holds', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(arrivingEvents, (event) => {
        const truth = channelTruth(event)
        seen.add(truth.channel)
        expect(told(event, [])).toEqual(truth)
      }),
      { numRuns: 5_000 },
    )
    // Each of GA4's and the rest: what was never drawn would prove nothing.
    expect([...seen]).toHaveLength(20)
  })

  it('is what the first rule of the shop says that holds, before all default ones', () => {
    const orders = fc.shuffledSubarray(rules.map((_, at) => at))
    fc.assert(
      fc.property(arrivingEvents, orders, (event, chosen) => {
        const truth = channelTruth(event)
        const first = chosen.find((at) => rules[at]?.[1](truth, event))
        expect(told(event, chosen)).toEqual(first === undefined ? truth : { ...truth, channel: `Own ${first}` })
      }),
      { numRuns: 2_000 },
    )
  })
})
