import { createHash } from 'node:crypto'

/** 128 bits: among a billion rows no two different ones have the same by chance. */
export const hashBytes = 16

/**
 * One value for a row, the same however its columns are ordered and whichever side it comes from. A key `__proto__` of a
 * map is left out: JavaScript's decoders cannot hold it, while the warehouse can.
 */
export function fingerprint(row: Readonly<object>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(sorted(row)))
    .digest()
    .subarray(0, hashBytes)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  // Records say 1 and 0 where the warehouse's tables have a Bool.
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__')
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)])
}

/** Names of the columns in which two rows differ. */
export function differingColumns(
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(expected).filter(
    (name) => JSON.stringify(sorted(expected[name])) !== JSON.stringify(sorted(actual[name])),
  )
}
