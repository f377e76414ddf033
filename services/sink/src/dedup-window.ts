import type { Answer, Warehouse } from '@cairn/runtime'

/**
 * Whether each table remembers as many insert tokens as DEDUP_WINDOW says, which has its effect only where a table is
 * created: SAFE_WINDOW_MS would else trust tokens that are forgotten, and rows be stored twice. More does no harm.
 * Returns a sentence for the operator, or nothing.
 */
export async function shortWindows(
  warehouse: Pick<Warehouse, 'query' | 'table'>,
  database: string,
  configured: number,
): Promise<Answer<string | undefined>> {
  const tables = await warehouse.query<{ name: string; window: number }>(
    `SELECT name, toUInt32OrZero(extract(engine_full, 'non_replicated_deduplication_window = (\\\\d+)')) AS window
    FROM system.tables WHERE database = {database:String} AND engine_full LIKE '%non_replicated_deduplication_window%' AND window < {configured:UInt32}
    ORDER BY name`,
    { database, configured },
  )
  if (!tables.ok) return tables
  if (tables.value.length === 0) return { ok: true, value: undefined }
  const found = tables.value.map(({ name, window }) => `${name} remembers ${window}`).join(', ')
  const mend = tables.value.map(
    ({ name }) =>
      `ALTER TABLE ${warehouse.table(name)} MODIFY SETTING non_replicated_deduplication_window = ${configured}`,
  )
  const value = `DEDUP_WINDOW is ${configured} insert tokens, but table ${found}: the setting only applies to tables that are created with it; run "${mend.join('; ')}", or lower DEDUP_WINDOW`
  return { ok: true, value }
}
