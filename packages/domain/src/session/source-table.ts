/** What kind of place a source is; decides its channel where the medium does not. */
export type SourceCategory = 'search' | 'social' | 'video' | 'shopping' | 'assistant'

export interface SourceEntry {
  readonly name: string
  readonly category: SourceCategory
}

/**
 * Known sources: name, then its hosts, a host standing for all below it. `brand.*` stands for the brand under every
 * country's domain (`google.co.uk`). The name alone is known as a source too (`utm_source=facebook`).
 */
const TABLE: Readonly<Record<SourceCategory, readonly (readonly [name: string, ...hosts: string[]])[]>> = {
  search: [
    ['google', 'google.*'],
    ['bing', 'bing.*'],
    ['yahoo', 'yahoo.*'],
    ['yandex', 'yandex.*', 'ya.ru'],
    ['duckduckgo', 'duckduckgo.com'],
    ['baidu', 'baidu.com'],
    ['ecosia', 'ecosia.org'],
    ['qwant', 'qwant.com'],
    ['brave', 'search.brave.com'],
    ['startpage', 'startpage.com'],
    ['naver', 'naver.com'],
    ['daum', 'daum.net'],
    ['seznam', 'seznam.cz'],
    ['sogou', 'sogou.com'],
    ['so.com', 'so.com'],
    ['ask', 'ask.com'],
    ['aol', 'search.aol.com'],
    ['msn', 'msn.com'],
    ['dogpile', 'dogpile.com'],
    ['lycos', 'lycos.com'],
    ['rambler', 'rambler.ru'],
    ['kagi', 'kagi.com'],
  ],
  social: [
    ['facebook', 'facebook.com', 'fb.com', 'fb.me'],
    ['instagram', 'instagram.com'],
    ['threads', 'threads.net', 'threads.com'],
    ['twitter', 'twitter.com', 't.co', 'x.com'],
    ['linkedin', 'linkedin.com', 'lnkd.in'],
    ['pinterest', 'pinterest.*', 'pin.it'],
    ['tiktok', 'tiktok.com'],
    ['snapchat', 'snapchat.com'],
    ['reddit', 'reddit.com', 'redd.it'],
    ['quora', 'quora.com'],
    ['tumblr', 'tumblr.com'],
    ['vk', 'vk.com'],
    ['weibo', 'weibo.com', 'weibo.cn'],
    ['whatsapp', 'whatsapp.com', 'wa.me'],
    ['telegram', 'telegram.org', 't.me'],
    ['bluesky', 'bsky.app'],
    ['mastodon', 'mastodon.social'],
    ['xing', 'xing.com'],
    ['odnoklassniki', 'ok.ru'],
    ['line', 'line.me'],
    ['disqus', 'disqus.com'],
    ['messenger', 'messenger.com'],
    ['discord', 'discord.com'],
  ],
  video: [
    ['youtube', 'youtube.com', 'youtu.be'],
    ['vimeo', 'vimeo.com'],
    ['dailymotion', 'dailymotion.com'],
    ['twitch', 'twitch.tv'],
    ['netflix', 'netflix.com'],
    ['hulu', 'hulu.com'],
    ['disneyplus', 'disneyplus.com'],
    ['wistia', 'wistia.com', 'wistia.net'],
    ['youku', 'youku.com'],
    ['iqiyi', 'iqiyi.com'],
    ['niconico', 'nicovideo.jp'],
    ['ted', 'ted.com'],
  ],
  shopping: [
    ['amazon', 'amazon.*'],
    ['ebay', 'ebay.*'],
    ['google shopping', 'shopping.google.com'],
    ['igshopping'],
    ['alibaba', 'alibaba.com'],
    ['aliexpress', 'aliexpress.com'],
    ['etsy', 'etsy.com'],
    ['walmart', 'walmart.com'],
    ['mercadolibre', 'mercadolibre.*'],
    ['shopify', 'shopify.com', 'shop.app'],
    ['shopzilla', 'shopzilla.com'],
    ['idealo', 'idealo.*'],
    ['naver shopping', 'shopping.naver.com'],
    ['yahoo shopping', 'shopping.yahoo.com', 'shopping.yahoo.co.jp'],
  ],
  assistant: [
    ['chatgpt', 'chatgpt.com', 'chat.openai.com'],
    ['claude', 'claude.ai'],
    ['gemini', 'gemini.google.com', 'bard.google.com'],
    ['copilot', 'copilot.microsoft.com'],
    ['perplexity', 'perplexity.ai'],
    ['deepseek', 'chat.deepseek.com'],
    ['grok', 'grok.com'],
    ['mistral', 'chat.mistral.ai'],
    ['meta-ai', 'meta.ai'],
    ['qwen', 'chat.qwen.ai'],
    ['duck-ai', 'duck.ai'],
    ['you.com', 'you.com'],
  ],
}

/** Hosts a buyer is sent to and comes back from: a visit that returns from there came from nowhere new. */
const PAYMENT_HOSTS: ReadonlySet<string> = new Set([
  'paypal.com',
  'stripe.com',
  'klarna.com',
  'adyen.com',
  'mollie.com',
  'checkout.com',
  'worldpay.com',
  'braintreegateway.com',
  'amazonpay.com',
  'pay.amazon.com',
  'pay.google.com',
  'afterpay.com',
  'affirm.com',
  'sofort.com',
  'giropay.de',
  'ideal.nl',
  'shop.app',
  'arcot.com',
  'payu.com',
  'przelewy24.pl',
  'sagepay.com',
  'securesuite.net',
])

const byName = new Map<string, SourceEntry>()
const byHost = new Map<string, SourceEntry>()
const byBrand = new Map<string, SourceEntry>()
for (const category of ['search', 'social', 'video', 'shopping', 'assistant'] as const) {
  for (const [name, ...hosts] of TABLE[category]) {
    const entry = { name, category }
    byName.set(name, entry)
    for (const host of hosts) {
      if (host.endsWith('.*')) byBrand.set(host.slice(0, -2), entry)
      else byHost.set(host, entry)
    }
  }
}

/** The entry of a host or of the nearest domain above it. */
export function hostEntry(host: string): SourceEntry | undefined {
  return walkUp(host, (domain) => byHost.get(domain)) ?? walkUp(host, brandEntry)
}

/** The entry of a source as campaigns write it: a name or a host, in any case. */
export function sourceEntry(source: string): SourceEntry | undefined {
  const lower = source.toLowerCase()
  return byName.get(lower) ?? (lower.includes('.') ? hostEntry(lower) : undefined)
}

export function isPaymentHost(host: string): boolean {
  return walkUp(host, (domain) => (PAYMENT_HOSTS.has(domain) ? domain : undefined)) !== undefined
}

/** `brand.tld` or `brand.co.tld`: what follows the brand is at most two short labels, so `google.example.com` is none. */
function brandEntry(domain: string): SourceEntry | undefined {
  const [brand = '', ...rest] = domain.split('.')
  const isCountry = rest.length >= 1 && rest.length <= 2 && rest.every((label) => label.length <= 3)
  return isCountry ? byBrand.get(brand) : undefined
}

/** The first answer for the host itself, then for each domain above it. */
function walkUp<T>(host: string, lookup: (domain: string) => T | undefined): T | undefined {
  let domain = host
  for (;;) {
    const found = lookup(domain)
    if (found !== undefined) return found
    const dot = domain.indexOf('.')
    if (dot < 0) return undefined
    domain = domain.slice(dot + 1)
  }
}
