import { readCredits, type CreditFigures } from './attribution.ts'
import { readEffects, type EffectFigures } from './effects.ts'
import { readOrders, type OrderFigures } from './orders.ts'
import { number, quoted, text, type Query, type Row } from './rows.ts'

/** What the report says of one site. Bots are left out of all of it. */
export interface Figures {
  readonly visits: number
  readonly visitors: number
  readonly buyers: number
  readonly visitsWithOrder: number
  /** First and last visit, as text in UTC. */
  readonly period: readonly [string, string]
  /** Macro conversions and what they bring, net of refunds. */
  readonly orders: readonly Money[]
  readonly ordersByStatus: readonly OrderFigures[]
  readonly channels: readonly ChannelFigures[]
  /** Visits that got as far as each step, in order; the first counts them all. */
  readonly funnel: readonly FunnelStep[]
  readonly carts: { readonly visits: number; readonly left: number }
  readonly checkouts: { readonly visits: number; readonly left: number }
  readonly micros: readonly MicroFigures[]
  readonly attribution: readonly CreditFigures[]
  readonly effects: readonly EffectFigures[]
}

export interface Money {
  readonly currency: string
  readonly count: number
  readonly major: number
}

export interface ChannelFigures {
  readonly channel: string
  readonly visits: number
  readonly visitsWithOrder: number
  readonly micro: number
  readonly macro: number
  readonly revenue: readonly Pick<Money, 'currency' | 'major'>[]
}

export interface FunnelStep {
  readonly step: string
  readonly visits: number
}

export interface MicroFigures {
  readonly goal: string
  readonly isSecondary: boolean
  readonly conversions: number
  readonly visitors: number
}

const steps = [
  { step: 'Product view', goal: 'product_view' },
  { step: 'Add to cart', goal: 'add_to_cart' },
  { step: 'Begin checkout', goal: 'begin_checkout' },
  { step: 'Purchase', goal: 'purchase' },
] as const

/** Reads the figures of a site from the stable views, under the goals of definitions/demo.yaml. */
export async function readFigures(query: Query, site: string): Promise<Figures> {
  const of = `site = ${quoted(site)}`
  const [total] = await query(totalsSql(of))
  const orders = await query(ordersSql(of))
  const ordersByStatus = await readOrders(query, of)
  const channels = await query(channelsSql(of))
  const revenues = await query(revenuesSql(of))
  const [funnel] = await query(funnelSql(of))
  const micros = await query(microsSql(of))
  const attribution = await readCredits(query, of)
  const effects = await readEffects(query, of)
  const visits = number(total, 'visits')
  return {
    visits,
    visitors: number(total, 'visitors'),
    buyers: number(total, 'buyers'),
    visitsWithOrder: number(total, 'with_order'),
    period: [text(total, 'first'), text(total, 'last')],
    orders: orders.map(moneyOf),
    ordersByStatus,
    channels: channels.map((row) => channelOf(row, revenues)),
    funnel: [{ step: 'Visit', visits }, ...steps.map(({ step, goal }) => ({ step, visits: number(funnel, goal) }))],
    carts: { visits: number(total, 'with_cart'), left: number(total, 'cart_left') },
    checkouts: { visits: number(total, 'with_checkout'), left: number(total, 'checkout_left') },
    micros: micros.map((row) => ({
      goal: text(row, 'goal'),
      isSecondary: text(row, 'class') === 'secondary',
      conversions: number(row, 'conversions'),
      visitors: number(row, 'visitors'),
    })),
    attribution,
    effects,
  }
}

function totalsSql(of: string): string {
  return `SELECT
  count() AS visits, uniqExact(visitor_id) AS visitors,
  uniqExactIf(visitor_id, macro > 0) AS buyers, countIf(macro > 0) AS with_order,
  countIf(has(goals, 'add_to_cart')) AS with_cart,
  countIf(has(goals, 'add_to_cart') AND macro = 0) AS cart_left,
  countIf(has(goals, 'begin_checkout')) AS with_checkout,
  countIf(has(goals, 'begin_checkout') AND macro = 0) AS checkout_left,
  formatDateTime(min(started_at), '%e %b %Y') AS first, formatDateTime(max(started_at), '%e %b %Y') AS last
FROM v_sessions WHERE ${of}`
}

function ordersSql(of: string): string {
  return `SELECT currency, count() AS orders, sum(value) AS major FROM v_conversions
WHERE ${of} AND kind = 'macro' GROUP BY currency ORDER BY orders DESC, currency`
}

/** Sessions are counted on rows of their own: on a goal's rows their number is 0. */
function channelsSql(of: string): string {
  return `SELECT channel, sum(sessions) AS visits, sumIf(converting_sessions, sessions != 0) AS with_order,
  sum(micro) AS micros, sum(macro) AS macros
FROM v_channel_hourly WHERE ${of} GROUP BY channel ORDER BY visits DESC, channel`
}

function revenuesSql(of: string): string {
  return `SELECT channel, currency, sum(value) AS major FROM v_channel_hourly
WHERE ${of} AND macro != 0 GROUP BY channel, currency`
}

/** A visit is as far as the longest run of steps it took in this order; what lies between the steps does not matter. */
function funnelSql(of: string): string {
  const conditions = steps.map(({ goal }) => `has(goals, '${goal}')`).join(', ')
  const reached = steps.map(({ goal }, at) => `countIf(depth > ${at}) AS ${goal}`).join(', ')
  return `SELECT ${reached} FROM (
  SELECT windowFunnel(86400000)(toUInt64(toUnixTimestamp64Milli(event_time)), ${conditions}) AS depth FROM v_events
  WHERE ${of} AND session_id IN (SELECT session_id FROM v_sessions WHERE ${of}) GROUP BY session_id
)`
}

function microsSql(of: string): string {
  return `SELECT goal, class, count() AS conversions, uniqExact(visitor_id) AS visitors FROM v_conversions
WHERE ${of} AND kind = 'micro' GROUP BY goal, class ORDER BY class, conversions DESC, goal`
}

function moneyOf(row: Row): Money {
  return { currency: text(row, 'currency'), count: number(row, 'orders'), major: number(row, 'major') }
}

function channelOf(row: Row, revenues: readonly Row[]): ChannelFigures {
  const channel = text(row, 'channel')
  return {
    channel,
    visits: number(row, 'visits'),
    visitsWithOrder: number(row, 'with_order'),
    micro: number(row, 'micros'),
    macro: number(row, 'macros'),
    revenue: revenues
      .filter((one) => text(one, 'channel') === channel)
      .map((one) => ({ currency: text(one, 'currency'), major: number(one, 'major') })),
  }
}
