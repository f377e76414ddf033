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

/** A difference of two rates in percentage points: +3.4, −0.2. */
export function signed(difference: number): string {
  const points = (Math.abs(difference) * 100).toFixed(1)
  if (Number(points) === 0) return '0.0'
  return `${difference < 0 ? '−' : '+'}${points}`
}

/** 42 s, 12 min, 3.5 h or 2.1 d. */
export function wait(hours: number): string {
  if (hours < 1 / 60) return `${Math.round(hours * 3600)} s`
  if (hours < 1) return `${Math.round(hours * 60)} min`
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`
}
