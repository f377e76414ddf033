import { Kafka, logLevel, type Admin } from 'kafkajs'
import { openProducer, partitionFor, silentLogger, type KafkaConnection, type Outgoing } from '@cairn/runtime'
import { until } from './processes.ts'

export const partitions = 4
const chunk = 2000

export function connectionTo(brokers: readonly string[]): KafkaConnection {
  return { brokers, clientId: 'bench', log: silentLogger }
}

/** Writes records to the partitions of their keys. */
export async function preload(connection: KafkaConnection, topic: string, records: Iterable<Outgoing>): Promise<void> {
  const producer = await openProducer(connection)
  const waiting = Array.from({ length: partitions }, (): Outgoing[] => [])
  const sendWaiting = () =>
    Promise.all(waiting.map((batch, partition) => producer.send(topic, partition, batch.splice(0, batch.length))))
  let count = 0
  try {
    for (const record of records) {
      waiting[partitionFor(record.key, partitions)]!.push(record)
      if (++count % (chunk * partitions) === 0) await sendWaiting()
    }
    await sendWaiting()
  } finally {
    await producer.close()
  }
}

async function withAdmin<T>(connection: KafkaConnection, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...connection.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

export function createTopic(connection: KafkaConnection, topic: string): Promise<boolean> {
  return withAdmin(connection, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }], waitForLeaders: true }),
  )
}

/** Deletes the topics whose name `isMeant`, and forgets the groups that read them. */
export function deleteTopics(connection: KafkaConnection, isMeant: (topic: string) => boolean): Promise<void> {
  return withAdmin(connection, async (admin) => {
    const topics = (await admin.listTopics()).filter(isMeant)
    if (topics.length === 0) return
    await admin.deleteTopics({ topics })
    // A busy broker lists them a while longer, and would then be asked for them instead of creating them anew.
    await until('topics to be deleted', async () => ((await admin.listTopics()).some(isMeant) ? undefined : true))
  })
}

/** Deletes a group without members, so that its offsets say nothing to the next run. */
export function deleteGroup(connection: KafkaConnection, group: string): Promise<void> {
  return withAdmin(connection, async (admin) => {
    await admin.deleteGroups([group]).catch(() => undefined)
  })
}

/** The end of each partition: the offset of the next record. */
export function endsOf(connection: KafkaConnection, topic: string): Promise<number[]> {
  return withAdmin(connection, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic)
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high))
  })
}
