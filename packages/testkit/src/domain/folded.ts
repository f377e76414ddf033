import { createPartition, type LogRecord, type PartitionState, type StorefrontEvent } from '@cairn/domain'
import { jsonVisitorCodec } from './codec.ts'
import { foldWhole } from './fold-run.ts'
import { Warehouse } from './warehouse.ts'

/**
 * What the warehouse holds in the end.
 *
 * @param restart gives the partition that goes on after a record
 */
export function folded(
  records: readonly LogRecord[],
  restart: (partition: PartitionState) => PartitionState = (partition) => partition,
): Warehouse {
  let partition = createPartition(jsonVisitorCodec)
  const warehouse = new Warehouse()
  for (const record of records) {
    warehouse.apply(foldWhole(partition, record).outputs)
    partition = restart(partition)
  }
  return warehouse
}

/** Names sessions by their events as the warehouse shows them: ids in order of time. */
export function sessionNames(records: readonly LogRecord[], warehouse: Warehouse): (id: string) => string[] {
  const eventsOf = new Map<string, StorefrontEvent[]>()
  for (const { body, offset } of records) {
    const session = warehouse.sessionOf(offset)
    if (body.kind === 'event' && session !== null) eventsOf.set(session, [...(eventsOf.get(session) ?? []), body.event])
  }
  return (id) => (eventsOf.get(id) ?? []).toSorted(byTime).map((event) => event.event_id)
}

function byTime(a: StorefrontEvent, b: StorefrontEvent): number {
  return a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1)
}
