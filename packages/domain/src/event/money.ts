import { LARGEST_LONG } from './long.ts'

/** ISO 4217 currencies whose minor unit is not a hundredth. */
export const currencyExponents: ReadonlyMap<string, number> = new Map([
  ...[
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'ISK',
    'JPY',
    'KMF',
    'KRW',
    'PYG',
    'RWF',
    'UGX',
    'UYI',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
  ['CLF', 4],
  ['UYW', 4],
])

/** Digits after the point in an amount of `currency` (ISO 4217); two where the standard is silent. */
export function currencyExponent(currency: string): number {
  return currencyExponents.get(currency) ?? 2
}

/** The ISO 4217 code in upper case, or undefined when the text is not three letters. */
export function currencyCode(sent: string): string | undefined {
  return /^[A-Za-z]{3}$/.test(sent) ? sent.toUpperCase() : undefined
}

/** A decimal number, exactly: `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** Amounts have fewer digits; without a bound `1e999999` would build a number of a million digits. */
const longestAmount = 40
const largestScale = 60

/**
 * Reads decimal text such as `25`, `-0.50` or `1e-7` without ever passing through a floating-point number. Undefined
 * for anything else: a thousands separator or a currency sign can't be told from a decimal comma, so nothing is guessed.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > longestAmount) return undefined
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?\s*$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return normalised(digits, fraction.length - Number(exponent))
}

/** The product of two decimals, exactly. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale }
}

/** The sum of two decimals, exactly. */
export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { digits: a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale), scale }
}

/**
 * The amount in minor units of `currency`, rounded half away from zero where it has more digits than the currency.
 * Undefined beyond what a long carries exactly through every reader.
 */
export function minorUnits(amount: Decimal, currency: string): number | undefined {
  const shift = currencyExponent(currency) - amount.scale
  const minor =
    shift >= 0 ? amount.digits * 10n ** BigInt(shift) : dividedRounding(amount.digits, 10n ** BigInt(-shift))
  const result = Number(minor)
  return Math.abs(result) <= LARGEST_LONG ? result : undefined
}

function normalised(digits: bigint, scale: number): Decimal | undefined {
  if (scale > largestScale) return undefined
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

function dividedRounding(digits: bigint, by: bigint): bigint {
  const half = digits < 0n ? -by / 2n : by / 2n
  return (digits + half) / by
}
