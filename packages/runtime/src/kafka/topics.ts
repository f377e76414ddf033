import type { Admin } from 'kafkajs'
import { connect, type KafkaConnection } from './client.ts'
import { topicKinds, topicName, type TopicKind } from './topic-names.ts'
import { deletesKeptMs, raiseRecordLimits, settingsOf } from './topic-settings.ts'
import { unanswered } from './unavailable.ts'

export type TopicProblem =
  | { readonly reason: 'partition_count_differs'; readonly message: string }
  | { readonly reason: 'kafka_unreachable'; readonly message: string }

/**
 * Creates the topics of a namespace that are missing. All but `definitions` have the same number of partitions, because
 * a key must be in the same partition everywhere; a topic with another count is refused: its keys would move. A topic
 * that takes too small records only is altered.
 */
export async function ensureTopics(
  connection: KafkaConnection,
  options: { readonly namespace: string; readonly partitions: number; readonly replication: number },
): Promise<{ readonly ok: true } | ({ readonly ok: false } & TopicProblem)> {
  const admin = connect(connection).admin()
  try {
    await admin.connect()
    const existing = new Set(await admin.listTopics())
    const missing = topicKinds.filter((kind) => !existing.has(topicName(options.namespace, kind)))
    await admin.createTopics({ topics: missing.map((kind) => specification(kind, options)), waitForLeaders: false })
    for (const kind of missing) await leadersAnswer(admin, topicName(options.namespace, kind))
    const kept = topicKinds.filter((kind) => !missing.includes(kind))
    await raiseRecordLimits(admin, options.namespace, kept)
    return await checkCounts(admin, options)
  } catch (error) {
    return {
      ok: false,
      reason: 'kafka_unreachable',
      message: unanswered(connection, error),
    }
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

/** For how long the state topic keeps the mark of a forgotten visitor at least, as the broker has it. */
export async function stateDeletesKeptMs(connection: KafkaConnection, stateTopic: string): Promise<number> {
  const admin = connect(connection).admin()
  await admin.connect()
  try {
    return await deletesKeptMs(admin, stateTopic)
  } finally {
    await admin.disconnect()
  }
}

const leaderTimeoutMs = 15_000

/**
 * A created topic is announced before all brokers have heard of it and its leaders serve it; the first to ask would fail
 * without this. The client's own wait gives up at a broker that has not heard of it.
 */
async function leadersAnswer(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + leaderTimeoutMs
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic)
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function checkCounts(admin: Admin, options: { readonly namespace: string; readonly partitions: number }) {
  const { topics } = await admin.fetchTopicMetadata({
    topics: topicKinds.map((kind) => topicName(options.namespace, kind)),
  })
  const definitions = topicName(options.namespace, 'definitions')
  const wrong = topics.find((t) => t.partitions.length !== (t.name === definitions ? 1 : options.partitions))
  if (wrong === undefined) return { ok: true } as const
  return {
    ok: false,
    reason: 'partition_count_differs',
    message: `topic ${wrong.name} has ${wrong.partitions.length} partitions, ${options.partitions} are configured: keys would move to other partitions and lose their state; configure ${wrong.partitions.length} or use another namespace`,
  } as const
}

function specification(
  kind: TopicKind,
  { namespace, partitions, replication }: { namespace: string; partitions: number; replication: number },
) {
  // With three replicas one may be away and an acknowledged record still is on two.
  const settings = { ...settingsOf(kind), 'min.insync.replicas': String(Math.max(1, replication - 1)) }
  return {
    topic: topicName(namespace, kind),
    numPartitions: kind === 'definitions' ? 1 : partitions,
    replicationFactor: replication,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }
}
