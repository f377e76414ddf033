/**
 * The tables among `sources` and the targets of materialized views that do not remember the tokens of `window` inserts.
 * ClickHouse recognises a repeated insert in each table by itself: where one does not, a retry counts twice there.
 */
export function tablesWithoutWindow(ddl: readonly string[], sources: readonly string[], window: number): string[] {
  const targets = ddl.flatMap((text) => /^CREATE MATERIALIZED VIEW .* TO \w+\.(\w+) AS/.exec(text)?.[1] ?? [])
  const remembers = (table: string) =>
    ddl.some((text) => text.startsWith('CREATE TABLE') && nameOf(text) === table && hasWindow(text, window))
  return [...new Set([...sources, ...targets])].filter((table) => !remembers(table))
}

/** Replicated tables go by a setting of their own and take no notice of the other. */
function hasWindow(text: string, window: number): boolean {
  const prefix = text.includes(') ENGINE = Replicated') ? '' : 'non_'
  return new RegExp(`\\b${prefix}replicated_deduplication_window = ${window}\\b`).test(text)
}

function nameOf(text: string): string | undefined {
  return /^CREATE TABLE IF NOT EXISTS \w+\.(\w+)\b/.exec(text)?.[1]
}
