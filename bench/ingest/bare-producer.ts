// node bare-producer.ts BROKERS JOB: how fast kafkajs alone writes records that are already encoded. Nothing of ours is
// imported, which would change kafkajs's encoder.
import { randomUUID } from 'node:crypto'
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs'
import type { BareJob } from './bare.ts'

const [brokers = '', job = '{}'] = process.argv.slice(2)
const { from, to, pool, events } = JSON.parse(job) as BareJob

const kafka = new Kafka({ clientId: 'bare', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
const recordsOf = await readPool()
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 5 })
await producer.connect()

let left = 0
await write(Math.ceil(events / 10))
const startedAt = performance.now()
const cpuBefore = process.cpuUsage()
await write(events)
const { user, system } = process.cpuUsage(cpuBefore)
console.log(`seconds=${(performance.now() - startedAt) / 1000} cpu_us=${user + system}`)
await producer.disconnect()

/** The first records of the topic by their partitions. */
async function readPool(): Promise<Map<number, Message[]>> {
  const found = new Map<number, Message[]>()
  const consumer = kafka.consumer({ groupId: `bare-${randomUUID()}`, maxBytesPerPartition: 4 * 1024 * 1024 })
  await consumer.connect()
  await consumer.subscribe({ topic: from, fromBeginning: true })
  let missing = pool
  await new Promise<void>((resolve, reject) => {
    const eachBatch = ({ batch }: { batch: { partition: number; messages: readonly Message[] } }) => {
      const { partition, messages } = batch
      const events = messages.filter(({ key }) => key !== null && key!.length > 0).slice(0, missing)
      missing -= events.length
      const known = found.get(partition) ?? []
      found.set(partition, [...known, ...events.map(({ key, value }) => ({ key: key!, value, partition }))])
      if (missing === 0) resolve()
      return Promise.resolve()
    }
    consumer.run({ autoCommit: false, eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  return found
}

/** Writes `count` records to all partitions side by side, in the sends kafkajs is fastest with. */
async function write(count: number): Promise<void> {
  left = count
  await Promise.all([...recordsOf.values()].filter((records) => records.length > 0).map(writePartition))
}

async function writePartition(records: readonly Message[]): Promise<void> {
  const perSend = 500
  for (let at = 0; left > 0; at = (at + perSend) % records.length) {
    const messages = records.slice(at, at + Math.min(perSend, left))
    left -= messages.length
    await producer.send({ topic: to, acks: -1, compression: CompressionTypes.None, messages })
  }
}
