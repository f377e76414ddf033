import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { add, currencyCode, currencyExponent, minorUnits, multiply, parseDecimal, type Decimal } from './money.ts'

function minor(text: string, currency: string): number | undefined {
  const amount = parseDecimal(text)
  return amount === undefined ? undefined : minorUnits(amount, currency)
}

/** The inverse: minor units as decimal text. */
function written(value: number, exponent: number): string {
  const digits = String(Math.abs(value)).padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent)
  const fraction = digits.slice(digits.length - exponent)
  return `${value < 0 ? '-' : ''}${whole}${exponent === 0 ? '' : `.${fraction}`}`
}

describe('minor units', () => {
  it.each([
    ['27.50', 'USD', 2750],
    ['27.5', 'USD', 2750],
    ['27', 'USD', 2700],
    ['.5', 'USD', 50],
    ['-3.20', 'EUR', -320],
    ['+3.20', 'EUR', 320],
    ['1980', 'JPY', 1980],
    ['1.234', 'KWD', 1234],
    ['1.2345', 'CLF', 12_345],
    ['1e2', 'EUR', 10_000],
    ['1.5e-1', 'EUR', 15],
    ['1.005', 'EUR', 101],
    ['-1.005', 'EUR', -101],
    ['1.00499999999999999', 'EUR', 100],
    ['0.30000000000000004', 'EUR', 30],
    [' 12 ', 'EUR', 1200],
    ['90071992547409.90', 'EUR', Number.MAX_SAFE_INTEGER - 1],
  ])('of %s %s are %d', (text, currency, expected) => {
    expect(minor(text, currency)).toBe(expected)
  })

  it('do not exist beyond what a long carries exactly through every reader', () => {
    expect(minor('90071992547409.91', 'EUR')).toBeUndefined()
    expect(minor('1e30', 'EUR')).toBeUndefined()
  })

  it.each([
    '',
    '.',
    '-',
    'abc',
    '1,50',
    '1.234,50',
    '$5',
    '5 EUR',
    'NaN',
    'Infinity',
    '0x10',
    '1e',
    '1e999',
    '--1',
    '1'.repeat(41),
  ])('are not guessed from "%s"', (text) => {
    expect(parseDecimal(text)).toBeUndefined()
  })

  it('of a price times a quantity have no float error', () => {
    const price = parseDecimal('0.1') as Decimal
    expect(minorUnits(multiply(price, parseDecimal('3') as Decimal), 'EUR')).toBe(30)
  })

  it('of a sum have no float error, whatever the digits after the point', () => {
    const sum = (a: string, b: string) => add(parseDecimal(a) as Decimal, parseDecimal(b) as Decimal)
    expect(minorUnits(sum('0.1', '0.2'), 'EUR')).toBe(30)
    expect(sum('1e2', '-0.005')).toEqual({ digits: 99_995n, scale: 3 })
  })

  it('survive being written and read again in every currency', () => {
    const largest = Number.MAX_SAFE_INTEGER - 1
    const value = fc.integer({ min: -largest, max: largest })
    fc.assert(
      fc.property(value, fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (units, currency) => {
        expect(minor(written(units, currencyExponent(currency)), currency)).toBe(units)
      }),
    )
  })
})

describe('a currency', () => {
  it('is three letters, in upper case', () => {
    expect(currencyCode('eur')).toBe('EUR')
    expect(currencyCode('€')).toBeUndefined()
    expect(currencyCode('EURO')).toBeUndefined()
  })

  it('has hundredths where the standard is silent', () => {
    expect(currencyExponent('ZZZ')).toBe(2)
  })
})
