import { randomUUID } from 'node:crypto'
import { createCodec, openProducer, pause, silentLogger, topicName, type KafkaConnection } from '@cairn/runtime'
import { catalogOf } from './catalog.ts'
import type { Instance } from './instance/instance.ts'
import { ask, rows } from './warehouse.ts'

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

/**
 * Asks every partition to put out what it holds back; returns the id the barriers will carry.
 * Everything acknowledged by ingest before this call stands before the barriers.
 */
export async function flush(instance: Instance, holdMs: number): Promise<string> {
  const flushId = randomUUID()
  const value = createCodec(await catalogOf(instance)).encode('tick', {
    flush_id: flushId,
    hold_ms: holdMs,
  })
  const producer = await openProducer(connectionOf(instance, 'flush'))
  try {
    const topic = topicName(instance.namespace, 'events')
    for (let partition = 0; partition < instance.partitions; partition++)
      await producer.send(topic, partition, [{ key: '', value }])
  } finally {
    await producer.close()
  }
  return flushId
}

/** Resolves with the barriers once the sink has passed all of them; undefined when the time is over. */
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
      if (over.aborted) return []
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
