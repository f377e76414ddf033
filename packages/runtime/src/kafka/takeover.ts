import { randomUUID } from 'node:crypto'
import type { Codec } from '../codec/codec.ts'
import type { Faults } from '../faults/faults.ts'
import type { KafkaConnection } from './client.ts'
import { openFencedProducer, type FencedProducer } from './fenced-producer.ts'
import type { OwnedPartition } from './ownership.ts'
import type { Incoming } from './record.ts'
import { OwnershipLost } from './stopped.ts'

export interface TakeoverOptions {
  readonly connection: KafkaConnection
  readonly codec: Codec
  /** `<transactionalPrefix>-<partition>` is the transactional id: one writer a partition. */
  readonly transactionalPrefix: string
  readonly stateTopic: string
  readonly faults: Faults
}

/** Control keys of state topics start with this; record keys start with a site, which never does. */
export const controlPrefix = '\u0001'
const fenceKey = `${controlPrefix}fence`
const chunk = 5000
const restorePollMs = 1000

/**
 * Makes this process the one writer of a partition and reads what its predecessors left.
 *
 * Opening the transactional producer ends every earlier owner's transaction one way or the other; the fence record is
 * written after that, so everything in the state topic before it is final and nothing of an earlier owner can follow.
 * It is also the certain end of reading: no guess about end offsets, markers or compaction is needed.
 * A later fence means that somebody else took over meanwhile: OwnershipLost.
 */
export async function takeOver(
  partition: OwnedPartition,
  options: TakeoverOptions,
  visit: (records: readonly Incoming[]) => void,
): Promise<FencedProducer> {
  const producer = await openFencedProducer(options.connection, `${options.transactionalPrefix}-${partition.partition}`)
  try {
    const value = options.codec.encode('fence', { owner: randomUUID() })
    const fence = await producer.transactOne(partition.partition, options.stateTopic, { key: fenceKey, value })
    if (fence.end === 'fenced') throw new OwnershipLost(fence.cause)
    if (fence.end !== 'committed' || fence.offset === undefined)
      throw new Error(`the fence of partition ${partition.partition} could not be written`, { cause: fence })
    await options.faults.reach(`after-fence`)
    await readUpTo(partition, options, fence.offset, visit)
    return producer
  } catch (error) {
    await producer.close()
    throw error
  }
}

async function readUpTo(
  partition: OwnedPartition,
  options: TakeoverOptions,
  fence: number,
  visit: (records: readonly Incoming[]) => void,
): Promise<void> {
  const inbox = partition.inbox(options.stateTopic)
  inbox.readFrom(0)
  for (;;) {
    await inbox.waitForRecords(restorePollMs, partition.lost)
    const records = inbox.take(chunk)
    const last = records.at(-1)
    if (last === undefined) continue
    const end = records.findIndex((r) => r.offset >= fence)
    visit(end < 0 ? records : records.slice(0, end))
    await options.faults.reach('mid-restore')
    if (end < 0) continue
    inbox.stopReading()
    if (records.slice(end).some((r) => r.key === fenceKey && r.offset > fence)) throw new OwnershipLost()
    return
  }
}

export function isFence(record: Incoming): boolean {
  return record.key === fenceKey
}
