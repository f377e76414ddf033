import { setTimeout as delay } from 'node:timers/promises'
import type { Codec } from '../codec/codec.ts'
import { connect, type KafkaConnection } from './client.ts'
import { openProducer, type IdempotentProducer } from './producer.ts'
import { readLog, type LogPosition } from './read-log.ts'
import { topicName } from './topic-names.ts'
import { kafkaObstacle } from './unavailable.ts'

export interface FlushOptions {
  readonly connection: KafkaConnection
  readonly codec: Pick<Codec, 'encode' | 'decode'>
  readonly namespace: string
  readonly partitions: number
  /** The id the barriers will carry: one that no other flush has. */
  readonly flushId: string
  /** How long the sink stands still at the barriers. */
  readonly holdMs?: number
  /** Longest time for orders to be decided. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** `ticksAt`: `performance.now()` before the first tick was written to `events`; nothing stands still before that. */
export type Flushed =
  | { readonly ok: true; readonly ticksAt: number }
  | { readonly ok: false; readonly reason: 'orders_silent'; readonly message: string }

const pollMs = 30
/** How long what has come of some partitions waits for the others before it is read: a reader takes a while to begin. */
const togetherMs = 300

/**
 * Asks every partition to put out what it holds back, in two steps. First the orders: what was said of them on the way to
 * topic `events` would come after ticks that were written at once. So the ticks for `events` are written only once the
 * fold of orders has passed its own, and has all its verdicts before them on the log. Everything acknowledged before this
 * call stands before the barriers, with all that it brings about.
 */
export async function flushLog(options: FlushOptions): Promise<Flushed> {
  const { connection, namespace, partitions, flushId, holdMs = 0, timeoutMs } = options
  const deadline = performance.now() + timeoutMs
  const value = options.codec.encode('tick', { flush_id: flushId, hold_ms: holdMs })
  const producer = await openProducer(connection)
  const admin = connect(connection).admin()
  const topic = topicName(namespace, 'order-state')
  const ends = () =>
    patiently(deadline, async () => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
    })
  const ticks = (topic: string) => tickAll(producer, topic, partitions, value)
  try {
    await admin.connect()
    const before = await ends()
    await ticks(topicName(namespace, 'order-events'))
    const silent = await ordersPassed(options, before, ends, deadline)
    if (silent.length > 0) return ordersSilent(options, silent)
    const ticksAt = performance.now()
    await ticks(topicName(namespace, 'events'))
    return { ok: true, ticksAt }
  } finally {
    await Promise.all([producer.close(), admin.disconnect()])
  }
}

async function tickAll(producer: IdempotentProducer, topic: string, partitions: number, value: Buffer): Promise<void> {
  for (let partition = 0; partition < partitions; partition++)
    await producer.send(topic, partition, [{ key: '', value }])
}

function ordersSilent({ namespace, timeoutMs }: FlushOptions, silent: readonly number[]): Flushed {
  const which = silent.length === 1 ? `partition ${silent.join()}` : `partitions ${silent.join(', ')}`
  return {
    ok: false,
    reason: 'orders_silent',
    message: `after ${timeoutMs / 1000} s the orders of ${which} are not decided (group ${namespace}.orders); "cairn lag" shows whether attribution runs`,
  }
}

/** Waits for the barrier of each partition in the state of orders; the partitions without one when the time is over. */
async function ordersPassed(
  options: FlushOptions,
  before: LogPosition,
  endsNow: () => Promise<LogPosition>,
  deadline: number,
): Promise<number[]> {
  const { connection, codec, namespace, flushId, signal } = options
  const topic = topicName(namespace, 'order-state')
  const missing = new Set(before.keys())
  const silent = () => [...missing].sort((a, b) => a - b)
  let from = before
  let grownAt: number | undefined
  for (;;) {
    signal?.throwIfAborted()
    const ends = await endsNow()
    const grown = [...missing].filter((partition) => (ends.get(partition) ?? 0) > (from.get(partition) ?? 0))
    const now = performance.now()
    if (grown.length > 0) grownAt ??= now
    if (grownAt !== undefined && (grown.length === missing.size || now - grownAt > togetherMs)) {
      const visit = (partition: number, records: readonly { readonly value: Buffer | null }[]) => {
        if (records.some(({ value }) => isBarrier(codec, value, flushId))) missing.delete(partition)
      }
      const read = await patiently(deadline, () =>
        readUntil(deadline, (signal) => readLog(connection, topic, visit, { from, signal }), signal),
      )
      if (read === undefined) return silent()
      from = read
      grownAt = undefined
    }
    if (missing.size === 0 || now > deadline) return silent()
    await delay(pollMs)
  }
}

/** Asks again until the time is over: a broker that has just come back leads none of its partitions for a moment. */
async function patiently<T>(deadline: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (kafkaObstacle(error) === undefined || performance.now() > deadline) throw error
      await delay(pollMs)
    }
  }
}

/**
 * What the reader gives by the deadline; undefined when it has not: a partition whose owner died in a transaction gives
 * nothing until that times out, and the reader's own patience is longer than that of who flushes.
 */
async function readUntil<T>(
  deadline: number,
  read: (signal: AbortSignal) => Promise<T>,
  interrupted: AbortSignal | undefined,
): Promise<T | undefined> {
  const over = new AbortController()
  const ended = new AbortController()
  const signal = interrupted === undefined ? over.signal : AbortSignal.any([over.signal, interrupted])
  const patience = delay(Math.max(0, deadline - performance.now()), undefined, { signal: ended.signal })
  try {
    return await Promise.race([read(signal), patience])
  } finally {
    over.abort()
    ended.abort()
  }
}

function isBarrier(codec: FlushOptions['codec'], value: Buffer | null, flushId: string): boolean {
  const decoded = codec.decode(value)
  return decoded.ok && decoded.kind === 'barrier' && decoded.value.flush_id === flushId
}
