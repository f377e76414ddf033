import type { StorefrontEvent } from '@cairn/domain'
import fc from 'fast-check'
import { buildEvent } from './event.ts'

/** Where a visit came from, and the channel that makes it. */
export interface OracleChannel {
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly channel: string
}

type Category = 'search' | 'social' | 'video' | 'shopping' | 'assistant' | 'mail' | 'payment' | 'own' | 'other'

/** Hosts that a visit comes from, by what they are to a shop at {@link pageHosts} with {@link ownDomains}. */
const referrers: Readonly<Record<Category, readonly string[]>> = {
  search: ['www.google.com', 'www.google.co.uk', 'google.de', 'www.bing.com', 'search.yahoo.com', 'www.mojeek.com'],
  social: ['l.facebook.com', 't.co', 'www.linkedin.com', 'com.facebook.katana'],
  video: ['www.youtube.com', 'vimeo.com'],
  shopping: ['www.ebay.co.uk', 'www.etsy.com', 'www.amazon.de'],
  assistant: ['chatgpt.com', 'claude.ai', 'gemini.google.com', 'www.perplexity.ai'],
  mail: ['mail.google.com', 'outlook.live.com', 'com.google.android.gm'],
  payment: ['www.paypal.com', 'checkout.stripe.com', 'pay.google.com', 'pay.amazon.de', 'payments.klarna.com'],
  own: [
    'www.shop.example',
    'shop.example',
    'help.shop.example',
    'brand.example',
    'www.brand.example',
    'a.brand.example',
  ],
  other: ['blog.example', 'www.blog.example', 'workshop.example', 'notbrand.example', 'shop.example.com', 'notpaypal.com', 'google.com.evil.example', 'docs.google.com'], // prettier-ignore
}
const pageHosts = ['www.shop.example', 'shop.example']
export const ownDomains: ReadonlySet<string> = new Set(['brand.example'])

/** What campaigns write as their source, and what kind of place that is; in any case. */
const sources: Readonly<Record<string, Category>> = {
  ...{ google: 'search', bing: 'search', 'mojeek.com': 'search', yahoo: 'search' },
  ...{ facebook: 'social', instagram: 'social', twitter: 'social', tiktok: 'social', 't.co': 'social' },
  ...{ youtube: 'video', 'vimeo.com': 'video' },
  ...{ 'google shopping': 'shopping', ebay: 'shopping', 'amazon.de': 'shopping' },
  ...{ chatgpt: 'assistant', 'claude.ai': 'assistant', perplexity: 'assistant' },
  ...{ 'mail.google.com': 'mail', newsletter: 'other', '(direct)': 'other', email: 'other', sms: 'other' },
  ...{ firebase: 'other', 'paypal.com': 'payment' },
}

const mediums = [
  ...['(none)', '(not set)', 'cpc', 'CPC', 'cpm', 'ppc', 'paid', 'Paid-Social', 'unpaid', 'retargeting', 'display'],
  ...[
    'Banner',
    'interstitial',
    'social',
    'sm',
    'Social Network',
    'organic',
    'referral',
    'app',
    'link',
    'email',
    'E-Mail',
  ],
  ...['affiliate', 'audio', 'sms', 'web-push', 'pushed', 'mobile-app', 'notifications', 'video', 'my-videos'],
  ...['ai-assistant', 'influencer'],
]
const campaigns = [
  ...['spring', 'Cross-Network', 'my-cross-network-1', 'shop', 'the shop', 'eshop', 'workshop', 'Shopping-May'],
  ...['cross-network-shopping', '(ai-assistant)'],
]

/** What each click id stands for; one that is none, for nothing. */
const clickIds: Readonly<Record<string, readonly [source: string, medium: string]>> = {
  ...{ gclid: ['google', 'cpc'], gbraid: ['google', 'cpc'], wbraid: ['google', 'cpc'], gad_source: ['google', 'cpc'] },
  ...{ dclid: ['google', 'display'], msclkid: ['bing', 'cpc'], ttclid: ['tiktok', 'cpc'], twclid: ['twitter', 'cpc'] },
  ...{ irclid: ['impact', 'affiliate'], mc_cid: ['mailchimp', 'email'] },
  ...{ fbclid: ['facebook', 'social'], igshid: ['instagram', 'social'] },
}

function orNot(...values: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(fc.constant(''), fc.constantFrom(...values))
}

const written = Object.keys(sources).flatMap((source) => [source, source.toUpperCase()])

/** Events with any of a referrer, campaign parameters and a click id. */
export const arrivingEvents: fc.Arbitrary<StorefrontEvent> = fc
  .record({
    host: fc.constantFrom(...pageHosts),
    referrer_host: orNot(...Object.values(referrers).flat()),
    tags: fc.oneof(
      fc.constant({}),
      fc.record({
        source: orNot(...written, 'nowhere.example'),
        medium: orNot(...mediums),
        campaign: orNot(...campaigns),
      }),
    ),
    click_id_name: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      fc.constantFrom(...Object.keys(clickIds), 'cid'),
    ),
  })
  .map(({ tags, ...fields }) => buildEvent({ event_id: 'e', path: '/', ...fields, ...tags }))

