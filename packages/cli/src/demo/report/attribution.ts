import { percent } from './format.ts'
import { number, text, type Query } from './rows.ts'
import { left, right, table } from './table.ts'

/** What a channel gets of the macro conversions in one currency under one model. */
export interface CreditFigures {
  readonly channel: string
  readonly model: string
  /** Empty for those without value. */
  readonly currency: string
  readonly orders: number
  readonly major: number
}

const models = [
  ['first_touch', 'First'],
  ['last_touch', 'Last'],
  ['last_non_direct', 'Last non-direct'],
  ['linear', 'Linear'],
  ['position_based', 'Position'],
  ['time_decay', 'Decay'],
] as const

/** More would not fit a terminal. */
const MAX_CURRENCIES = 3

/** @param of the condition that names the site */
export async function readCredits(query: Query, of: string): Promise<CreditFigures[]> {
  const rows = await query(`SELECT channel, model, currency, sum(credit) AS orders, sum(value) AS major
FROM v_attribution WHERE ${of} GROUP BY channel, model, currency`)
  return rows.map((row) => ({
    channel: text(row, 'channel'),
    model: text(row, 'model'),
    currency: text(row, 'currency'),
    orders: number(row, 'orders'),
    major: number(row, 'major'),
  }))
}

/** Channel by model: shares of the orders. */
export function ordersTable(credits: readonly CreditFigures[]): string {
  return sharesTable(
    credits,
    models.map(([model, title]) => ({ title, share: sharesOf(credits, model) })),
  )
}

/**
 * Channel by currency: shares of the revenue, under the two models that are furthest apart.
 *
 * @param currencies those with the most orders first
 */
export function revenueTable(credits: readonly CreditFigures[], currencies: readonly string[]): string {
  return sharesTable(
    credits,
    currencies.slice(0, MAX_CURRENCIES).flatMap((currency) => [
      { title: `${currency} first`, share: sharesOf(credits, 'first_touch', currency) },
      { title: `${currency} last`, share: sharesOf(credits, 'last_touch', currency) },
    ]),
  )
}

type Share = (channel: string) => { readonly part: number; readonly whole: number }

function sharesTable(
  credits: readonly CreditFigures[],
  columns: readonly { readonly title: string; readonly share: Share }[],
): string {
  const orders = sharesOf(credits, 'linear')
  const channels = [...new Set(credits.map(({ channel }) => channel))].sort()
  const byOrders = channels.toSorted((a, b) => orders(b).part - orders(a).part)
  return table(
    [left('Channel'), ...columns.map(({ title }) => right(title))],
    byOrders.map((channel) => [
      channel,
      ...columns.map(({ share }) => percent(share(channel).part, share(channel).whole)),
    ]),
  )
}

/** What channels have of the orders, or of the revenue in a currency, under a model. */
function sharesOf(credits: readonly CreditFigures[], model: string, currency?: string): Share {
  const found = credits.filter((one) => one.model === model && (currency === undefined || one.currency === currency))
  const total = (some: readonly CreditFigures[]): number =>
    some.reduce((sum, one) => sum + (currency === undefined ? one.orders : one.major), 0)
  const whole = total(found)
  return (channel: string) => ({ part: total(found.filter((one) => one.channel === channel)), whole })
}
