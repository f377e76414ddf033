/** ISO 4217 currencies by how many minor units make one major unit, where that is not 100. */
const unitsPerMajor: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 1]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 1000])),
  CLF: 10_000,
  UYW: 10_000,
}

/** SQL expression: minor units in one major unit of the column or variable `currency`. */
export function unitsOfCurrency(): string {
  const codes = Object.keys(unitsPerMajor).map((code) => `'${code}'`)
  return `transform(currency, [${codes.join(', ')}], [${Object.values(unitsPerMajor).join(', ')}], 100)`
}
