import kafkajs, { type Producer, type Transaction } from 'kafkajs'
import { connect, recordsBeforeRecycling, type KafkaConnection } from './client.ts'
import { toOnePartition } from './one-partition.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { Outgoing } from './record.ts'
import { RequestRoom } from './request-room.ts'
import { ProducerSpent } from './stopped.ts'

export interface TopicRecords {
  readonly topic: string
  readonly records: readonly Outgoing[]
}

/** Records of one topic as bytes; they must stay as they are until the transaction has ended. */
export interface TopicBuffer {
  readonly topic: string
  readonly records: RecordBuffer
}

/**
 * How a transaction ended.
 * - `aborted`: nothing of it will ever be visible; the same producer may go on.
 * - `fenced`: another owner has taken the partition; nothing of it is visible.
 * - `in_doubt`: the broker was asked to commit and did not say whether it did. The producer is spent: kafkajs stays in its
 *   committing state, and a delayed commit could even end a later transaction. Only the state topic, read after a new
 *   fence, tells the outcome.
 */
export type TransactionEnd =
  | { readonly end: 'committed'; readonly ends: TopicEnds }
  | { readonly end: 'aborted' | 'fenced' | 'in_doubt'; readonly cause: unknown }

/** By topic, the offset after the last record that was written to it. */
export type TopicEnds = ReadonlyMap<string, number>

/** The one transactional writer of a partition's output topics. Opening it fences every earlier one. */
export interface FencedProducer {
  /**
   * Writes all records in one transaction to the given partition. One send carries one topic-partition only: kafkajs
   * resolves a send over several leaders even when one of them lost its part.
   * `beforeCommit` runs between the writes and the commit. Rejects with ProducerSpent, before anything is written, once
   * so many records were that the producer must be replaced.
   */
  transact(
    partition: number,
    topics: readonly (TopicRecords | TopicBuffer)[],
    beforeCommit?: () => Promise<void>,
  ): Promise<TransactionEnd>
  /** Like transact for a single record; returns its offset. */
  transactOne(
    partition: number,
    topic: string,
    record: Outgoing,
  ): Promise<TransactionEnd & { readonly offset?: number }>
  close(): Promise<void>
}

/** Node's ES module loader does not see the error classes among the names of this CommonJS package. */
const { CompressionTypes, KafkaJSError, KafkaJSProtocolError } = kafkajs

/**
 * After this time, and up to ten seconds more, a broker gives up a transaction; one that always takes longer would be tried
 * again for ever. A successor's fence ends one that was left behind at once, whatever this is. Until then it holds back who
 * reads to the end of the log: see readLog.
 */
const transactionTimeoutMs = 60_000

export interface FencedProducerOptions {
  /** Records after which it must be replaced. */
  readonly mostRecords?: number
  readonly timeoutMs?: number
}

export async function openFencedProducer(
  connection: KafkaConnection,
  transactionalId: string,
  { mostRecords = recordsBeforeRecycling, timeoutMs = transactionTimeoutMs }: FencedProducerOptions = {},
): Promise<FencedProducer> {
  const producer = connect(connection).producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: timeoutMs,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  const room = new RequestRoom()
  let sent = 0

  return {
    async transact(partition, topics, beforeCommit) {
      if (sent >= mostRecords) throw new ProducerSpent()
      const before = sent
      for (const { records } of topics) sent += records.length
      const startedAt = performance.now()
      const end = await run(producer, async (transaction) => {
        const ends = new Map<string, number>()
        for (const { topic, records } of topics) {
          const end = await write(transaction, topic, partition, records, room)
          if (end !== undefined) ends.set(topic, end)
        }
        await beforeCommit?.()
        return ends
      })
      return explained(end, { records: sent - before, ms: performance.now() - startedAt, timeoutMs })
    },
    async transactOne(partition, topic, record) {
      let offset: number | undefined
      const end = await run(producer, async (transaction) => {
        const next = await write(transaction, topic, partition, [record], room)
        if (next === undefined) return new Map()
        offset = next - 1
        return new Map([[topic, next]])
      })
      return offset === undefined ? end : { ...end, offset }
    },
    close: () => producer.disconnect(),
  }
}

/** Returns the offset after the last record; undefined where there is none or the broker does not say. */
async function write(
  transaction: Transaction,
  topic: string,
  partition: number,
  records: readonly Outgoing[] | RecordBuffer,
  room: RequestRoom,
): Promise<number | undefined> {
  let end: number | undefined
  for (const range of (records instanceof RecordBuffer ? records : RecordBuffer.of(records)).ranges(room)) {
    const messages = toOnePartition(partition, range)
    const [written] = await transaction.send({ topic, acks: -1, compression: CompressionTypes.None, messages })
    room.free()
    const base = Number(written?.baseOffset ?? -1)
    // -1 where a repeated request had been written before.
    end = base < 0 ? undefined : base + range.length
  }
  return end
}

async function run(
  producer: Producer,
  work: (transaction: Transaction) => Promise<TopicEnds>,
): Promise<TransactionEnd> {
  let transaction: Transaction
  try {
    transaction = await producer.transaction()
  } catch (cause) {
    return { end: isFenced(cause) ? 'fenced' : 'in_doubt', cause }
  }
  let ends: TopicEnds
  try {
    ends = await work(transaction)
  } catch (cause) {
    return abort(transaction, cause)
  }
  try {
    await transaction.commit()
    return { end: 'committed', ends }
  } catch (cause) {
    return { end: isFenced(cause) ? 'fenced' : 'in_doubt', cause }
  }
}

/** A broker says no more of a transaction that it gave up than that somebody else has the partition. */
function explained(
  end: TransactionEnd,
  { records, ms, timeoutMs }: { readonly records: number; readonly ms: number; readonly timeoutMs: number },
): TransactionEnd {
  if (end.end === 'committed' || ms < timeoutMs) return end
  const cause = new Error(
    `a transaction of ${records} records took ${(ms / 1000).toFixed(1)} s, and the broker gives one up after ${timeoutMs / 1000} s: the process was halted, or the way to the broker is too slow for it`,
    { cause: end.cause },
  )
  return { end: end.end, cause }
}

async function abort(transaction: Transaction, cause: unknown): Promise<TransactionEnd> {
  if (isFenced(cause)) return { end: 'fenced', cause }
  try {
    await transaction.abort()
    return { end: 'aborted', cause }
  } catch (abortCause) {
    return { end: isFenced(abortCause) ? 'fenced' : 'in_doubt', cause: abortCause }
  }
}

/** INVALID_PRODUCER_ID_MAPPING too: an id that expired must not be taken up again by whoever held it (KAFKA-18019). */
const fencedTypes = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
])

function isFenced(error: unknown): boolean {
  if (error instanceof KafkaJSProtocolError) return fencedTypes.has(error.type)
  return error instanceof KafkaJSError && error.cause !== undefined && error.cause !== error && isFenced(error.cause)
}
