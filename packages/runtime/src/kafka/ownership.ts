import type { Consumer, EachBatchPayload } from 'kafkajs'
import { coPartitioned } from './assigner.ts'
import { connect, type KafkaConnection } from './client.ts'
import { Inbox } from './inbox.ts'
import { incoming } from './read-log.ts'
import { PartitionStopped } from './stopped.ts'
import { supervise, type Supervised, type Supervision } from './supervision.ts'

export interface OwnedTopic {
  readonly name: string
  /** Compacted topics have holes; in any other a hole is lost data. */
  readonly compacted: boolean
}

export interface OwnershipOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  /** Number of partitions of every topic below. */
  readonly partitions: number
  /** Inputs and the state topic: partition p of all of them belongs to one member. */
  readonly topics: readonly OwnedTopic[]
  /** Bytes of unread records kept for each topic-partition. */
  readonly inboxBytes: number
  readonly sessionTimeoutMs: number
  /** The loop of one partition. Runs until it returns because of `stopping`, or throws. */
  readonly own: (partition: OwnedPartition) => Promise<void>
  readonly supervision: Supervision
}

/** One partition of every topic, as its loop sees it. */
export interface OwnedPartition {
  readonly partition: number
  /** Aborted when the group has given the partition to another member: nothing more can be written. */
  readonly lost: AbortSignal
  /** Aborted when the service stops: finish what is begun, then return. */
  readonly stopping: AbortSignal
  inbox(topic: string): Inbox
  /** Notes how far a topic is done, for lag tools only: nothing ever starts from it. */
  report(topic: string, position: number): void
}

export interface Ownership {
  /** Partitions held now. */
  held(): readonly number[]
  /** Rejects when the consumer has ended for good: the process should end too. */
  readonly ended: Promise<never>
  /** Lets the loops finish, then leaves the group. */
  stop(): Promise<void>
}

const reportEveryMs = 5000
/** A resumed partition waits for the fetch under way, so a long poll would add to its latency. */
const maxWaitMs = 100

export async function takeOwnership(options: OwnershipOptions): Promise<Ownership> {
  const owned = new Map<number, Owned>()
  const held = () => [...owned.keys()].sort((a, b) => a - b)
  const give = (partition: number, one: Owned) => {
    owned.delete(partition)
    void one.lose().then(() => {
      if (!owned.has(partition)) options.supervision.onReleased(partition)
    })
  }
  const consumer = connect(options.connection).consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.max(300, Math.floor(options.sessionTimeoutMs / 6)),
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: maxWaitMs,
    maxBytesPerPartition: 4 * 1024 * 1024,
    maxBytes: 32 * 1024 * 1024,
    partitionAssigners: [coPartitioned(options.partitions, held)],
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 10, restartOnFailure: () => Promise.resolve(true) },
  })
  const ended = endOf(consumer)
  await consumer.connect()
  await consumer.subscribe({ topics: options.topics.map((t) => t.name), fromBeginning: true })

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const now = new Set(Object.values(payload.memberAssignment).flat())
    for (const [p, one] of owned) if (!now.has(p)) give(p, one)
    for (const one of owned.values()) one.rejoin()
    for (const p of now) if (!owned.has(p)) owned.set(p, new Owned(p, consumer, options))
  })
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    owned.get(payload.partition)?.skip(payload.topic, Number(payload.firstOffset), Number(payload.lastOffset))
  })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    eachBatch: (payload) => {
      owned.get(payload.batch.partition)?.receive(payload)
      return Promise.resolve()
    },
  })
  const reporting = setInterval(() => void reportPositions(consumer, owned), reportEveryMs)

  return {
    held,
    ended,
    async stop() {
      clearInterval(reporting)
      await Promise.all([...owned.values()].map((one) => one.stop()))
      await reportPositions(consumer, owned)
      await consumer.disconnect()
    },
  }
}

function endOf(consumer: Consumer): Promise<never> {
  const ended = new Promise<never>((_, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
  })
  ended.catch(() => undefined)
  return ended
}

