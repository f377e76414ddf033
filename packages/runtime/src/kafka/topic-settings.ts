import kafkajs, { type Admin } from 'kafkajs'
import { topicName, type TopicKind } from './topic-names.ts'

/**
 * Largest record of the topics that hold what visitors can make large: a visitor's state, rows that repeat parts of
 * several events, and a record that could not be processed with what is said about it. Kafka's default is 1 MiB; the
 * fold stays well below this, but a record that is refused would stop its partition for good.
 */
const recordLimit = { 'max.message.bytes': String(4 * 1024 * 1024) }

/** A reader must be done within delete.retention.ms, else it can miss that a state was deleted. */
const compacted = {
  'cleanup.policy': 'compact',
  'segment.ms': '600000',
  'delete.retention.ms': '86400000',
  'min.cleanable.dirty.ratio': '0.3',
}

const forEver = { 'retention.ms': '-1' }
/** What the folds read: the broker's clock is the only one they know. */
const inputs = { ...forEver, 'message.timestamp.type': 'LogAppendTime' }
/** What the sink reads: as long as it may be away before rows must be made again from topic `events`. */
const outputs = { 'retention.ms': String(14 * 86_400_000), ...recordLimit }

const settings: Readonly<Record<TopicKind, Readonly<Record<string, string>>>> = {
  events: inputs,
  'order-events': inputs,
  definitions: forEver,
  'labelled-events': outputs,
  sessions: outputs,
  conversions: outputs,
  credits: outputs,
  'attribution-state': { ...compacted, ...recordLimit },
  'order-state': { ...compacted, ...recordLimit },
  'sink-state': compacted,
  'dead-letters': { ...forEver, ...recordLimit },
}

/** Settings a topic is created with. */
export function settingsOf(kind: TopicKind): Readonly<Record<string, string>> {
  return settings[kind]
}

/** For how long a topic keeps the mark of a deleted key at least. A reader that was away longer may have missed one. */
export async function deletesKeptMs(admin: Pick<Admin, 'describeConfigs'>, topic: string): Promise<number> {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['delete.retention.ms'] }]
  const described = await admin.describeConfigs({ resources, includeSynonyms: false })
  return Number(described.resources[0]?.configEntries[0]?.configValue ?? 0)
}

/** What `describeConfigs` says of a setting that was given to the topic itself. */
const setOnTopic = 1

/**
 * Raises the record limit of topics that are there and have a lower one. The request replaces all settings of a topic,
 * so it repeats the others that were given to it.
 */
export async function raiseRecordLimits(
  admin: Pick<Admin, 'describeConfigs' | 'alterConfigs'>,
  namespace: string,
  kinds: readonly TopicKind[],
): Promise<void> {
  const limited = kinds.filter((kind) => 'max.message.bytes' in settingsOf(kind))
  if (limited.length === 0) return
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const names = limited.map((kind) => ({ type, name: topicName(namespace, kind) }))
  const { resources } = await admin.describeConfigs({ resources: names, includeSynonyms: false })
  const low = resources.filter(({ configEntries }) =>
    configEntries.some(
      ({ configName, configValue }) =>
        configName === 'max.message.bytes' && Number(configValue) < Number(recordLimit['max.message.bytes']),
    ),
  )
  if (low.length === 0) return
  const altered = low.map(({ resourceName, configEntries }) => {
    const given = configEntries.filter(({ configSource }) => (configSource as number) === setOnTopic)
    const kept = given.map(({ configName, configValue }) => [configName, configValue] as const)
    const merged = { ...Object.fromEntries(kept), ...recordLimit }
    return { type, name: resourceName, configEntries: Object.entries(merged).map(([name, value]) => ({ name, value })) }
  })
  await admin.alterConfigs({ validateOnly: false, resources: altered })
}
