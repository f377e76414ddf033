import { randomUUID } from 'node:crypto'
import {
  isFence,
  maxInsertSeconds,
  OwnershipLost,
  PartitionStopped,
  type Codec,
  type FencedProducer,
  type Incoming,
  type OwnedPartition,
  type SinkIntent,
  type TopicRecords,
} from '@cairn/runtime'
import type { Batch } from '../batch/batch.ts'
import type { Shell } from '../shell.ts'
import { deadLetters } from './dead-letters.ts'

/** An insert must start within this time of the transaction that proved ownership, else ownership is proved again. */
export const leaseMs = maxInsertSeconds * 1000

const attempts = 5

/** An intent that was committed by this owner, and the right to act on it for `leaseMs`. */
export interface Lease {
  readonly intent: SinkIntent
  /** Whether an insert may still start: a fence stops transactions of an owner that was replaced, but no HTTP request. */
  holds(): boolean
}

/**
 * What the owners of one partition are about to insert, by topic. An intent is committed in a fenced transaction before
 * its insert starts, so whoever owns the partition next knows the only insert whose outcome can be open.
 */
export class Ledger {
  readonly #shell: Shell
  readonly #partition: number
  readonly #producer: FencedProducer
  readonly #intents: Map<string, SinkIntent>
  /** One producer, one transaction at a time; the topics of a partition take turns. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(shell: Shell, partition: OwnedPartition, producer: FencedProducer, intents: Map<string, SinkIntent>) {
    this.#shell = shell
    this.#partition = partition.partition
    this.#producer = producer
    this.#intents = intents
  }

  last(topic: string): SinkIntent | undefined {
    return this.#intents.get(topic)
  }

  /** Commits the intent to insert a batch, together with the batch's dead letters. */
  async open(topic: string, { begin, end, rows, crc, dead }: Batch): Promise<Lease> {
    const intent = this.#intent(topic, { begin, end, rows, crc, done: false })
    return this.#write(intent, deadLetters(this.#shell, topic, this.#partition, dead))
  }

  /**
   * Commits an open intent once more as it is, which proves that the partition is still ours. Its time stays: it tells
   * how long ago the first attempt may have reached the warehouse.
   */
  renew(intent: SinkIntent): Promise<Lease> {
    return this.#write(intent, [])
  }

  /**
   * Notes that nothing before `end` is open or unread, so that a later owner, however late, has nothing to check. Behind
   * the last insert stand control records and barriers: once they were deleted for their age, an owner that began before
   * them would miss them as lost.
   */
  async settle(topic: string, end: number): Promise<void> {
    const last = this.#intents.get(topic)
    if (end > (last?.end ?? 0) || last?.done === false)
      await this.#write(this.#intent(topic, { begin: end, end, rows: 0, crc: 0, done: true }), [])
  }

  #intent(topic: string, range: Pick<SinkIntent, 'begin' | 'end' | 'rows' | 'crc' | 'done'>): SinkIntent {
    return {
      generation: this.#shell.config.CAIRN_GENERATION,
      topic,
      topic_id: this.#intents.get(topic)?.topic_id ?? randomUUID(),
      at: this.#shell.now(),
      ...range,
    }
  }

  async #write(intent: SinkIntent, others: readonly TopicRecords[]): Promise<Lease> {
    const record = { key: intent.topic, value: this.#shell.codec.encode('sink-intent', intent) }
    const provedAt = await this.#transact([...others, { topic: this.#shell.topic('sink-state'), records: [record] }])
    this.#intents.set(intent.topic, intent)
    return { intent, holds: () => this.#shell.monotonic() - provedAt < leaseMs }
  }

  #transact(records: readonly TopicRecords[]): Promise<number> {
    const mine = this.#turn.then(() => this.#commit(records))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** Returns when the last attempt began, by the monotonic clock: the commit can't be older. */
  async #commit(records: readonly TopicRecords[]): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const startedAt = this.#shell.monotonic()
      const end = await this.#producer.transact(this.#partition, records)
      this.#shell.observe.transaction(end.end, (this.#shell.monotonic() - startedAt) / 1000)
      if (end.end === 'committed') return startedAt
      if (end.end === 'fenced') throw new OwnershipLost(end.cause)
      // In doubt: only a new fence and the state topic behind it tell whether it was committed.
      if (end.end === 'in_doubt' || attempt === attempts)
        throw new Error(`the intent's transaction ended ${end.end}`, { cause: end.cause })
    }
  }
}

/** Keeps the last intent of each topic from records of the state topic, which come in order. */
export function readIntents(codec: Codec, intents: Map<string, SinkIntent>, records: readonly Incoming[]): void {
  for (const record of records) {
    if (isFence(record)) continue
    const decoded = codec.decode(record.value)
    if (!decoded.ok || decoded.kind !== 'sink-intent') {
      const why = decoded.ok ? `it is a ${decoded.kind}` : decoded.detail
      throw new PartitionStopped(
        'unreadable_state',
        `sink-state offset ${record.offset}, key ${record.key}: not a sink intent: ${why}; run the version that wrote it`,
      )
    }
    intents.set(record.key, decoded.value)
  }
}
