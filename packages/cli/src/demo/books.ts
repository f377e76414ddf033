import type { Figures } from './report/figures.ts'
import { count } from './report/format.ts'
import { orderStatuses, worded, type OrderStatus } from './report/orders.ts'
import type { Order } from './shop/back-office.ts'
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
    ['revenue', revenueBooked(books), revenueFound(figures)],
    ...orderStatuses.map(
      (status) => [`orders ${worded(status)}`, booked(books, status), found(figures, status)] as const,
    ),
    ...creditPairs(books, figures),
  ]
  return pairs.flatMap(([what, booked, found]) =>
    booked === found ? [] : [`${what}: the shop counted ${booked}, the warehouse has ${found}`],
  )
}

function revenueBooked({ orders }: ShopBooks): string {
  return byCurrency(orders, (own) => `${total(own)[2].toFixed(2)} in ${count(own.length)}`)
}

function revenueFound({ orders }: Figures): string {
  return byCurrency(orders, ([one]) => `${(one?.major ?? 0).toFixed(2)} in ${count(one?.count ?? 0)}`)
}

function booked({ orders }: ShopBooks, status: OrderStatus): string {
  const own = orders.filter((order) => order.status === status)
  return byCurrency(own, (orders) => sums(orders.length, ...total(orders)))
}

function found({ ordersByStatus }: Figures, status: OrderStatus): string {
  return ordersByStatus
    .filter((one) => one.status === status)
    .map(({ currency, count: number, gross, refunded, net }) => `${currency} ${sums(number, gross, refunded, net)}`)
    .toSorted()
    .join(', ')
}

function sums(number: number, gross: number, refunded: number, net: number): string {
  const [sold, back, left] = [gross, refunded, net].map((major) => major.toFixed(2))
  return `${count(number)} of ${sold} less ${back}: ${left}`
}

/** Gross, refunded and net in major units. */
function total(orders: readonly Order[]): [gross: number, refunded: number, net: number] {
  const gross = orders.reduce((sum, { grossMinor }) => sum + grossMinor, 0)
  const refunded = orders.reduce((sum, { refundedMinor }) => sum + refundedMinor, 0)
  return [gross / 100, refunded / 100, (gross - refunded) / 100]
}

/** Under each model the credits of all orders come to what is left of them, neither more nor less. */
function creditPairs({ orders }: ShopBooks, { attribution }: Figures): (readonly [string, string, string])[] {
  const truth = byCurrency(orders, (own) => total(own)[2].toFixed(2))
  const models = [...new Set(attribution.map(({ model }) => model))]
  if (models.length === 0) return [['credited', truth, '']]
  return models.map((model) => {
    const own = attribution.filter((one) => one.model === model)
    const found = byCurrency(own, (some) => some.reduce((sum, { major }) => sum + major, 0).toFixed(2))
    return [`credited by ${model}`, truth, found] as const
  })
}

function byCurrency<T extends { readonly currency: string }>(
  all: readonly T[],
  say: (own: readonly T[]) => string,
): string {
  const currencies = [...new Set(all.map(({ currency }) => currency))].toSorted()
  return currencies.map((currency) => `${currency} ${say(all.filter((one) => one.currency === currency))}`).join(', ')
}
