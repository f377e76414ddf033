import { currencyExponents } from '@cairn/domain'

/** SQL expression: how many minor units make one major unit of the column or variable `currency`; 100 unless known better. */
export function unitsOfCurrency(): string {
  const codes = [...currencyExponents.keys()].map((code) => `'${code}'`)
  const units = [...currencyExponents.values()].map((exponent) => 10 ** exponent)
  return `transform(currency, [${codes.join(', ')}], [${units.join(', ')}], 100)`
}
