import type { StorefrontEvent } from '../event/event.ts'
import { channelOf } from './channel.ts'
import { channelByRules, type ChannelRule } from './channel-rules.ts'
import { hostEntry, isPaymentHost } from './source-table.ts'

/** How a visitor came: the marketing fields of a session. */
export interface Origin {
  readonly channel: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly term: string
  readonly content: string
  readonly click_id_name: string
  readonly click_id: string
  readonly referrer: string
}

/** What rows say of an origin. */
type RowOrigin = Pick<Origin, 'channel' | 'source' | 'medium' | 'campaign'>

export function isSameSource(a: RowOrigin, b: RowOrigin): boolean {
  if (a === b) return true
  return a.channel === b.channel && a.source === b.source && a.medium === b.medium && a.campaign === b.campaign
}

/** The origin of a session none of whose events tells one. */
export const direct: Origin = {
  channel: 'Direct',
  source: '(direct)',
  medium: '(none)',
  campaign: '',
  term: '',
  content: '',
  click_id_name: '',
  click_id: '',
  referrer: '',
}

/**
 * Click ids, which advertisers and mail tools add to addresses, and what each names; the most telling first: of an address
 * with several, the paid network's id counts before those any link carries, and a mere hint (gclsrc, gad_source) comes
 * last. fbclid and igshid are put on every outgoing link: not a sign of an ad. dclid comes from banners, irclid from
 * partners' links, mc_cid and _kx from mail.
 */
const CLICK_IDS: ReadonlyMap<string, Pick<Origin, 'source' | 'medium'>> = new Map([
  ['gclid', { source: 'google', medium: 'cpc' }],
  ['dclid', { source: 'google', medium: 'display' }],
  ['gbraid', { source: 'google', medium: 'cpc' }],
  ['wbraid', { source: 'google', medium: 'cpc' }],
  ['msclkid', { source: 'bing', medium: 'cpc' }],
  ['ttclid', { source: 'tiktok', medium: 'cpc' }],
  ['twclid', { source: 'twitter', medium: 'cpc' }],
  ['li_fat_id', { source: 'linkedin', medium: 'cpc' }],
  ['rdt_cid', { source: 'reddit', medium: 'cpc' }],
  ['epik', { source: 'pinterest', medium: 'cpc' }],
  ['qclid', { source: 'quora', medium: 'cpc' }],
  ['sccid', { source: 'snapchat', medium: 'cpc' }],
  ['irclid', { source: 'impact', medium: 'affiliate' }],
  ['fbclid', { source: 'facebook', medium: 'social' }],
  ['igshid', { source: 'instagram', medium: 'social' }],
  ['mc_cid', { source: 'mailchimp', medium: 'email' }],
  ['_kx', { source: 'klaviyo', medium: 'email' }],
  ['gclsrc', { source: 'google', medium: 'cpc' }],
  ['gad_source', { source: 'google', medium: 'cpc' }],
])

/** Names of click ids, the most telling first. */
export const clickIdNames: readonly string[] = [...CLICK_IDS.keys()]

/** Whether an event says anything about where its visitor came from, be it that they came from nowhere. */
export function carriesOrigin(event: StorefrontEvent): boolean {
  return (
    event.path !== '' ||
    event.url !== '' ||
    event.referrer !== '' ||
    event.referrer_host !== '' ||
    event.click_id_name !== '' ||
    hasCampaign(event)
  )
}

/**
 * The origin an event tells: its campaign parameters, else its click id, else its referrer, else a direct visit.
 * The site's own hosts (`ownDomains` and the page's own host) and payment hosts are no referrers. Its own channel rules
 * come before the default ones.
 */
export function resolveOrigin(
  event: StorefrontEvent,
  ownDomains: ReadonlySet<string>,
  channelRules: readonly ChannelRule[],
): Origin {
  const resolved = sourceOf(event, ownDomains)
  const { source, medium, campaign } = resolved
  const { term, content, click_id_name, referrer } = event
  // Read from the event's bytes when asked for, and most have none.
  const click_id = click_id_name === '' ? '' : event.click_id
  const channel = channelByRules(channelRules, resolved, event) ?? channelOf(resolved)
  return { channel, source, medium, campaign, term, content, click_id_name, click_id, referrer }
}

/**
 * The campaign an event carries: its campaign parameters, or the network of its ad click id. Empty for none: a click id that
 * is put on every outgoing link is no ad's.
 */
export function campaignOf(event: StorefrontEvent): string {
  const network = CLICK_IDS.get(event.click_id_name)
  const isAd = network?.medium === 'cpc' || network?.medium === 'display'
  if (!hasCampaign(event) && !isAd) return ''
  const { source, medium, campaign } = fromCampaign(event, network)
  return `${source}\n${medium}\n${campaign}`
}

type Source = Pick<Origin, 'source' | 'medium' | 'campaign'>

function sourceOf(event: StorefrontEvent, ownDomains: ReadonlySet<string>): Source {
  const network = CLICK_IDS.get(event.click_id_name)
  if (hasCampaign(event)) return fromCampaign(event, network)
  if (network !== undefined) return { ...network, campaign: '' }
  if (event.referrer_host !== '' && !isOwnHost(event, ownDomains) && !isPaymentHost(event.referrer_host)) {
    return fromReferrer(event.referrer_host)
  }
  return { source: direct.source, medium: direct.medium, campaign: '' }
}

/** Campaign parameters as sent; a click id fills what they leave empty unless they name another source. */
function fromCampaign(event: StorefrontEvent, network: Pick<Origin, 'source' | 'medium'> | undefined): Source {
  const { source, medium, campaign } = event
  if (network === undefined || (source !== '' && source.toLowerCase() !== network.source)) {
    return { source, medium, campaign }
  }
  return { source: source || network.source, medium: medium || network.medium, campaign }
}

function fromReferrer(referrerHost: string): Source {
  const entry = hostEntry(referrerHost)
  const host = withoutWww(referrerHost)
  switch (entry?.category) {
    case 'search':
      return { source: entry.name || host, medium: 'organic', campaign: '' }
    case 'assistant':
      return { source: entry.name || host, medium: 'ai-assistant', campaign: '(ai-assistant)' }
    case 'email':
      return { source: host, medium: 'email', campaign: '' }
    case 'social':
    case 'video':
    case 'shopping':
    case 'other':
    case undefined:
      return { source: host, medium: 'referral', campaign: '' }
  }
}

function isOwnHost(event: StorefrontEvent, ownDomains: ReadonlySet<string>): boolean {
  const referrer = withoutWww(event.referrer_host)
  const page = withoutWww(event.host)
  if (page !== '' && (isWithin(referrer, page) || isWithin(page, referrer))) return true
  for (const domain of ownDomains) if (isWithin(referrer, domain)) return true
  return false
}

/** Whether `host` is `domain` or lies below it. */
function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

function hasCampaign(event: StorefrontEvent): boolean {
  return event.source !== '' || event.medium !== '' || event.campaign !== ''
}

function withoutWww(host: string): string {
  return host.startsWith('www.') ? host.slice(4) : host
}
