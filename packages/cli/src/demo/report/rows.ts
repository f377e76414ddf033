export type Row = Readonly<Record<string, unknown>>

/** Runs one SELECT and returns its rows as objects; 64-bit integers and decimals may come as numbers or as text. */
export type Query = (sql: string) => Promise<readonly Row[]>

/** @throws Error when the column is missing or holds none */
export function number(row: Row | undefined, column: string): number {
  // The sum of no values is null.
  if (row?.[column] === null) return 0
  const value = Number(text(row, column))
  if (Number.isNaN(value)) throw new Error(`column ${column} of the answer holds no number: ${text(row, column)}`)
  return value
}

/** @throws Error when the column is missing */
export function text(row: Row | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Error(`the answer has no column ${column}`)
}

/** A string literal of SQL. */
export function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
