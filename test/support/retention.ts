import kafkajs from 'kafkajs'
import { brokers } from './kafka.ts'

/** Deletes all that a partition holds now, as its broker does when the last of it has become too old. */
export async function deleteRecords(topic: string, partition: number): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: brokers(), logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const end = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition)
    if (end === undefined) throw new Error(`${topic} has no partition ${partition}`)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: end.offset }] })
  } finally {
    await admin.disconnect()
  }
}
