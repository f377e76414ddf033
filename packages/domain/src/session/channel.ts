import type { SourceCategory } from './source-list.ts'
import { sourceEntry } from './source-table.ts'

export interface ChannelInput {
  readonly source: string
  readonly medium: string
  readonly campaign: string
}

interface Traffic {
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly category: SourceCategory | undefined
  readonly paid: boolean
  readonly shopping: boolean
}

/** Google's `^(.*(([^a-df-z]|^)shop|shopping).*)$`. */
const SHOPPING_CAMPAIGN = /(?:^|[^a-df-z])shop|shopping/
const DISPLAY = new Set(['display', 'banner', 'expandable', 'interstitial', 'cpm'])
const SOCIAL = new Set(['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'])
const REFERRAL = new Set(['referral', 'app', 'link'])
const EMAIL = new Set(['email', 'e-mail', 'e_mail', 'e mail'])
const NO_MEDIUM = new Set(['', '(not set)', '(none)'])

/**
 * GA4's default channel group for manual traffic, in its order, first match wins (support.google.com/analytics/answer/9756891).
 * Display stands before Paid Other because `cpm` matches the paid pattern too. An assistant's links often carry only
 * `utm_source`, so a known assistant without a medium of its own counts as one.
 */
const RULES: readonly { readonly channel: string; readonly matches: (t: Traffic) => boolean }[] = [
  { channel: 'Direct', matches: isDirect },
  { channel: 'Cross-network', matches: (t) => t.campaign.includes('cross-network') },
  {
    channel: 'AI Assistant',
    matches: (t) => t.medium === 'ai-assistant' || (t.category === 'assistant' && isUnmarked(t.medium)),
  },
  { channel: 'Paid Shopping', matches: (t) => t.shopping && t.paid },
  { channel: 'Paid Search', matches: (t) => t.category === 'search' && t.paid },
  { channel: 'Paid Social', matches: (t) => t.category === 'social' && t.paid },
  { channel: 'Paid Video', matches: (t) => t.category === 'video' && t.paid },
  { channel: 'Display', matches: (t) => DISPLAY.has(t.medium) },
  { channel: 'Paid Other', matches: (t) => t.paid },
  { channel: 'Organic Shopping', matches: (t) => t.shopping },
  { channel: 'Organic Social', matches: (t) => t.category === 'social' || SOCIAL.has(t.medium) },
  { channel: 'Organic Video', matches: (t) => t.category === 'video' || t.medium.includes('video') },
  { channel: 'Organic Search', matches: (t) => t.category === 'search' || t.medium === 'organic' },
  { channel: 'Referral', matches: (t) => REFERRAL.has(t.medium) },
  { channel: 'Email', matches: (t) => EMAIL.has(t.source) || EMAIL.has(t.medium) },
  { channel: 'Affiliates', matches: (t) => t.medium === 'affiliate' },
  { channel: 'Audio', matches: (t) => t.medium === 'audio' },
  { channel: 'SMS', matches: (t) => t.source === 'sms' || t.medium === 'sms' },
  { channel: 'Mobile Push Notifications', matches: (t) => t.source === 'firebase' || isPush(t.medium) },
]

export function channelOf(input: ChannelInput): string {
  const source = input.source.toLowerCase()
  const medium = input.medium.toLowerCase()
  const campaign = input.campaign.toLowerCase()
  const category = sourceEntry(source)?.category
  const shopping = category === 'shopping' || SHOPPING_CAMPAIGN.test(campaign)
  const traffic: Traffic = { source, medium, campaign, category, paid: isPaid(medium), shopping }
  for (const { channel, matches } of RULES) if (matches(traffic)) return channel
  return 'Unassigned'
}

/**
 * Whether a visit came from nowhere: GA4's definition of the channel Direct. A shop's own rule may give such visits any
 * name, and other visits that one, so the channel does not tell.
 */
export function isDirect({ source, medium }: Pick<ChannelInput, 'source' | 'medium'>): boolean {
  if (source.toLowerCase() !== '(direct)') return false
  const lower = medium.toLowerCase()
  return lower === '(none)' || lower === '(not set)'
}

/** Google's `^(.*cp.*|ppc|retargeting|paid.*)$`. */
function isPaid(medium: string): boolean {
  return medium.includes('cp') || medium === 'ppc' || medium === 'retargeting' || medium.startsWith('paid')
}

function isUnmarked(medium: string): boolean {
  return NO_MEDIUM.has(medium) || REFERRAL.has(medium)
}

function isPush(medium: string): boolean {
  return medium.endsWith('push') || medium.includes('mobile') || medium.includes('notification')
}
