import kafkajs from 'kafkajs'
import { fetchedIn } from '../../packages/runtime/src/kafka/fetched.ts'
import { brokers } from './kafka.ts'
import { until } from './until.ts'

/**
 * Reads what transactions have written to topics, committed or not, until it holds what `isThere` asks for: of a
 * transaction whose owner was killed nothing else tells what was in it.
 */
export async function readUncommitted(
  topics: readonly string[],
  isThere: (values: readonly Buffer[]) => boolean,
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: brokers(), logLevel: kafkajs.logLevel.NOTHING })
  const groupId = `${String(topics[0])}-uncommitted`
  const consumer = kafka.consumer({ groupId, readUncommitted: true, maxWaitTimeInMs: 100 })
  const values: Buffer[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch({ batch }) {
        const { records } = fetchedIn(batch)
        for (let one = records.next(); one.done !== true; one = records.next())
          if (one.value.value !== null) values.push(one.value.value)
        return Promise.resolve()
      },
    })
    await until(() => isThere(values))
  } finally {
    await consumer.disconnect()
  }
}
