import { randomUUID } from 'node:crypto'
import type { Codec } from '../codec/codec.ts'
import type { TakeoverPoint } from '../faults/faults.ts'
import type { KafkaConnection } from './client.ts'
import { openFencedProducer, type FencedProducer } from './fenced-producer.ts'
import type { Inbox } from './inbox.ts'
import type { OwnedPartition } from './ownership.ts'
import type { Incoming } from './record.ts'
import { OwnershipLost } from './stopped.ts'

export interface TakeoverOptions {
  readonly connection: KafkaConnection
  readonly codec: Codec
  /** `<transactionalPrefix>-<partition>` is the transactional id: one writer a partition. */
  readonly transactionalPrefix: string
  readonly stateTopic: string
  readonly faults: { reach(point: TakeoverPoint): Promise<void> }
}

/** Where a reader that has kept what it read before goes on. */
export interface StateReader {
  /**
   * The offset to read from; called once the fence is written.
   *
   * @param fence offset of the fence
   * @param lookAt reads the first record from an offset on that is still there; undefined behind the fence
   */
  readonly from?: (fence: number, lookAt: (offset: number) => Promise<Incoming | undefined>) => Promise<number>
  /** Takes records in their order, portion by portion. */
  readonly take: (records: readonly Incoming[]) => Promise<void> | void
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
  reader: StateReader,
): Promise<FencedProducer> {
  const producer = await openFencedProducer(options.connection, `${options.transactionalPrefix}-${partition.partition}`)
  try {
    const value = options.codec.encode('fence', { owner: randomUUID() })
    const fence = await producer.transactOne(partition.partition, options.stateTopic, { key: fenceKey, value })
    if (fence.end === 'fenced') throw new OwnershipLost(fence.cause)
    if (fence.end !== 'committed' || fence.offset === undefined)
      throw new Error(`the fence of partition ${partition.partition} could not be written`, { cause: fence })
    await options.faults.reach('after-fence')
    const end = fence.offset
    const inbox = partition.inbox(options.stateTopic)
    // Nothing may come from behind the fence: who waited for it would wait for ever.
    const lookAt = async (offset: number) =>
      offset > end ? undefined : firstFrom(inbox, offset, partition.lost, restorePollMs)
    const from = (await reader.from?.(end, lookAt)) ?? 0
    await readUpTo(partition, options, from, end, reader.take)
    return producer
  } catch (error) {
    await producer.close()
    throw error
  }
}

/** Waits for a record to come, however long a busy broker takes: that none has come says nothing of what is there. */
export async function firstFrom(inbox: Inbox, offset: number, lost: AbortSignal, pollMs: number): Promise<Incoming> {
  inbox.readFrom(offset)
  for (;;) {
    await inbox.waitForRecords(pollMs, lost)
    const [record] = inbox.take(1)
    if (record !== undefined) return record
  }
}

async function readUpTo(
  partition: OwnedPartition,
  options: TakeoverOptions,
  from: number,
  fence: number,
  take: StateReader['take'],
): Promise<void> {
  const inbox = partition.inbox(options.stateTopic)
  inbox.readFrom(from)
  for (;;) {
    await inbox.waitForRecords(restorePollMs, partition.lost)
    const records = inbox.take(chunk)
    const last = records.at(-1)
    if (last === undefined) continue
    const end = records.findIndex((r) => r.offset >= fence)
    await take(end < 0 ? records : records.slice(0, end))
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
