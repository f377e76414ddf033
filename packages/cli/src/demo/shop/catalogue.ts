import type { Random } from './random.ts'

/** What the simulated shop sells. Prices are minor units of the shop's home currency, EUR. */
export interface Product {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly priceMinor: number
  readonly weight: number
}

export const shopHost = 'www.linden-home.example'

const ranges: Readonly<Record<string, readonly (readonly [name: string, euro: number])[]>> = {
  lighting: [
    ['Arc Floor Lamp', 189],
    ['Linen Pendant', 79.5],
    ['Desk Light Fjord', 64.9],
    ['Candle Set Beeswax', 18.9],
    ['Paper Lantern', 24],
  ],
  kitchen: [
    ['Cast Iron Pan 28', 84.95],
    ['Olive Board', 32.5],
    ['Stoneware Mug', 14.9],
    ['Carbon Steel Knife', 72],
    ['Linen Tea Towels', 19.8],
    ['Glass Carafe', 26.5],
  ],
  textiles: [
    ['Wool Throw', 119],
    ['Percale Duvet Cover', 98.9],
    ['Linen Cushion', 36],
    ['Bath Towel Waffle', 29.5],
    ['Jute Rug 120x180', 149],
  ],
  garden: [
    ['Steel Watering Can', 39.9],
    ['Terracotta Planter', 27.4],
    ['Folding Garden Chair', 89],
    ['Herb Seeds Box', 12.5],
    ['Solar Path Light', 21.9],
  ],
}

export const catalogue: readonly Product[] = Object.entries(ranges).flatMap(([category, products]) =>
  products.map(([name, euro], rank) => ({
    id: `${category.slice(0, 3).toUpperCase()}-${100 + rank}`,
    name,
    category,
    priceMinor: Math.round(euro * 100),
    // What is first in its range is looked at most.
    weight: 1 / (rank + 1),
  })),
)

export const categories: readonly string[] = Object.keys(ranges)

/** Where the shop sells: the currency of each country and what a price of one EUR is there. */
export const markets = [
  { country: 'DE', locale: 'de-DE', currency: 'EUR', rate: 1, weight: 42 },
  { country: 'FR', locale: 'fr-FR', currency: 'EUR', rate: 1, weight: 14 },
  { country: 'NL', locale: 'nl-NL', currency: 'EUR', rate: 1, weight: 10 },
  { country: 'AT', locale: 'de-AT', currency: 'EUR', rate: 1, weight: 8 },
  { country: 'GB', locale: 'en-GB', currency: 'GBP', rate: 0.9, weight: 18 },
  { country: 'CH', locale: 'de-CH', currency: 'CHF', rate: 1.1, weight: 8 },
] as const

export type Market = (typeof markets)[number]

/** Minor units of the market's currency. */
export function priceIn(market: Market, product: Product): number {
  return Math.round(product.priceMinor * market.rate)
}

/** A number such as 84.95, as clients send money. */
export function major(minor: number): number {
  return minor / 100
}

/** A product of the category, or of any. */
export function drawProduct(random: Random, category: string | undefined): Product {
  return random.weighted(
    category === undefined ? catalogue : catalogue.filter((product) => product.category === category),
  )
}

export function productPath(product: Product): string {
  return `/${product.category}/${product.id.toLowerCase()}`
}
