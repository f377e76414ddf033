import type { Context, SegmentMessage } from '../segment.ts'
import { readRows, textOf, type Entity, type TrackedRow } from './rows.ts'

/** Segment's name for each recorded action. */
const names: Readonly<Record<string, string>> = {
  product_view: 'Product Viewed',
  list_view: 'Product List Viewed',
  list_click: 'Product Clicked',
  promo_view: 'Promotion Viewed',
  promo_click: 'Promotion Clicked',
  add_to_cart: 'Product Added',
  remove_from_cart: 'Product Removed',
  checkout_step: 'Checkout Step Viewed',
  transaction: 'Order Completed',
  refund: 'Order Refunded',
}

/**
 * The storefront events of a real tracker (data set `shop-events`, Apache-2.0) as Segment messages, in the order in
 * which the collector got them. About half of them carry no action: they keep the tracker's own event name and count for nothing but their
 * session, even those with a transaction attached.
 */
export function shopEvents(folder: string): SegmentMessage[] {
  return readRows(folder)
    .map((row) => ({ row, collected: isoTime(row.column('collector_tstamp')) }))
    .sort((a, b) => (a.collected < b.collected ? -1 : Number(a.collected > b.collected)))
    .map(({ row }) => messageOf(row))
}

function messageOf(row: TrackedRow): SegmentMessage {
  const client = row.entity('clientSession')
  const user = textOf(row.entity('user')?.['id'])
  return {
    type: 'track',
    event: names[row.action] ?? row.column('event_name'),
    messageId: row.column('event_id'),
    anonymousId: client === undefined ? row.column('domain_userid') : textOf(client['userId']),
    ...(user === '' ? {} : { userId: user }),
    properties: withoutBlanks(propertiesOf(row)),
    context: contextOf(row, client),
    // The tracker has already corrected this one for the device's clock, so no sending time is given.
    timestamp: isoTime(row.column('derived_tstamp')),
  }
}

function contextOf(row: TrackedRow, client: Entity | undefined): Context {
  const url = row.column('page_url')
  const referrer = row.column('page_referrer')
  const page = { url, path: row.column('page_urlpath'), ...(referrer === '' ? {} : { referrer }) }
  const [name = '', ...version] = row.column('v_tracker').split('-')
  return {
    ...(url === '' ? {} : { page }),
    // A native app's client sends its own name in place of a browser's.
    ...(client === undefined ? { userAgent: row.column('useragent') } : {}),
    location: { country: row.column('geo_country') },
    sessionId: client === undefined ? row.column('domain_sessionid') : textOf(client['sessionId']),
    library: { name, version: version.join('-') },
  }
}

function propertiesOf(row: TrackedRow): Record<string, unknown> {
  const own = {
    action: row.action,
    app_id: row.column('app_id'),
    collector_tstamp: isoTime(row.column('collector_tstamp')),
    page_type: textOf(row.entity('page')?.['type']),
    screen: textOf(row.entity('screen')?.['name']),
  }
  const products = row.products.map(productOf)
  switch (row.action) {
    case 'product_view':
    case 'list_click':
      return { ...own, list: row.actionName, ...products[0] }
    case 'list_view':
      return { ...own, list: row.actionName, products }
    case 'add_to_cart':
    case 'remove_from_cart':
      return { ...own, ...cartOf(row), products }
    case 'checkout_step':
      return { ...own, step: textOf(row.entity('checkoutStep')?.['step']) }
    case 'transaction':
      return { ...own, ...orderOf(row.entity('transaction') ?? {}), products }
    default:
      return { ...own, products }
  }
}

function productOf(product: Entity): Record<string, unknown> {
  const { id, name, category, brand, price, quantity, currency, variant } = product
  return withoutBlanks({ product_id: id, name, category, brand, price, quantity, currency, variant })
}

function cartOf(row: TrackedRow): Record<string, unknown> {
  const cart = row.entity('cart')
  return { cart_total: cart?.['total_value'], currency: cart?.['currency'] }
}

/** What the tracker calls revenue has shipping in it: Segment's total. */
function orderOf(transaction: Entity): Record<string, unknown> {
  const { transaction_id: order_id, revenue: total, currency, shipping, tax, payment_method } = transaction
  return { order_id, total, currency, shipping, tax, payment_method, coupon: transaction['discount_code'] }
}

/** Entities name every field and leave most of them null. */
function withoutBlanks(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )
}

/** `2022-10-25 07:51:10.166000+00:00`, with or without fraction and zone, all UTC. */
function isoTime(text: string): string {
  const [, date, time, fraction = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?(?:\+00:00)?$/.exec(text) ?? []
  if (date === undefined || time === undefined)
    throw new Error(`"${text}" is no UTC time such as 2022-10-25 07:51:10.166`)
  return `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
}
