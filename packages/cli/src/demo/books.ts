import type { Figures } from './report/figures.ts'
import { amount, count } from './report/format.ts'
import type { ShopBooks } from './shop/simulate.ts'

/** Where the figures differ from what the simulated shop knows it did, one line each; none when all is as it was. */
export function bookDifferences(books: ShopBooks, figures: Figures): string[] {
  const channels = new Set([...books.visitsByChannel.keys(), ...figures.channels.map(({ channel }) => channel)])
  const visitsBy = new Map(figures.channels.map(({ channel, visits }) => [channel, visits]))
  const truth = new Map<string, number>(books.visitsByChannel)
  const pairs: (readonly [what: string, booked: string, found: string])[] = [
    ['visitors', count(books.visitors), count(figures.visitors)],
    ['visits', count(books.visits), count(figures.visits)],
    ...[...channels].map(
      (one) => [`visits by ${one}`, count(truth.get(one) ?? 0), count(visitsBy.get(one) ?? 0)] as const,
    ),
    ['visits with a cart', count(books.visitsWithCart), count(figures.carts.visits)],
    ['carts left', count(books.visitsWithCart - books.visitsWithOrder), count(figures.carts.left)],
    [
      'revenue',
      revenueOf(books),
      figures.orders
        .map(({ currency, ...of }) => revenue(currency, of))
        .toSorted()
        .join(', '),
    ],
  ]
  return pairs.flatMap(([what, booked, found]) =>
    booked === found ? [] : [`${what}: the shop counted ${booked}, the warehouse has ${found}`],
  )
}

function revenueOf({ orders }: ShopBooks): string {
  const currencies = [...new Set(orders.map(({ currency }) => currency))]
  return currencies
    .map((currency) => {
      const own = orders.filter((order) => order.currency === currency)
      return revenue(currency, {
        count: own.length,
        major: own.reduce((sum, { valueMinor }) => sum + valueMinor, 0) / 100,
      })
    })
    .toSorted()
    .join(', ')
}

function revenue(currency: string, { count: orders, major }: { count: number; major: number }): string {
  return `${currency} ${amount(major, currency)} in ${count(orders)} orders`
}