/** The plain way: what is known of each place is looked up in the tables above, and the rules are asked one after the other. */
export function channelTruth(event: StorefrontEvent): OracleChannel {
  const came = cameFrom(event)
  return { ...came, channel: channelOf(came) }
}

type Came = Omit<OracleChannel, 'channel'>

function cameFrom(event: StorefrontEvent): Came {
  const { source, medium, campaign, click_id_name, referrer_host } = event
  const clicked = clickIds[click_id_name]
  const isTagged = source + medium + campaign !== ''
  if (clicked === undefined) return isTagged ? { source, medium, campaign } : referredBy(referrer_host)
  const isOfAnother = source !== '' && source.toLowerCase() !== clicked[0]
  if (isOfAnother) return { source, medium, campaign }
  return { source: source || clicked[0], medium: medium || clicked[1], campaign }
}

function referredBy(host: string): Came {
  const kind = kindOf(host)
  const name = host.replace(/^www\./, '')
  if (kind === 'search')
    return { source: /(google|bing|yahoo)\./.exec(name)?.[1] ?? name, medium: 'organic', campaign: '' }
  if (kind === 'assistant')
    return { source: /(\w+)\.(com|google\.com|ai)$/.exec(name)?.[1] ?? name, medium: 'ai-assistant', campaign: '(ai-assistant)' } // prettier-ignore
  if (kind === 'mail') return { source: name, medium: 'email', campaign: '' }
  if (kind === undefined || kind === 'own' || kind === 'payment')
    return { source: '(direct)', medium: '(none)', campaign: '' }
  return { source: name, medium: 'referral', campaign: '' }
}

function kindOf(host: string): Category | undefined {
  return (Object.keys(referrers) as Category[]).find((kind) => referrers[kind].includes(host))
}

/** A source that is a host of {@link referrers} is of its kind, with www or without. */
function categoryOf(source: string): Category | undefined {
  return sources[source] ?? kindOf(source) ?? kindOf(`www.${source}`)
}

/** What must hold of an origin, all of it. */
interface Condition {
  readonly of?: Category
  readonly source?: RegExp
  readonly medium?: RegExp
  readonly campaign?: RegExp
}

const paid = /^(.*cp.*|ppc|retargeting|paid.*)$/
const shop = /^(.*(([^a-df-z]|^)shop|shopping).*)$/
const mail = /^(email|e-mail|e_mail|e mail)$/

/** Google's table with its expressions as they are published; a channel is that of any of its conditions. */
const channels: readonly (readonly [channel: string, ...any: readonly Condition[]])[] = [
  ['Direct', { source: /^\(direct\)$/, medium: /^\((not set|none)\)$/ }],
  ['Cross-network', { campaign: /^.*cross-network.*$/ }],
  // Our own: a known assistant needs no medium.
  [
    'AI Assistant',
    { medium: /^ai-assistant$/ },
    { of: 'assistant', medium: /^(|\(none\)|\(not set\)|referral|app|link)$/ },
  ],
  ['Paid Shopping', { of: 'shopping', medium: paid }, { campaign: shop, medium: paid }],
  ['Paid Search', { of: 'search', medium: paid }],
  ['Paid Social', { of: 'social', medium: paid }],
  ['Paid Video', { of: 'video', medium: paid }],
  ['Display', { medium: /^(display|banner|expandable|interstitial|cpm)$/ }],
  ['Paid Other', { medium: paid }],
  ['Organic Shopping', { of: 'shopping' }, { campaign: shop }],
  [
    'Organic Social',
    { of: 'social' },
    { medium: /^(social|social-network|social-media|sm|social network|social media)$/ },
  ],
  ['Organic Video', { of: 'video' }, { medium: /^(.*video.*)$/ }],
  ['Organic Search', { of: 'search' }, { medium: /^organic$/ }],
  ['Referral', { medium: /^(referral|app|link)$/ }],
  ['Email', { source: mail }, { medium: mail }],
  ['Affiliates', { medium: /^affiliate$/ }],
  ['Audio', { medium: /^audio$/ }],
  ['SMS', { source: /^sms$/ }, { medium: /^sms$/ }],
  ['Mobile Push Notifications', { medium: /push$|mobile|notification/ }, { source: /^firebase$/ }],
]

function channelOf({ source, medium, campaign }: Came): string {
  const holds = (condition: Condition): boolean =>
    (condition.of === undefined || condition.of === categoryOf(source.toLowerCase())) &&
    (condition.source?.test(source.toLowerCase()) ?? true) &&
    (condition.medium?.test(medium.toLowerCase()) ?? true) &&
    (condition.campaign?.test(campaign.toLowerCase()) ?? true)
  return channels.find(([, ...any]) => any.some(holds))?.[0] ?? 'Unassigned'
}
