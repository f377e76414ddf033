import type { Consumer } from 'kafkajs'
import { coPartitioned } from './assigner.ts'
import { connect, type KafkaConnection } from './client.ts'
import type { Inbox } from './inbox.ts'
import { observeLag } from './observe-lag.ts'
import { Owned } from './owned.ts'
import type { Progress } from './progress.ts'
import type { Supervision } from './supervision.ts'
import type { TopicKind } from './topic-names.ts'
import { kafkaObstacle, KafkaUnavailable, unanswered } from './unavailable.ts'

export interface OwnedTopic {
  readonly kind: TopicKind
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
  /** Notes that the takeover is over. */
  running(): void
  /** Says where to ask how far a topic is done. What it says last counts until the next loop says otherwise. */
  follow(topic: string, progress: () => Progress): void
  /** Notes how far a topic is done, for lag tools only: nothing ever starts from it. */
  report(topic: string, position: number): void
}

export interface Ownership {
  /** Partitions held now. */
  held(): readonly number[]
  /**
   * What keeps the member from being ready, nothing when it is: it has joined the group, and no partition it holds, if
   * any, stands still.
   */
  missing(): readonly string[]
  /** Rejects when the consumer has ended for good: the process should end too. */
  readonly ended: Promise<never>
  /** Lets the loops finish, then leaves the group. */
  stop(): Promise<void>
}

const reportEveryMs = 5000
/** A heartbeat's answer says that the group changes: until then whoever joins gets no partition. */
const heartbeatMs = 500
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
  const consumer = await connectMember(options, held)
  const ended = endOf(consumer)
  let hasJoined = false
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    hasJoined = true
    const now = new Set(Object.values(payload.memberAssignment).flat())
    for (const [p, one] of owned) if (!now.has(p)) give(p, one)
    for (const one of owned.values()) one.rejoin()
    for (const p of now) if (!owned.has(p)) owned.set(p, new Owned(p, consumer, options))
  })
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    // Told of every batch, also of one that was dropped because the partition was sought meanwhile.
    const { topic, partition, batchSize, firstOffset, lastOffset } = payload
    if (batchSize === 0) owned.get(partition)?.skip(topic, Number(firstOffset), Number(lastOffset))
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
  const observing = await observeLag(options.connection, owned)

  return {
    held,
    missing: () => (hasJoined ? standingStill(owned) : ['the group has not been joined yet']),
    ended,
    async stop() {
      clearInterval(reporting)
      await observing.stop()
      await Promise.all([...owned.values()].map((one) => one.stop()))
      await reportPositions(consumer, owned)
      await consumer.disconnect()
    },
  }
}

async function connectMember(options: OwnershipOptions, held: () => number[]): Promise<Consumer> {
  const consumer = connect(options.connection).consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.min(heartbeatMs, Math.floor(options.sessionTimeoutMs / 6)),
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: maxWaitMs,
    maxBytesPerPartition: 4 * 1024 * 1024,
    maxBytes: 32 * 1024 * 1024,
    partitionAssigners: [coPartitioned(options.partitions, held)],
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 10, restartOnFailure: () => Promise.resolve(true) },
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: options.topics.map((t) => t.name), fromBeginning: true })
    return consumer
  } catch (error) {
    await consumer.disconnect().catch(() => undefined)
    if (kafkaObstacle(error) === undefined) throw error
    throw new KafkaUnavailable(unanswered(options.connection, error), { cause: error })
  }
}

function standingStill(owned: ReadonlyMap<number, Owned>): string[] {
  return [...owned].flatMap(([partition, one]) => {
    const reason = one.stopped()
    return reason === undefined ? [] : [`partition ${partition} stands still: ${reason}`]
  })
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
