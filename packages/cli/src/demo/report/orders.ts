import type { CreditFigures } from './attribution.ts'
import type { Money } from './figures.ts'
import { amount, count } from './format.ts'
import { number, text, type Query } from './rows.ts'
import { left, right, table } from './table.ts'

export const orderStatuses = ['placed', 'partly_refunded', 'refunded', 'cancelled'] as const
export type OrderStatus = (typeof orderStatuses)[number]

/** Orders of one status and currency; money in major units. */
export interface OrderFigures {
  readonly status: string
  /** Empty for those without value. */
  readonly currency: string
  readonly count: number
  readonly gross: number
  readonly refunded: number
  readonly net: number
}

/** @param of the condition that names the site */
export async function readOrders(query: Query, of: string): Promise<OrderFigures[]> {
  const rows =
    await query(`SELECT order_status, currency, count() AS orders, sum(gross) AS sold, sum(refunded) AS back, sum(net) AS kept
FROM v_orders WHERE ${of} GROUP BY order_status, currency`)
  return rows
    .map((row) => ({
      status: text(row, 'order_status'),
      currency: text(row, 'currency'),
      count: number(row, 'orders'),
      gross: number(row, 'sold'),
      refunded: number(row, 'back'),
      net: number(row, 'kept'),
    }))
    .toSorted((a, b) => (a.currency === b.currency ? rank(a) - rank(b) : a.currency < b.currency ? -1 : 1))
}

function rank({ status }: OrderFigures): number {
  return orderStatuses.findIndex((one) => one === status)
}

export function worded(status: string): string {
  return status.replaceAll('_', ' ')
}

/** Currency and status by number, gross, refunded and net. */
export function orderTable(orders: readonly OrderFigures[]): string {
  return table(
    [left('Currency'), left('Orders'), ...['Number', 'Gross', 'Refunded', 'Net'].map(right)],
    orders.map(({ status, currency, count: number, gross, refunded, net }, at) => [
      orders[at - 1]?.currency === currency ? '' : currency,
      worded(status),
      count(number),
      ...[gross, refunded, net].map((major) => (currency === '' ? '' : amount(major, currency))),
    ]),
  )
}

/**
 * Whether the credits of each model come to the net value, and which do not.
 *
 * @param revenue of all macro conversions, net of refunds
 */
export function creditedLine(revenue: readonly Money[], credits: readonly CreditFigures[]): string {
  const models = [...new Set(credits.map(({ model }) => model))]
  const wrong = models.filter((model) =>
    revenue.some(({ currency, major }) => {
      const own = credits.filter((one) => one.model === model && one.currency === currency)
      return currency !== '' && amount(sum(own.map((one) => one.major)), currency) !== amount(major, currency)
    }),
  )
  if (wrong.length > 0) return `  Credits do not come to the net value under ${wrong.map(worded).join(', ')}.`
  return `  Under each of ${models.length} models the credits come to the net value in every currency.`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
