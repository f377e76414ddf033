import type { Answer, SinkIntent } from '@cairn/runtime'
import type { Portion } from '../batch/batch.ts'
import { insertPortion, type Delivery } from '../insert/portion.ts'
import type { Shell } from '../shell.ts'

/**
 * Finishes an insert of rows that never change, without trusting that its token is remembered: asks which of its offsets
 * are stored and inserts the others. An insert can be there in part, because ClickHouse commits each month apart.
 */
export async function insertMissing(
  shell: Shell,
  intent: SinkIntent,
  delivery: Delivery,
  portion: Portion,
  token: string,
): Promise<Answer<void>> {
  const stored = await shell.warehouse.query<{ _offset: number }>(
    `SELECT DISTINCT _offset FROM ${shell.warehouse.table(delivery.route.table)}
    WHERE _gen = {gen:UInt16} AND _partition = {partition:UInt16} AND _offset >= {begin:UInt64} AND _offset < {end:UInt64}`,
    { gen: intent.generation, partition: delivery.partition, begin: intent.begin, end: intent.end },
  )
  if (!stored.ok) return stored
  const there = new Set(stored.value.map((row) => row._offset))
  const container = portion.builder.build({ only: (offset) => !there.has(offset) })
  return insertPortion(shell, delivery, { container }, token, 0)
}
