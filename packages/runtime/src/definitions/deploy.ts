import type { Codec } from '../codec/codec.ts'
import type { KafkaConnection } from '../kafka/client.ts'
import { openProducer } from '../kafka/producer.ts'
import { readLog, type Visit } from '../kafka/read-log.ts'
import { topicName } from '../kafka/topic-names.ts'

/**
 * Puts definitions in force: appends them to topic `definitions`, where their offset is their number, then tells every
 * partition of `events`. Deploying what is in force already appends nothing and tells the partitions again, so a deploy
 * that broke off half way is finished by repeating it. Folds ignore a number they have.
 * Returns the number.
 */
export async function deployDefinitions(
  connection: KafkaConnection,
  codec: Codec,
  namespace: string,
  json: string,
  signal?: AbortSignal,
): Promise<number> {
  const topic = topicName(namespace, 'definitions')
  const events = topicName(namespace, 'events')
  const producer = await openProducer(connection)
  try {
    let latest = await deployedDefinitions(connection, namespace, signal)
    if (latest?.json !== json) {
      await producer.send(topic, 0, [{ key: 'definitions', value: Buffer.from(json) }])
      latest = await deployedDefinitions(connection, namespace, signal)
    }
    if (latest === undefined) throw new Error(`topic ${topic} is empty after the definitions were appended`)
    const value = codec.encode('definitions', latest)
    const partitions = await producer.partitionsOf(events)
    for (let p = 0; p < partitions; p++) await producer.send(events, p, [{ key: '', value }])
    return latest.number
  } finally {
    await producer.close()
  }
}

export interface DeployedDefinitions {
  readonly number: number
  /** Canonical JSON. */
  readonly json: string
}

/** The definitions deployed last, undefined before the first. Partitions fold by them from their control record on. */
export async function deployedDefinitions(
  connection: KafkaConnection,
  namespace: string,
  signal?: AbortSignal,
): Promise<DeployedDefinitions | undefined> {
  return (await allDefinitions(connection, namespace, signal)).at(-1)
}

/** All that were ever deployed, in their order: none of topic `definitions` is ever deleted. */
export async function allDefinitions(
  connection: KafkaConnection,
  namespace: string,
  signal?: AbortSignal,
): Promise<readonly DeployedDefinitions[]> {
  const all: DeployedDefinitions[] = []
  const take: Visit = (_, records) => {
    for (const { offset, value } of records) all.push({ number: offset, json: value?.toString() ?? '' })
  }
  await readLog(connection, topicName(namespace, 'definitions'), take, signal === undefined ? {} : { signal })
  return all
}
