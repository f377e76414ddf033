import { currencyCode, minorUnits, multiply, parseDecimal, type Decimal } from '@cairn/domain'
import { textOf, type JsonObject } from './json.ts'

export interface Money {
  readonly value_minor: number | null
  readonly currency: string
}

const noMoney: Money = { value_minor: null, currency: '' }

/**
 * The money an event is about: `value`, else `revenue`, else `total`, else what an item put into the cart costs, in
 * `currency` or else the write key's default. Without a usable currency there is no value: an amount of unknown
 * currency can't be added to anything.
 */
export function moneyOf(name: string, properties: JsonObject, defaultCurrency: string): Money {
  const amount =
    decimalOf(properties['value']) ??
    decimalOf(properties['revenue']) ??
    decimalOf(properties['total']) ??
    (name === 'add_to_cart' ? linePrice(properties) : undefined)
  if (amount === undefined) return noMoney
  const sent = textOf(properties['currency'])
  const currency = currencyCode(sent === '' ? defaultCurrency : sent)
  if (currency === undefined) return noMoney
  const value = minorUnits(amount, currency)
  return value === undefined ? noMoney : { value_minor: value, currency }
}

/** The order an event speaks of: Segment's and GA4's name for it, and the one some SDKs write. */
export function orderIdOf(properties: JsonObject): string {
  return textOf(properties['order_id']) || textOf(properties['transaction_id']) || textOf(properties['orderId'])
}

export function couponOf(properties: JsonObject): string {
  return textOf(properties['coupon']) || textOf(properties['coupon_id'])
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
