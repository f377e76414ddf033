import { randomUUID } from 'node:crypto'
import { createCodec, flushLog, pause, silentLogger, type KafkaConnection } from '@cairn/runtime'
import { catalogOf } from './catalog.ts'
import { CommandFailure, exitCode } from './command.ts'
import type { Instance } from './instance/instance.ts'
import { ask, rows, StatementRefused } from './warehouse.ts'

const barrierTopics = ['labelled-events', 'sessions', 'conversions', 'credits'] as const
const pollMs = 100

export interface PassedBarrier {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export function connectionOf(instance: Instance, what: string): KafkaConnection {
  return { brokers: instance.kafka, clientId: `${instance.namespace}.${what}`, log: silentLogger }
}

export interface BegunFlush {
  readonly ok: true
  /** The id its barriers carry. */
  readonly flushId: string
  /** `performance.now()` before the first of them was asked for in topic `events`. */
  readonly ticksAt: number
}

/** A flush that has begun, or why it did not come about: orders were not decided in time. */
export type Begun = BegunFlush | { readonly ok: false; readonly message: string }

/**
 * Asks every partition to put out what it holds back. Everything acknowledged by ingest before this call stands before
 * the barriers.
 */
export async function flush(
  instance: Instance,
  holdMs: number,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<Begun> {
  const flushId = randomUUID()
  const { namespace, partitions } = instance
  const codec = createCodec(await catalogOf(instance))
  const connection = connectionOf(instance, 'flush')
  const options = { connection, codec, namespace, partitions, flushId, holdMs, timeoutMs, signal: interrupted }
  const flushed = await flushLog(options)
  return flushed.ok ? { ...flushed, flushId } : flushed
}

/** As `flush`, where nothing can be done without it. */
export async function flushOrFail(...given: Parameters<typeof flush>): Promise<BegunFlush> {
  const begun = await flush(...given)
  if (begun.ok) return begun
  throw new CommandFailure(exitCode.unavailable, begun.message)
}

/**
 * Resolves with the barriers once the sink has passed all of them, having made its tables before; undefined when the time
 * is over.
 */
export async function barriersPassed(
  instance: Instance,
  flushId: string,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<PassedBarrier[] | undefined> {
  const over = AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)])
  for (;;) {
    const passed = await rows<PassedBarrier>(
      instance,
      'SELECT topic, partition, max(offset) AS offset FROM barriers WHERE flush_id = {flush:String} GROUP BY topic, partition',
      { flush: flushId },
      over,
    ).catch((error: unknown) => {
      if (over.aborted || (error instanceof StatementRefused && error.isAboutSchema)) return []
      throw error
    })
    if (passed.length === barrierTopics.length * instance.partitions) return passed
    if (over.aborted) return undefined
    await pause(pollMs, over)
  }
}

/** Lets the sink go on from barriers it holds still at. */
export async function release(instance: Instance, flushId: string): Promise<void> {
  await ask(instance, 'INSERT INTO barrier_releases (flush_id, at) SELECT {flush:String}, now64(3)', {
    params: { flush: flushId },
  })
}
