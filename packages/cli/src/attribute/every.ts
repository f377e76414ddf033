const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A timer of Node takes 24.8 days at most, and one for longer fires at once. */
const mostMs = 24 * 86_400_000

export const everyRule = 'must be a time such as 30m, 1h or 1d, from 1m to 24d'

/** How far apart rounds are, in milliseconds; undefined where the text breaks `everyRule`. */
export function everyMs(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  const ms = Number(digits) * (unitMs[unit] ?? 0)
  return ms <= mostMs ? ms : undefined
}
