import kafkajs from 'kafkajs'
import { brokers } from './kafka.ts'

/**
 * Writes to partition 0 of a topic, again and again, in a transaction that it leaves open until what it waits for has
 * settled: as an owner that died in one looks to readers.
 */
export async function writeUncommitted<T>(topic: string, id: string, during: () => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: brokers(), logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: id, maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  const transaction = await producer.transaction()
  const messages = [{ partition: 0, key: '', value: Buffer.from('x') }]
  await transaction.send({ topic, messages })
  const settled = new AbortController()
  const result = during().finally(() => {
    settled.abort()
  })
  while (!settled.signal.aborted) await transaction.send({ topic, messages })
  await transaction.abort()
  await producer.disconnect()
  return result
}
