import {
  add,
  currencyCode,
  minorUnits,
  multiply,
  parseDecimal,
  type Decimal,
  type StorefrontEvent,
} from '@cairn/domain'
import { isObject, textOf, type JsonObject } from './json.ts'

export interface Money {
  readonly value_minor: number | null
  readonly currency: string
}

/** Where an amount may stand; the first that is a number counts. */
const amounts = ['value', 'revenue', 'total'] as const
const noMoney: Money = { value_minor: null, currency: '' }

/**
 * The money an event is about: `value`, else `revenue`, else `total`, else what an item put into the cart costs or
 * what the items of a refund sum to, in `currency` or else the write key's default. Without a usable currency there is no value: an amount of unknown
 * currency can't be added to anything.
 */
export function moneyOf(name: string, properties: JsonObject, defaultCurrency: string): Money {
  const amount =
    decimalOf(properties['value']) ??
    decimalOf(properties['revenue']) ??
    decimalOf(properties['total']) ??
    itemsAmount(name, properties)
  if (amount === undefined) return noMoney
  const sent = textOf(properties['currency'])
  const currency = currencyCode(sent === '' ? defaultCurrency : sent)
  if (currency === undefined) return noMoney
  const value = minorUnits(amount, currency)
  return value === undefined ? noMoney : { value_minor: value, currency }
}

/** Whether an event was sent with an amount that is none, or that no currency is known of. */
export function hasUnusableAmount({ value_minor, properties }: StorefrontEvent): boolean {
  return value_minor === null && amounts.some((name) => (properties[name] ?? '').trim() !== '')
}

export function couponOf(properties: JsonObject): string {
  return textOf(properties['coupon']) || textOf(properties['coupon_id'])
}

function itemsAmount(name: string, properties: JsonObject): Decimal | undefined {
  if (name === 'add_to_cart') return linePrice(properties)
  return name === 'refund' && isSilent(properties) ? listPrice(properties) : undefined
}

/** Whether no amount is sent: one that cannot be read is not replaced by another. */
function isSilent(properties: JsonObject): boolean {
  return amounts.every((name) => properties[name] === undefined || properties[name] === null || properties[name] === '')
}

/** What Segment's `products`, else GA4's `items`, sum to. Undefined where none is listed or one has no price to read. */
function listPrice({ products, items }: JsonObject): Decimal | undefined {
  const listed = isListed(products) ? products : items
  if (!isListed(listed)) return undefined
  let sum: Decimal = { digits: 0n, scale: 0 }
  for (const item of listed) {
    const price = isObject(item) ? linePrice(item) : undefined
    if (price === undefined) return undefined
    sum = add(sum, price)
  }
  return sum
}

function isListed(sent: unknown): sent is readonly unknown[] {
  return Array.isArray(sent) && sent.length > 0
}

function linePrice(properties: JsonObject): Decimal | undefined {
  const price = decimalOf(properties['price'])
  if (price === undefined) return undefined
  const { quantity } = properties as { readonly quantity?: unknown }
  if (quantity === undefined || quantity === null) return price
  const count = decimalOf(quantity)
  return count === undefined ? undefined : multiply(price, count)
}

function decimalOf(value: unknown): Decimal | undefined {
  return typeof value === 'number' || typeof value === 'string' ? parseDecimal(String(value)) : undefined
}
