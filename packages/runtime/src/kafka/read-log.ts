import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer } from 'kafkajs'
import { connect, type KafkaConnection } from './client.ts'
import { fetchedIn } from './fetched.ts'
import type { Incoming } from './record.ts'
import { KafkaUnavailable } from './unavailable.ts'

/** By partition, the offset of the record after the last one. */
export type LogPosition = ReadonlyMap<number, number>

export interface ReadLogOptions {
  /** Where to begin; partitions that are not named are read from their beginning. */
  readonly from?: LogPosition
  readonly signal?: AbortSignal
  /** Longest time without anything of what is still to come. */
  readonly patienceMs?: number
}

/** Called with the records of one partition at a time; must be quick. Not called for empty partitions. */
export type Visit = (partition: number, records: readonly Incoming[]) => void

/** An owner that died in a transaction holds back what follows until its broker gives that up: see openFencedProducer. */
const defaultPatienceMs = 90_000
/** Longest wait for a reader that failed to let go of Kafka. */
const closeMs = 3000

/**
 * Reads a topic to where it ends now, committed records only, each partition in order; returns where that was. Rejects
 * with what `visit` throws, with the signal's reason, and when Kafka gives nothing for too long: the client itself would
 * try again for ever.
 */
export async function readLog(
  connection: KafkaConnection,
  topic: string,
  visit: Visit,
  options: ReadLogOptions = {},
): Promise<LogPosition> {
  options.signal?.throwIfAborted()
  const { from = new Map<number, number>() } = options
  const kafka = connect(connection)
  const admin = kafka.admin()
  const groupId = `cairn-reader-${randomUUID()}`
  let done = false
  const running: Running = { started: Promise.resolve() }
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 4 * 1024 * 1024,
    allowAutoTopicCreation: false,
    // Without this a crash that is noticed after the end starts the consumer again, for ever.
    retry: { restartOnFailure: () => Promise.resolve(!done) },
  })
  const close = async () => {
    done = true
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect()
  }
  try {
    await admin.connect()
    const ends = await admin.fetchTopicOffsets(topic)
    const open = new Map(
      ends
        .filter(({ partition, high, low }) => Number(high) > Math.max(Number(low), from.get(partition) ?? 0))
        .map(({ partition, high }) => [partition, Number(high)]),
    )
    if (open.size > 0) {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consume(consumer, running, { topic, visit, open, ...options })
    }
    await close()
    return new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  } catch (error) {
    // A consumer that is told to go while it starts would start all the same.
    const closed = running.started.catch(() => undefined).then(close)
    // Not waited for to the end: without Kafka, leaving the group takes as long as its retries.
    await Promise.race([closed.catch(() => undefined), delay(closeMs, undefined, { ref: false })])
    throw error
  }
}

interface Running {
  /** Settles once the consumer has joined its group, or could not. */
  started: Promise<unknown>
}

interface Reading extends ReadLogOptions {
  readonly topic: string
  readonly visit: Visit
  /** Where each partition that is not read to its end yet ends. */
  readonly open: Map<number, number>
}

async function consume(consumer: Consumer, running: Running, reading: Reading): Promise<void> {
  const { topic, visit, open, from, signal, patienceMs = defaultPatienceMs } = reading
  signal?.throwIfAborted()
  const next = new Map(from)
  let over = false
  let [timer, abort]: [NodeJS.Timeout | undefined, () => void] = [undefined, () => undefined]
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => {
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', abort)
      timer = setTimeout(() => {
        const left = [...open].map(([partition, end]) => `${partition} (to offset ${end})`).join(', ')
        reject(new KafkaUnavailable(`for ${patienceMs / 1000} s nothing came of topic ${topic}, partition ${left}`))
      }, patienceMs)
      // A broker that has just started answers that its coordinator is loading; kafkajs then starts the consumer again.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        timer?.refresh()
        if (Number(lastOffset) + 1 >= (open.get(partition) ?? Infinity)) open.delete(partition)
        if (open.size === 0) resolve()
      })
      running.started = consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const [start, end] = [next.get(batch.partition) ?? 0, open.get(batch.partition) ?? 0]
            const fetched = fetchedIn(batch)
            next.set(batch.partition, Math.max(start, fetched.next))
            // A consumer that had to start again reads from the beginning again.
            const records = between(start, end, fetched.records)
            try {
              if (records.length > 0 && !over) visit(batch.partition, records)
            } catch (error) {
              // kafkajs would give the batch again and again.
              reject(error instanceof Error ? error : new Error(String(error)))
            }
            return Promise.resolve()
          },
        })
        .catch(reject)
      // Takes effect before the first fetch.
      for (const [partition, offset] of from ?? []) consumer.seek({ topic, partition, offset: String(offset) })
    })
  } finally {
    over = true
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function between(start: number, end: number, records: Iterator<Incoming, undefined>): Incoming[] {
  const found: Incoming[] = []
  for (let one = records.next(); one.done !== true; one = records.next()) {
    if (one.value.offset >= start && one.value.offset < end) found.push(one.value)
  }
  return found
}
