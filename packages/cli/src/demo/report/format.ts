const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** 12,345 */
export function count(value: number): string {
  return counts.format(value)
}

/** `part` of `whole` as 3.4 %; a dash where there is nothing to take a part of. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`
}

/** 1,234,863.89, with as many decimals as the currency has. */
export function amount(major: number, currency: string): string {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  const digits = maximumFractionDigits ?? 2
  return new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(major)
}
