/**
 * The tables among `sources` and the targets of materialized views that do not remember the tokens of `window` inserts.
 * ClickHouse recognises a repeated insert in each table by itself: where one does not, a retry counts twice there.
 */
export function tablesWithoutWindow(ddl: readonly string[], sources: readonly string[], window: number): string[] {
  const targets = ddl.flatMap((text) => /^CREATE MATERIALIZED VIEW .* TO \w+\.(\w+) AS/.exec(text)?.[1] ?? [])
  const setting = new RegExp(`non_replicated_deduplication_window = ${window}\\b`)
  const remembers = (table: string) =>
    ddl.some((text) => text.startsWith('CREATE TABLE') && nameOf(text) === table && setting.test(text))
  return [...new Set([...sources, ...targets])].filter((table) => !remembers(table))
}

function nameOf(text: string): string | undefined {
  return /^CREATE TABLE IF NOT EXISTS \w+\.(\w+) /.exec(text)?.[1]
}
