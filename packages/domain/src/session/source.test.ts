import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import type { StorefrontEvent } from '../event/event.ts'
import { campaignOf, carriesOrigin, resolveOrigin } from './source.ts'

const own = new Set(['brand.example'])

function origin(fields: Partial<StorefrontEvent>): string {
  const event = buildEvent({ event_id: 'e', host: 'www.shop.example', path: '/', ...fields })
  const { source, medium, campaign, channel } = resolveOrigin(event, own, [])
  return [source, medium, campaign, channel].join(' | ')
}

const from = (host: string): Partial<StorefrontEvent> => ({ referrer_host: host, referrer: `https://${host}/x` })

describe('the origin of an event', () => {
  it.each([
    ['no hint at all: direct', {}, '(direct) | (none) |  | Direct'],
    ['campaign parameters as sent', { source: 'News', medium: 'Email', campaign: 'c' }, 'News | Email | c | Email'],
    ['campaign before referrer', { source: 'n', medium: 'email', ...from('google.com') }, 'n | email |  | Email'],
    ['gclid: paid search', { click_id_name: 'gclid' }, 'google | cpc |  | Paid Search'],
    ['msclkid: paid search', { click_id_name: 'msclkid' }, 'bing | cpc |  | Paid Search'],
    ['ttclid: paid social', { click_id_name: 'ttclid' }, 'tiktok | cpc |  | Paid Social'],
    ['fbclid: not paid', { click_id_name: 'fbclid' }, 'facebook | social |  | Organic Social'],
    ['igshid: not paid', { click_id_name: 'igshid' }, 'instagram | social |  | Organic Social'],
    ['dclid: a banner', { click_id_name: 'dclid' }, 'google | display |  | Display'],
    ['gad_source alone: paid search', { click_id_name: 'gad_source' }, 'google | cpc |  | Paid Search'],
    ['irclid: a partner', { click_id_name: 'irclid' }, 'impact | affiliate |  | Affiliates'],
    ['mc_cid: mail', { click_id_name: 'mc_cid' }, 'mailchimp | email |  | Email'],
    ['a click id of no network', { click_id_name: 'other_id' }, '(direct) | (none) |  | Direct'],
    [
      'a click id fills what the campaign leaves out',
      { campaign: 'c', click_id_name: 'gclid' },
      'google | cpc | c | Paid Search',
    ],
    ['and under its own in any case', { source: 'Google', click_id_name: 'gclid' }, 'Google | cpc |  | Paid Search'],
    ['but not what it says', { medium: 'organic', click_id_name: 'gclid' }, 'google | organic |  | Organic Search'],
    ['nor under another source', { source: 'news', click_id_name: 'gclid' }, 'news |  |  | Unassigned'],
    ['a search engine', from('www.google.co.uk'), 'google | organic |  | Organic Search'],
    ['a search engine by its own host', from('search.yahoo.com'), 'yahoo | organic |  | Organic Search'],
    ['a host that only looks like one', from('google.example.com'), 'google.example.com | referral |  | Referral'],
    ['an assistant', from('chatgpt.com'), 'chatgpt | ai-assistant | (ai-assistant) | AI Assistant'],
    [
      'an assistant below a search engine',
      from('gemini.google.com'),
      'gemini | ai-assistant | (ai-assistant) | AI Assistant',
    ],
    ['a social network', from('l.facebook.com'), 'l.facebook.com | referral |  | Organic Social'],
    ['a video site', from('www.youtube.com'), 'youtube.com | referral |  | Organic Video'],
    ['a shop among shops', from('www.ebay.co.uk'), 'ebay.co.uk | referral |  | Organic Shopping'],
    ['an engine without a name of its own', from('www.mojeek.com'), 'mojeek.com | organic |  | Organic Search'],
    ['mail on the web', from('mail.google.com'), 'mail.google.com | email |  | Email'],
    ['a page of an engine that is no search', from('docs.google.com'), 'docs.google.com | referral |  | Referral'],
    ['an Android app', from('com.google.android.googlequicksearchbox'), 'google | organic |  | Organic Search'],
    ['a mail app', from('com.google.android.gm'), 'com.google.android.gm | email |  | Email'],
    ["a network's app", from('com.facebook.katana'), 'com.facebook.katana | referral |  | Organic Social'],
    ['an unknown host', from('www.blog.example'), 'blog.example | referral |  | Referral'],
    ['its own host', from('www.shop.example'), '(direct) | (none) |  | Direct'],
    ['a host below its own', from('help.shop.example'), '(direct) | (none) |  | Direct'],
    ['a host that only ends alike', from('workshop.example'), 'workshop.example | referral |  | Referral'],
    ['an own domain', from('www.brand.example'), '(direct) | (none) |  | Direct'],
    ['a payment host', from('checkout.paypal.com'), '(direct) | (none) |  | Direct'],
    ['a payment host with www', from('www.paypal.com'), '(direct) | (none) |  | Direct'],
    ['a host that only ends like a payment host', from('notpaypal.com'), 'notpaypal.com | referral |  | Referral'],
    ['a host above a payment host', from('amazon.com'), 'amazon.com | referral |  | Organic Shopping'],
    ['a payment host below a known one', from('pay.amazon.com'), '(direct) | (none) |  | Direct'],
    [
      'a payment host behind a campaign: the campaign',
      { source: 'n', medium: 'email', campaign: 'c', ...from('paypal.com') },
      'n | email | c | Email',
    ],
    [
      'a payment host behind an ad click: the ad',
      { click_id_name: 'gclid', ...from('paypal.com') },
      'google | cpc |  | Paid Search',
    ],
    [
      'a payment host behind a click id of no network',
      { click_id_name: 'other_id', ...from('paypal.com') },
      '(direct) | (none) |  | Direct',
    ],
    [
      'its own host with www where the page has none',
      { host: 'shop.example', ...from('www.shop.example') },
      '(direct) | (none) |  | Direct',
    ],
    [
      'the host above its own, with www',
      { host: 'checkout.shop.example', ...from('www.shop.example') },
      '(direct) | (none) |  | Direct',
    ],
    ['the host above its own', from('shop.example'), '(direct) | (none) |  | Direct'],
    [
      'a sister of its own host',
      { host: 'de.shop.example', ...from('fr.shop.example') },
      'fr.shop.example | referral |  | Referral',
    ],
    [
      'a sister below an own domain',
      { host: 'a.brand.example', ...from('b.brand.example') },
      '(direct) | (none) |  | Direct',
    ],
    ['an own domain itself', from('brand.example'), '(direct) | (none) |  | Direct'],
    ['a host that only ends like an own domain', from('notbrand.example'), 'notbrand.example | referral |  | Referral'],
    [
      'its own host behind a campaign: the campaign',
      { source: 'n', medium: 'email', ...from('www.shop.example') },
      'n | email |  | Email',
    ],
  ])('%s', (_, fields, expected) => {
    expect(origin(fields)).toBe(expected)
  })

  it('has a campaign where it names one or comes by an ad, and else none', () => {
    const campaign = (fields: Partial<StorefrontEvent>): string => campaignOf(buildEvent({ event_id: 'e', ...fields }))
    expect(campaign({ source: 'n', medium: 'email', campaign: 'c' })).toBe('n\nemail\nc')
    expect(campaign({ click_id_name: 'gclid' })).toBe(campaign({ source: 'google', medium: 'cpc' }))
    expect(campaign({ click_id_name: 'dclid' })).toBe(campaign({ source: 'google', medium: 'display' }))
    for (const fields of [
      { click_id_name: 'fbclid' },
      { click_id_name: 'mc_cid' },
      from('google.com'),
      { term: 't' },
    ]) {
      expect(campaign(fields)).toBe('')
    }
  })

  it('passes the other marketing fields on', () => {
    const event = buildEvent({ event_id: 'e', term: 't', content: 'c', click_id_name: 'gclid', referrer: 'https://r' })
    expect(resolveOrigin(event, own, [])).toMatchObject({
      term: 't',
      content: 'c',
      click_id_name: 'gclid',
      referrer: 'https://r',
    })
  })

  it('is told by any page, referrer or campaign field and by nothing else', () => {
    const tells = (fields: Partial<StorefrontEvent>): boolean => carriesOrigin(buildEvent({ event_id: 'e', ...fields }))
    expect(tells({ path: '/' })).toBe(true)
    expect(tells({ click_id_name: 'gclid' })).toBe(true)
    expect(tells({ medium: 'email' })).toBe(true)
    expect(tells({ name: 'identify', user_id: 'u', device: 'mobile' })).toBe(false)
  })
})
