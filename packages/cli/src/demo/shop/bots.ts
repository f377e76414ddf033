import { categories, catalogue, markets, productPath } from './catalogue.ts'
import type { Random } from './random.ts'
import { startTracker, type Happening } from './tracker.ts'

const agents = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36',
]

/** A crawler that runs the shop's scripts: one page after the other, product views included, and never a cart. */
export function crawl(random: Random, startedAt: number): readonly Happening[] {
  const device = {
    anonymousId: random.uuid(),
    userAgent: random.pick(agents),
    ip: `192.0.2.${random.integer(1, 254)}`,
    clockErrorMs: 0,
    userId: undefined,
  }
  const arrival = { channel: 'Direct', referrer: '', query: {}, campaign: undefined } as const
  const tracker = startTracker(random, { device, market: markets[0], arrival, startedAt })
  for (let pages = random.integer(10, 60); pages > 0; pages--) {
    const product = random.pick(catalogue)
    if (random.chance(0.2)) tracker.page(`/${random.pick(categories)}`, 'List', random.between(500, 4000))
    else {
      tracker.page(productPath(product), product.name, random.between(500, 4000))
      tracker.track('Product Viewed', { product_id: product.id, name: product.name }, 50)
    }
  }
  return tracker.happenings
}
