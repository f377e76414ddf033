import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { Check } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { readChannelRules } from './channel-rules.ts'
import { resolveOrigin } from './source.ts'

function channelUnder(channels: unknown, fields: Partial<StorefrontEvent>): string {
  const check = new Check()
  const rules = readChannelRules(check, channels, [])
  expect(check.problems).toEqual([])
  const event = buildEvent({ event_id: 'e', host: 'shop.example', path: '/', ...fields })
  return resolveOrigin(event, new Set(), rules).channel
}

const rule = (match: unknown): unknown => [{ name: 'Own', match }]
const google = { referrer_host: 'www.google.com', referrer: 'https://www.google.com/' }

describe("the shop's own channels", () => {
  it.each([
    ['a medium', { medium: 'influencer' }, { source: 'ann', medium: 'influencer' }, 'Own'],
    ['another medium', { medium: 'influencer' }, { source: 'ann', medium: 'email' }, 'Email'],
    ['case apart, in what is sent', { medium: 'influencer' }, { source: 'ann', medium: 'InFluencer' }, 'Own'],
    ['case apart, in the rule', { source: { in: ['Ann', 'BEN'] } }, { source: 'ben' }, 'Own'],
    ['case apart, in an expression', { campaign: { regex: '^Summer-\\d+$' } }, { campaign: 'SUMMER-26' }, 'Own'],
    ['all that is asked', { source: 'ann', campaign: { prefix: 's' } }, { source: 'ann', campaign: 'w' }, 'Unassigned'],
    ['no campaign', { source: 'ann', campaign: { exists: false } }, { source: 'ann' }, 'Own'],
    ['any campaign', { campaign: { regex: '.*' } }, { source: 'ann' }, 'Unassigned'],
    ['the source that a referrer gives', { source: 'google', medium: 'organic' }, google, 'Own'],
    ['the source that a click id gives', { medium: 'cpc', source: 'google' }, { click_id_name: 'gclid' }, 'Own'],
    ['the name of a click id', { click_id: 'msclkid' }, { click_id_name: 'msclkid' }, 'Own'],
    ['no click id', { click_id: { exists: true } }, google, 'Organic Search'],
    ['a referrer', { referrer_host: { suffix: '.google.com' } }, google, 'Own'],
    ['a visit from nowhere', { source: '(direct)' }, {}, 'Own'],
  ])('match %s', (_, match, fields, expected) => {
    expect(channelUnder(rule(match), fields)).toBe(expected)
  })

  it('come before the default ones, the first that matches wins, and several may have one name', () => {
    const channels = [
      { name: 'Press', match: { source: 'times' } },
      { name: 'Partners', match: { medium: 'partner' } },
      { name: 'Press', match: { medium: { in: ['press', 'email'] } } },
    ]
    const channel = (source: string, medium: string): string => channelUnder(channels, { source, medium })
    expect([channel('times', 'partner'), channel('x', 'partner'), channel('x', 'email'), channel('x', 'sms')]).toEqual([
      'Press',
      'Partners',
      'Press',
      'SMS',
    ])
  })

  it('leave source, medium and campaign as they are', () => {
    const check = new Check()
    const rules = readChannelRules(check, rule({ medium: 'x' }), [])
    const event = buildEvent({ event_id: 'e', source: 'Ann', medium: 'X', campaign: 'C' })
    expect(resolveOrigin(event, new Set(), rules)).toMatchObject({
      channel: 'Own',
      source: 'Ann',
      medium: 'X',
      campaign: 'C',
    })
  })

  it.each([
    [[{ name: 'Own', match: {} }], '0.match: an empty rule would match every visit'],
    [[{ match: { source: 'a' } }], '0.name: expected text, got nothing'],
    [[{ name: 'Own', match: { term: 'a' } }], '0.match.term: unknown key "term"; known keys: '],
    [[{ name: 'Own', match: { source: { regex: '(' } } }], '0.match.source.regex: expected a regular expression'],
    [[{ name: 'O'.repeat(101), match: { source: 'a' } }], '0.name: expected at most 100 characters'],
    ['Own', ': expected a list, got "Own"'],
  ])('are refused where they are wrong: %j', (channels, problem) => {
    const check = new Check()
    readChannelRules(check, channels, [])
    expect(check.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)[0]).toContain(problem)
  })
})
