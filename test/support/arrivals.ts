import kafkajs from 'kafkajs'
import { fetchedIn } from '../../packages/runtime/src/kafka/fetched.ts'
import { brokers } from './kafka.ts'

/** When records came out of a topic. */
export interface Arrivals {
  /** Of each record of a key the time, in order, as `performance.now` counts. */
  of(key: string): readonly number[]
  close(): Promise<void>
}

/** Reads a topic as its users do, committed records only, from its beginning and for as long as records come. */
export async function watchArrivals(topic: string): Promise<Arrivals> {
  const kafka = new kafkajs.Kafka({ brokers: brokers(), logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `${topic}-arrivals`, maxWaitTimeInMs: 20 })
  const arrivals = new Map<string, number[]>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch({ batch }) {
      const at = performance.now()
      const { records } = fetchedIn(batch)
      for (let one = records.next(); one.done !== true; one = records.next()) {
        const known = arrivals.get(one.value.key)
        if (known === undefined) arrivals.set(one.value.key, [at])
        else known.push(at)
      }
      return Promise.resolve()
    },
  })
  return { of: (key) => arrivals.get(key) ?? [], close: () => consumer.disconnect() }
}
