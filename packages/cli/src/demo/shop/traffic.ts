import type { Campaign } from '../segment.ts'
import type { Random } from './random.ts'

/** How a visit comes to the shop, and the channel GA4's default group puts it in. */
export interface Arrival {
  readonly channel: Channel
  /** Empty without one. */
  readonly referrer: string
  /** Query parameters of the landing address. */
  readonly query: Readonly<Record<string, string>>
  readonly campaign: Campaign | undefined
}

export type Channel =
  'Paid Search' | 'Organic Search' | 'Organic Social' | 'Paid Social' | 'Email' | 'Direct' | 'Referral' | 'AI Assistant'

/** One way to the shop. */
export interface Traffic {
  readonly channel: Channel
  /** Share of first visits. */
  readonly weight: number
  /** Share of returning visits. */
  readonly returning: number
  /** How much likelier than the average visit it is to buy. */
  readonly intent: number
  /** Chance to land on a list or product instead of the home page. */
  readonly deep: number
  readonly arrive: (random: Random) => Omit<Arrival, 'channel'>
}

const traffic: readonly Traffic[] = [
  { channel: 'Organic Search', weight: 29, returning: 16, intent: 1, deep: 0.5, arrive: organicSearch },
  { channel: 'Paid Search', weight: 21, returning: 10, intent: 1.5, deep: 0.7, arrive: paidSearch },
  { channel: 'Direct', weight: 17, returning: 40, intent: 1.2, deep: 0.1, arrive: direct },
  { channel: 'Organic Social', weight: 12, returning: 4, intent: 0.4, deep: 0.8, arrive: organicSocial },
  { channel: 'Paid Social', weight: 7, returning: 3, intent: 0.5, deep: 0.8, arrive: paidSocial },
  { channel: 'Email', weight: 5, returning: 23, intent: 1.9, deep: 0.6, arrive: email },
  { channel: 'Referral', weight: 6, returning: 2, intent: 0.8, deep: 0.8, arrive: referral },
  { channel: 'AI Assistant', weight: 3, returning: 2, intent: 1.7, deep: 0.8, arrive: assistant },
]

/** Draws how a visit arrives, by the shares of first or of returning visits. */
export function drawTraffic(random: Random, isReturning: boolean): Traffic {
  return random.weighted(isReturning ? traffic.map((way) => ({ ...way, weight: way.returning })) : traffic)
}

export function arrive(random: Random, { channel, arrive: come }: Traffic): Arrival {
  return { channel, ...come(random) }
}

const none: Omit<Arrival, 'channel'> = { referrer: '', query: {}, campaign: undefined }

function direct(): Omit<Arrival, 'channel'> {
  return none
}

function organicSearch(random: Random): Omit<Arrival, 'channel'> {
  const engines = [
    'https://www.google.com/',
    'https://www.google.de/',
    'https://www.bing.com/',
    'https://duckduckgo.com/',
  ]
  return { ...none, referrer: random.pick([...engines, 'https://www.google.com/', 'https://www.ecosia.org/']) }
}

/** Two networks; one ad in three carries only its click id, as automatic tagging leaves it. */
function paidSearch(random: Random): Omit<Arrival, 'channel'> {
  const isGoogle = random.chance(0.85)
  const click = isGoogle ? { gclid: clickId(random) } : { msclkid: clickId(random) }
  const referrer = isGoogle ? 'https://www.google.com/' : 'https://www.bing.com/'
  if (random.chance(0.35)) return { referrer, query: click, campaign: undefined }
  const name = random.pick(['brand', 'lighting-generic', 'kitchen-generic', 'autumn-textiles'])
  const term = random.pick(['floor lamp', 'cast iron pan', 'wool throw', 'linden home'])
  return tagged({ source: isGoogle ? 'google' : 'bing', medium: 'cpc', name, term }, referrer, click)
}

function organicSocial(random: Random): Omit<Arrival, 'channel'> {
  const facebook = { referrer: 'https://l.facebook.com/', query: { fbclid: clickId(random) }, campaign: undefined }
  const others = ['https://l.instagram.com/', 'https://www.pinterest.com/', 'https://t.co/', 'https://www.reddit.com/']
  return random.chance(0.4) ? facebook : { ...none, referrer: random.pick(others) }
}

function paidSocial(random: Random): Omit<Arrival, 'channel'> {
  const source = random.pick(['facebook', 'instagram', 'pinterest'])
  const campaign = {
    source,
    medium: 'paid_social',
    name: 'autumn-lookbook',
    content: random.pick(['video', 'carousel']),
  }
  return tagged(campaign, `https://www.${source}.com/`, source === 'pinterest' ? {} : { fbclid: clickId(random) })
}

function email(random: Random): Omit<Arrival, 'channel'> {
  const name = random.pick(['weekly-letter', 'cart-reminder', 'new-arrivals'])
  return tagged({ source: 'newsletter', medium: 'email', name }, '', {})
}

function referral(random: Random): Omit<Arrival, 'channel'> {
  const referrer = random.pick([
    'https://slow-living.example/best-lamps',
    'https://www.kitchen-tests.example/pans/28cm',
    'https://forum.gardeners.example/t/watering-cans',
  ])
  return { ...none, referrer }
}

/** ChatGPT tags its links; the others are known by their referrer. */
function assistant(random: Random): Omit<Arrival, 'channel'> {
  if (random.chance(0.55)) return tagged({ source: 'chatgpt.com' }, 'https://chatgpt.com/', {})
  const others = ['https://www.perplexity.ai/', 'https://gemini.google.com/', 'https://copilot.microsoft.com/']
  return { ...none, referrer: random.pick(others) }
}

function tagged(campaign: Campaign, referrer: string, click: Record<string, string>): Omit<Arrival, 'channel'> {
  const { name, source, medium, term, content } = campaign
  const utm = { utm_source: source, utm_medium: medium, utm_campaign: name, utm_term: term, utm_content: content }
  const query = Object.fromEntries(
    Object.entries(utm).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { referrer, query: { ...query, ...click }, campaign }
}

function clickId(random: Random): string {
  return `Cj0${random.uuid().replaceAll('-', '')}`
}
