import { sourceEntry, type SourceCategory } from './source-table.ts'

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
const RULES: readonly (readonly [channel: string, matches: (t: Traffic) => boolean])[] = [
  ['Direct', (t) => t.source === '(direct)' && (t.medium === '(not set)' || t.medium === '(none)')],
  ['Cross-network', (t) => t.campaign.includes('cross-network')],
  ['AI Assistant', (t) => t.medium === 'ai-assistant' || (t.category === 'assistant' && isUnmarked(t.medium))],
  ['Paid Shopping', (t) => t.shopping && t.paid],
  ['Paid Search', (t) => t.category === 'search' && t.paid],
  ['Paid Social', (t) => t.category === 'social' && t.paid],
  ['Paid Video', (t) => t.category === 'video' && t.paid],
  ['Display', (t) => DISPLAY.has(t.medium)],
  ['Paid Other', (t) => t.paid],
  ['Organic Shopping', (t) => t.shopping],
  ['Organic Social', (t) => t.category === 'social' || SOCIAL.has(t.medium)],
  ['Organic Video', (t) => t.category === 'video' || t.medium.includes('video')],
  ['Organic Search', (t) => t.category === 'search' || t.medium === 'organic'],
  ['Referral', (t) => REFERRAL.has(t.medium)],
  ['Email', (t) => EMAIL.has(t.source) || EMAIL.has(t.medium)],
  ['Affiliates', (t) => t.medium === 'affiliate'],
  ['Audio', (t) => t.medium === 'audio'],
  ['SMS', (t) => t.source === 'sms' || t.medium === 'sms'],
  ['Mobile Push Notifications', (t) => t.source === 'firebase' || isPush(t.medium)],
]

export function channelOf({ source, medium, campaign }: ChannelInput): string {
  const category = sourceEntry(source)?.category
  const lower = { source: source.toLowerCase(), medium: medium.toLowerCase(), campaign: campaign.toLowerCase() }
  const shopping = category === 'shopping' || SHOPPING_CAMPAIGN.test(lower.campaign)
  const traffic = { ...lower, category, shopping, paid: isPaid(lower.medium) }
  return RULES.find(([, matches]) => matches(traffic))?.[0] ?? 'Unassigned'
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
