import { readLog, topicName, type Catalog, type Codec } from '@cairn/runtime'
import { connectionOf } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { rowName, type Difference, type Differing } from './compare.ts'
import { differingColumns } from './fingerprint.ts'
import { PartitionFold } from './fold.ts'

const keyOf = (table: string, partition: number, row: string) => `${table} ${partition} ${row}`

/** Says of rows that differ in what: the log is folded once more, since of all other rows only hashes were kept. */
export async function explained(
  instance: Instance,
  { catalog, codec }: { readonly catalog: Catalog; readonly codec: Codec },
  flushId: string,
  found: { readonly differences: readonly Difference[]; readonly differing: readonly Differing[] },
  interrupted: AbortSignal,
): Promise<Difference[]> {
  if (found.differing.length === 0) return [...found.differences]
  const stored = new Map(found.differing.map((d) => [keyOf(d.table, d.partition, rowName(d.key)), d.stored]))
  const expected = new Map<string, object>()
  const folds = Array.from({ length: instance.partitions }, (_, partition) => {
    const fold = new PartitionFold(catalog, codec, ({ table, key, row }) => {
      const name = keyOf(table, partition, rowName(key))
      if (stored.has(name)) expected.set(name, row)
    })
    fold.endAt(flushId)
    return fold
  })
  const topic = topicName(instance.namespace, 'events')
  const connection = connectionOf(instance, 'verify')
  await readLog(connection, topic, (p, records) => folds[p]?.add(records), { signal: interrupted })
  return found.differences.map((difference) => {
    const name = keyOf(difference.table, difference.partition, difference.row)
    const [wanted, actual] = [expected.get(name) as Record<string, unknown> | undefined, stored.get(name)]
    if (difference.what !== 'differs' || wanted === undefined || actual === undefined) return difference
    const columns = differingColumns(Object.fromEntries(Object.keys(actual).map((c) => [c, wanted[c]])), actual)
    const detail = columns.map(
      (c) => `${c}: expected ${JSON.stringify(wanted[c])}, stored ${JSON.stringify(actual[c])}`,
    )
    return { ...difference, detail: detail.join('; ') }
  })
}
