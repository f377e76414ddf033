import type { Warehouse } from '@cairn/runtime'

/** Rows that a query sees in a table now. */
export async function rowsOf(warehouse: Warehouse, table: string): Promise<number> {
  const answer = await warehouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`)
  return answer.ok ? (answer.value[0]?.rows ?? 0) : 0
}
