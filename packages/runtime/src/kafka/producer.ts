import { CompressionTypes, type Producer } from 'kafkajs'
import { connect, recordsBeforeRecycling, type KafkaConnection } from './client.ts'
import { toOnePartition } from './one-partition.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { Outgoing } from './record.ts'

/** Writes outside transactions: idempotent, acknowledged by all replicas. */
export interface IdempotentProducer {
  partitionsOf(topic: string): Promise<number>
  /** Resolves when all records are acknowledged; rejects when Kafka did not answer within the bounded retries. */
  send(topic: string, partition: number, records: readonly Outgoing[]): Promise<void>
  close(): Promise<void>
}

export async function openProducer(connection: KafkaConnection): Promise<IdempotentProducer> {
  const kafka = connect(connection)
  let current = await connectProducer(kafka)
  let sent = 0
  const admin = kafka.admin()
  await admin.connect()

  return {
    async partitionsOf(topic) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.length ?? 0
    },
    async send(topic, partition, records) {
      sent += records.length
      if (sent > recordsBeforeRecycling) {
        sent = records.length
        const old = current
        current = await connectProducer(kafka)
        await old.disconnect()
      }
      for (const range of RecordBuffer.of(records).ranges()) {
        const messages = toOnePartition(partition, range)
        await current.send({ topic, acks: -1, compression: CompressionTypes.None, messages })
      }
    },
    async close() {
      await Promise.all([current.disconnect(), admin.disconnect()])
    },
  }
}

async function connectProducer(kafka: ReturnType<typeof connect>): Promise<Producer> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 5, allowAutoTopicCreation: false })
  await producer.connect()
  return producer
}
