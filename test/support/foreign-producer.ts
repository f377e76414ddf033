import kafkajs from 'kafkajs'
import { brokers } from './kafka.ts'

/** Sends as another project's producer may: compressed, where the broker's limit holds for what is compressed. */
export async function sendCompressed(topic: string, key: string, value: Buffer): Promise<void> {
  const producer = new kafkajs.Kafka({ brokers: brokers(), logLevel: kafkajs.logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ key, value }], compression: kafkajs.CompressionTypes.GZIP })
  await producer.disconnect()
}
