import { ordersTable, revenueTable } from './attribution.ts'
import { effectsTable } from './effects.ts'
import type { ChannelFigures, Figures } from './figures.ts'
import { amount, count, percent } from './format.ts'
import { creditedLine, orderTable } from './orders.ts'
import { left, right, table } from './table.ts'

/** What a shop's owner wants to know first of a site, as text. Currencies are never added. */
export function report(title: string, figures: Figures): string {
  const heading = `${title} · ${figures.period.map((day) => day.trim()).join(' to ')} · without bots`
  if (figures.visits === 0) return `${title}\n\n  No visits yet.\n`
  const parts = [
    `${heading}\n${'═'.repeat(heading.length)}`,
    summary(figures),
    `By channel\n${channels(figures)}`,
    ...inNoChannel(figures),
    `From visit to purchase, in this order within one visit\n${funnel(figures)}`,
    abandonment(figures),
    `Micro conversions\n${micros(figures)}`,
    orders(figures),
    ...journeys(figures),
  ]
  return `${parts.join('\n\n')}\n`
}

function summary(figures: Figures): string {
  const { visits, visitors, buyers, visitsWithOrder, orders } = figures
  const revenue = orders.filter(({ currency }) => currency !== '')
  const lines = [
    ['Conversion rate', percent(buyers, visitors), `${count(buyers)} of ${count(visitors)} visitors bought`],
    ['  per visit', percent(visitsWithOrder, visits), `${count(visitsWithOrder)} of ${count(visits)} visits`],
    ...revenue.map(({ currency, count: orderCount, major }, at) => [
      at === 0 ? 'Revenue' : '',
      `${currency} ${amount(major, currency)}`,
      `${count(orderCount)} ${orderCount === 1 ? 'order' : 'orders'}`,
    ]),
  ]
  return plain(lines)
}

function channels({ channels: found, orders, visits }: Figures): string {
  const currencies = currenciesOf(orders)
  const revenues = currencies.map((currency) => `Revenue ${currency}`)
  const columns = ['Visits', 'Share', 'Bought', 'Rate', 'Micro', 'Macro', ...revenues].map(right)
  return table(
    [left('Channel'), ...columns],
    found.map((one) => [
      one.channel,
      count(one.visits),
      percent(one.visits, visits),
      count(one.visitsWithOrder),
      percent(one.visitsWithOrder, one.visits),
      count(one.micro),
      count(one.macro),
      ...currencies.map((currency) => revenueIn(one, currency)),
    ]),
  )
}

/** Why the channels' revenue is not all there is: a shop's server reports orders that no visit was seen of. */
function inNoChannel({ channels: found, orders }: Figures): string[] {
  const missing = orders.flatMap(({ currency, major }) => {
    if (currency === '') return []
    let seen = 0
    for (const { revenue } of found) seen += revenue.find((one) => one.currency === currency)?.major ?? 0
    const isAll = amount(seen, currency) === amount(major, currency)
    return isAll ? [] : [`${currency} ${amount(major - seen, currency)}`]
  })
  return missing.length === 0
    ? []
    : [`  ${missing.join(' and ')} came with orders of no visit, which are in no channel.`]
}

function revenueIn({ revenue }: ChannelFigures, currency: string): string {
  const found = revenue.find((one) => one.currency === currency)
  return found === undefined ? '' : amount(found.major, currency)
}

function funnel({ funnel: steps, visits }: Figures): string {
  const columns = [left('Step'), right('Visits'), right('Of all visits'), right('Lost since last step'), left('')]
  const widest = 30
  return table(
    columns,
    steps.map(({ step, visits: reached }, at) => {
      const before = steps[at - 1]?.visits
      const lost = before === undefined ? '' : percent(before - reached, before)
      return [step, count(reached), percent(reached, visits), lost, '█'.repeat(Math.round((reached / visits) * widest))]
    }),
  )
}

function abandonment({ carts, checkouts }: Figures): string {
  const sentence = (what: { visits: number; left: number }, thing: string): string =>
    `${count(what.left)} of ${count(what.visits)} visits with ${thing} ended without an order`
  return plain([
    ['Cart abandonment rate', percent(carts.left, carts.visits), sentence(carts, 'something put into the cart')],
    ['Checkout abandonment rate', percent(checkouts.left, checkouts.visits), sentence(checkouts, 'a checkout begun')],
  ])
}

function micros({ micros: found, visitors }: Figures): string {
  return table(
    [left('Goal'), left('Class'), right('Conversions'), right('Visitors'), right('Of all visitors')],
    found.map(({ goal, isSecondary, conversions, visitors: reached }) => [
      goal.replaceAll('_', ' '),
      isSecondary ? 'worth something in itself' : 'step on the way',
      count(conversions),
      count(reached),
      percent(reached, visitors),
    ]),
  )
}

function orders({ ordersByStatus, orders: revenue, attribution }: Figures): string {
  const told = `${orderTable(ordersByStatus)}\n\n${creditedLine(revenue, attribution)}`
  return section('Orders and what became of them', ordersByStatus, told, 'nobody has ordered')
}

function journeys({ orders, attribution, effects }: Figures): string[] {
  const currencies = currenciesOf(orders)
  const [byModel, revenue] = ['share of orders by model', 'share of revenue by first and last touch']
  const before = 'Which micro conversions come before a purchase: visitors who reached one, and the others'
  const credited = `${ordersTable(attribution)}${untouched(attribution)}`
  const noEffect = 'no visitor has reached a micro goal before'
  return [
    section(`Attribution: ${byModel}`, attribution, credited, 'no order is credited'),
    section(`Attribution: ${revenue}`, currencies, revenueTable(attribution, currencies), 'no order has a value'),
    section(before, effects, `${effectsTable(effects)}\n\n${caution}`, noEffect),
  ]
}

/** Where a table has no rows it says so: a table that is only missing would not be missed. */
function section(title: string, rows: readonly unknown[], told: string, none: string): string {
  return `${title}\n${rows.length > 0 ? told : `  Nothing: ${none}.`}`
}

/** What the row of orders without a touchpoint is, where there is one. */
function untouched(attribution: Figures['attribution']): string {
  if (!attribution.some(({ channel }) => channel === '(no touch)')) return ''
  return `\n\n  (no touch): no visit is known before the order; only the shop's server told of it, and not which browser placed it.`
}

const caution = `  Bought after it within 7 days. Removal: the share of orders that the chain of steps loses when all that leads to it
  leads to nothing. Neither says that the one brings about the other: docs/micro-conversions.md tells how to read them.
  Reached leaves out who reached a goal only after the first order; visitors without a visit count here, not above.`

function currenciesOf(orders: Figures['orders']): string[] {
  return orders.map(({ currency }) => currency).filter((currency) => currency !== '')
}

/** A table without a head: name, figure, explanation. */
function plain(lines: readonly (readonly string[])[]): string {
  const [, , ...rows] = table([left(''), right(''), left('')], lines).split('\n')
  return rows.join('\n')
}
