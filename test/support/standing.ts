import { readLog, silentLogger, topicName, type TopicKind } from '@cairn/runtime'
import { brokers } from './kafka.ts'
import type { Difference } from './replay.ts'

/** What stands of rows in the end, for figures that are right whatever the fold says. */

export interface Standing {
  readonly partition: number
  /** Position among the records of the partition. */
  readonly at: number
  readonly order: string
  readonly isRight: boolean
}

/** The last row of an id stands, unless it takes it away. */
export function stand(
  rows: Map<string, Standing>,
  row: { readonly conversion_id: string; readonly is_deleted: 0 | 1 },
  standing: Standing,
): void {
  if (row.is_deleted === 1) rows.delete(row.conversion_id)
  else rows.set(row.conversion_id, standing)
}

/** What differs from one right row of an order. */
export function wrong(topic: TopicKind, rows: ReadonlyMap<string, Standing>, order: string): Difference[] {
  const [one, ...others] = [...rows.values()].filter((row) => row.order === order)
  if (one === undefined) return [{ topic, partition: 0, at: 0, what: 'missing' }]
  const extra = others.map(({ partition, at }): Difference => ({ topic, partition, at, what: 'extra' }))
  const { partition, at, isRight } = one
  return isRight ? extra : [{ topic, partition, at, what: 'different' }, ...extra]
}

export interface Placed {
  readonly partition: number
  /** Position among the records of the partition. */
  readonly at: number
  readonly value: Buffer | null
}

export async function readPlaced(namespace: string, kind: TopicKind): Promise<Placed[]> {
  const found: Placed[] = []
  const counts = new Map<number, number>()
  const connection = { brokers: brokers(), clientId: 'standing', log: silentLogger }
  await readLog(connection, topicName(namespace, kind), (partition, records) => {
    for (const { value } of records) {
      const at = counts.get(partition) ?? 0
      counts.set(partition, at + 1)
      found.push({ partition, at, value })
    }
  })
  return found
}
