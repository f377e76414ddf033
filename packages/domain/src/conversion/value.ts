import type { Check, Path } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { currencyCode, minorUnits, parseDecimal } from '../event/money.ts'

/** What a conversion is worth; never added across currencies. */
export interface Worth {
  /** Minor units of `currency`, null when it has no value. */
  readonly value_minor: number | null
  readonly currency: string
}

export type Valuation = (event: StorefrontEvent) => Worth

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
  const minor = typeof text === 'string' ? toMinor(text, currency) : null
  if (minor === null) check.add(path, 'expected a decimal amount such as "12.50"')
  const fixed = worth(minor, currency)
  return () => fixed
}

function readCurrency(check: Check, json: unknown, path: Path): string {
  const code = typeof json === 'string' ? currencyCode(json) : undefined
  if (code === undefined) check.add(path, 'expected an ISO 4217 currency such as EUR')
  return code ?? ''
}

function ofProperty(name: string, given: string | undefined): Valuation {
  return (event) => {
    const currency = given ?? event.currency
    const text = Object.hasOwn(event.properties, name) ? event.properties[name] : undefined
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