async function reportPositions(consumer: Consumer, owned: ReadonlyMap<number, Owned>): Promise<void> {
  const offsets = [...owned.values()].flatMap((one) => one.takeReports())
  // Only lag tools read it, so a failure costs nothing but a moment's accuracy.
  if (offsets.length > 0) await consumer.commitOffsets(offsets).catch(() => undefined)
}

class Owned implements OwnedPartition {
  readonly partition: number
  readonly #lost = new AbortController()
  readonly #stopping = new AbortController()
  readonly #inboxes = new Map<string, { inbox: Inbox; compacted: boolean }>()
  readonly #reports = new Map<string, number>()
  readonly #loop: Supervised

  constructor(partition: number, consumer: Consumer, options: OwnershipOptions) {
    this.partition = partition
    for (const { name: topic, compacted } of options.topics) {
      const at = [{ topic, partitions: [partition] }]
      const source = {
        seek: (offset: number) => consumer.seek({ topic, partition, offset: String(offset) }),
        pause: () => consumer.pause(at),
        resume: () => consumer.resume(at),
      }
      source.pause()
      this.#inboxes.set(topic, { inbox: new Inbox(source, options.inboxBytes), compacted })
    }
    this.#loop = supervise(this, options.own, options.supervision)
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  inbox(topic: string): Inbox {
    const found = this.#inboxes.get(topic)
    if (found === undefined) throw new Error(`topic ${topic} is not among the owned ones`)
    return found.inbox
  }

  report(topic: string, position: number): void {
    this.#reports.set(topic, position)
  }

  takeReports(): { topic: string; partition: number; offset: string }[] {
    const reports = [...this.#reports].map(([topic, position]) => ({
      topic,
      partition: this.partition,
      offset: String(position),
    }))
    this.#reports.clear()
    return reports
  }

  receive(payload: EachBatchPayload): void {
    const { batch } = payload
    const found = this.#inboxes.get(batch.topic)
    // Fetched before the last seek: what it holds is not what the inbox waits for.
    if (found === undefined || payload.isStale()) return
    const { inbox, compacted } = found
    const first = Number(batch.firstOffset())
    const end = Number(batch.highWatermark)
    if (!compacted && first > inbox.next) {
      inbox.fail(lostRecords(batch.topic, this.partition, inbox.next, first))
      return
    }
    // kafkajs answers an offset beyond the end by starting over at the beginning, without a word.
    if (!compacted && end < inbox.next) {
      inbox.fail(shorterLog(batch.topic, this.partition, inbox.next, end))
      return
    }
    inbox.put(batch.messages.map(incoming), Number(batch.lastOffset()) + 1, end)
  }

  /** A batch of control or aborted records only is not delivered; without this the next one would look like a gap. */
  skip(topic: string, first: number, last: number): void {
    const found = this.#inboxes.get(topic)
    if (found !== undefined && !found.compacted && first === found.inbox.next) found.inbox.advance(last + 1)
  }

  rejoin(): void {
    for (const { inbox } of this.#inboxes.values()) inbox.rejoin()
    this.#loop.rejoined()
  }

  async lose(): Promise<void> {
    this.#lost.abort(new Error('the partition was given to another member'))
    await this.#loop.ended
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { inbox } of this.#inboxes.values()) inbox.wake()
    await this.#loop.ended
  }
}

function lostRecords(topic: string, partition: number, expected: number, first: number): PartitionStopped {
  return new PartitionStopped(
    'offset_gap',
    `${topic}-${partition}: expected offset ${expected}, the log begins at ${first}: records were deleted before they were read; restore them or start over in a new namespace`,
  )
}

function shorterLog(topic: string, partition: number, expected: number, end: number): PartitionStopped {
  return new PartitionStopped(
    'offset_gap',
    `${topic}-${partition}: expected offset ${expected}, the log ends at ${end}: the topic was created anew or has lost records; restore it or start over in a new namespace`,
  )
}
