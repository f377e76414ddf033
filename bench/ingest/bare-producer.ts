// node bare-producer.ts BROKERS JOB: how fast kafkajs alone writes records that are already encoded.
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs'
import { readLog } from '@cairn/runtime'
import { connectionTo, partitions } from '../log.ts'
import type { BareJob } from './bare.ts'

const [brokers = '', job = '{}'] = process.argv.slice(2)
const { from, to, pool, events } = JSON.parse(job) as BareJob

const recordsOf = Array.from({ length: partitions }, (): Message[] => [])
let taken = 0
await readLog(connectionTo(brokers.split(',')), from, (partition, records) => {
  for (const { key, value } of records) if (taken++ < pool) recordsOf[partition]!.push({ key, value, partition })
})

const kafka = new Kafka({ clientId: 'bare', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 5 })
await producer.connect()

let left = 0
await write(Math.ceil(events / 10))
const startedAt = performance.now()
await write(events)
console.log(`seconds=${(performance.now() - startedAt) / 1000}`)
await producer.disconnect()

/** Writes `count` records to all partitions side by side, in the sends kafkajs is fastest with. */
async function write(count: number): Promise<void> {
  left = count
  await Promise.all(recordsOf.filter((records) => records.length > 0).map(writePartition))
}

async function writePartition(records: readonly Message[]): Promise<void> {
  const perSend = 500
  for (let at = 0; left > 0; at = (at + perSend) % records.length) {
    const messages = records.slice(at, at + Math.min(perSend, left))
    left -= messages.length
    await producer.send({ topic: to, acks: -1, compression: CompressionTypes.None, messages })
  }
}
