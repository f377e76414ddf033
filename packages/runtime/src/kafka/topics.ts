import type { Admin } from 'kafkajs'
import { connect, type KafkaConnection } from './client.ts'

export const topicKinds = [
  'events',
  'definitions',
  'labelled-events',
  'sessions',
  'conversions',
  'attribution-state',
  'sink-state',
  'dead-letters',
] as const
export type TopicKind = (typeof topicKinds)[number]

/** Topics of a namespace: `<namespace>.<kind>`, or the bare kind without one. */
export function topicName(namespace: string, kind: TopicKind): string {
  return namespace === '' ? kind : `${namespace}.${kind}`
}

export type TopicProblem =
  | { readonly reason: 'partition_count_differs'; readonly message: string }
  | { readonly reason: 'kafka_unreachable'; readonly message: string }

/**
 * Creates the topics of a namespace that are missing. All but `definitions` have the same number of partitions, because
 * a key must be in the same partition everywhere; a topic with another count is refused: its keys would move.
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
    await admin.createTopics({ topics: missing.map((kind) => specification(kind, options)), waitForLeaders: true })
    for (const kind of missing) await leadersAnswer(admin, topicName(options.namespace, kind))
    return await checkCounts(admin, options)
  } catch (error) {
    return {
      ok: false,
      reason: 'kafka_unreachable',
      message: `Kafka at ${connection.brokers.join(',')} does not answer: ${String(error)}`,
    }
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

const leaderTimeoutMs = 15_000

/** A created topic is announced before its leaders serve it; the first to ask would fail without this. */
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
  const settings = { ...settingsOf[kind], 'min.insync.replicas': String(Math.max(1, replication - 1)) }
  return {
    topic: topicName(namespace, kind),
    numPartitions: kind === 'definitions' ? 1 : partitions,
    replicationFactor: replication,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }
}

const forEver = { 'retention.ms': '-1' }
/** What the sink reads: as long as it may be away before rows must be made again from topic `events`. */
const outputs = { 'retention.ms': String(14 * 86_400_000) }
/** Above the broker's own bound: a visitor's state and a dead letter's envelope come on top of what fits an event. */
const large = { 'max.message.bytes': String(4 * 1024 * 1024) }
/** A reader must be done within delete.retention.ms, else it can miss that a state was deleted. */
const compacted = {
  'cleanup.policy': 'compact',
  'segment.ms': '600000',
  'delete.retention.ms': '86400000',
  'min.cleanable.dirty.ratio': '0.3',
}

/** Set when a topic is created, never after: a topic that is there is its operator's. */
const settingsOf: Readonly<Record<TopicKind, Readonly<Record<string, string>>>> = {
  events: { ...forEver, 'message.timestamp.type': 'LogAppendTime' },
  definitions: forEver,
  'labelled-events': outputs,
  sessions: outputs,
  conversions: outputs,
  'attribution-state': { ...compacted, ...large },
  'sink-state': compacted,
  'dead-letters': { ...forEver, ...large },
}
