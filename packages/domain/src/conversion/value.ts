import type { Check, Path } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { currencies } from '../event/currencies.ts'
import { currencyCode, currencyExponent, minorUnits, parseDecimal, type Decimal } from '../event/money.ts'
import { propertyOf } from '../event/property.ts'

/** What a conversion is worth; never added across currencies. */
export interface Worth {
  /** Minor units of `currency`, null when it has no value. */
  readonly value_minor: number | null
  readonly currency: string
}

/** @param sentCurrency that of an order's purchase as it was sent, which may be another than the order's; empty for none */
export type Valuation = (event: StorefrontEvent, sentCurrency?: string) => Worth

const NONE: Worth = { value_minor: null, currency: '' }

/**
 * Reads `value: event` (what the event says), `{ amount, currency }` (fixed) or `{ property, currency? }` (a property
 * in major units, in the event's currency unless one is given). Without a value rule a conversion has none.
 */
export function readValue(check: Check, json: unknown, path: Path): Valuation {
  if (json === undefined) return () => NONE
  if (json === 'event') return (event) => worth(event.value_minor, event.currency)
  if (typeof json === 'string') {
    check.add(path, `expected event, {amount, currency} or {property}, got "${json}"`)
    return () => NONE
  }
  const entries = check.object(json, path, ['amount', 'property', 'currency'])
  const { amount, property, currency } = entries
  if ((amount === undefined) === (property === undefined)) check.add(path, 'expected either amount or property')
  if (property !== undefined) {
    const given = currency === undefined ? undefined : readCurrency(check, currency, [...path, 'currency'])
    return ofProperty(check.text(property, [...path, 'property']), given)
  }
  return readAmount(check, amount, readCurrency(check, currency, [...path, 'currency']), [...path, 'amount'])
}

function readAmount(check: Check, amount: unknown, currency: string, path: Path): Valuation {
  const text = typeof amount === 'number' ? String(amount) : amount
  const decimal = typeof text === 'string' ? parseDecimal(text) : undefined
  const minor = decimal === undefined ? null : (minorUnits(decimal, currency) ?? null)
  if (decimal === undefined || minor === null) check.add(path, 'expected a decimal amount such as "12.50"')
  else if (currency !== '' && !isWhole(decimal, currency)) {
    const digits = currencyExponent(currency)
    const written = (minor / 10 ** digits).toFixed(digits)
    check.add(path, `${currency} has ${digits || 'no'} digits after the point: write "${written}"`)
  }
  const fixed = worth(minor, currency)
  return () => fixed
}

/** Whether an amount has no more digits than its currency: what is left off would be left off each conversion. */
function isWhole({ digits, scale }: Decimal, currency: string): boolean {
  const left = scale - currencyExponent(currency)
  return left <= 0 || digits % 10n ** BigInt(left) === 0n
}

function readCurrency(check: Check, json: unknown, path: Path): string {
  const code = typeof json === 'string' ? currencyCode(json) : undefined
  if (code === undefined) check.add(path, 'expected an ISO 4217 currency such as EUR')
  else if (!currencies.has(code)) check.add(path, `ISO 4217 has no currency "${code}": write one such as EUR`)
  return code ?? ''
}

function ofProperty(name: string, given: string | undefined): Valuation {
  return (event, sentCurrency = '') => {
    const currency = given ?? (sentCurrency || event.currency)
    const text = propertyOf(event, name)
    return text === undefined || currency === '' ? NONE : worth(toMinor(text, currency), currency)
  }
}

function toMinor(text: string, currency: string): number | null {
  const decimal = parseDecimal(text)
  return decimal === undefined ? null : (minorUnits(decimal, currency) ?? null)
}

function worth(minor: number | null, currency: string): Worth {
  return minor === null || currency === '' ? NONE : { value_minor: minor, currency }
}
