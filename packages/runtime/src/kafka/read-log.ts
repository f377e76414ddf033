import { randomUUID } from 'node:crypto'
import { connect, type KafkaConnection } from './client.ts'
import type { Incoming } from './record.ts'

/**
 * Reads a topic from its beginning to where it ends now, committed records only, each partition in order.
 * `visit` gets the records of one partition at a time and must be quick; it is not called for empty partitions.
 */
export async function readLog(
  connection: KafkaConnection,
  topic: string,
  visit: (partition: number, records: readonly Incoming[]) => void,
): Promise<void> {
  const kafka = connect(connection)
  const admin = kafka.admin()
  await admin.connect()
  const groupId = `cairn-reader-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 4 * 1024 * 1024,
    allowAutoTopicCreation: false,
  })
  try {
    const open = new Map(
      (await admin.fetchTopicOffsets(topic))
        .filter((o) => Number(o.high) > Number(o.low))
        .map((o) => [o.partition, Number(o.high)]),
    )
    if (open.size === 0) return
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const reached = (partition: number, next: number) => {
        if (next >= (open.get(partition) ?? Infinity)) open.delete(partition)
        if (open.size === 0) resolve()
      }
      // A broker that has just started answers that its coordinator is loading; kafkajs then starts the consumer again.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
        reached(payload.partition, Number(payload.lastOffset) + 1),
      )
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const end = open.get(batch.partition)
            if (end !== undefined)
              visit(
                batch.partition,
                batch.messages.map(incoming).filter((r) => r.offset < end),
              )
            return Promise.resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect()
  }
}

/** The parts of a kafkajs message the project uses. */
export interface KafkaMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export function incoming(message: KafkaMessage): Incoming {
  return {
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key === null ? '' : message.key.toString(),
    value: message.value,
  }
}
