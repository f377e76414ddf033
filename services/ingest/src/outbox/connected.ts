import { setTimeout as delay } from 'node:timers/promises'
import type { Delivery, Outbox } from './outbox.ts'
import { sendBytes, type KafkaOutbox } from './kafka.ts'
import type { LogWriter } from './writer.ts'

export type Prepared =
  { readonly ok: true } | { readonly ok: false; readonly isFinal: boolean; readonly message: string }

export interface ConnectedOutboxOptions {
  readonly outbox: KafkaOutbox
  readonly writer: LogWriter
  readonly queueBytes: number
  /** Sees that the topics are there; tried again until it is ok or can't become so. */
  readonly prepare: () => Promise<Prepared>
  readonly retryMs: number
}

export interface ConnectedOutbox extends Outbox {
  /** Why nothing can be delivered now; empty when it can. */
  missing(): readonly string[]
  tick(): void
  readonly fullestBytes: number
  /** Rejects when Kafka is there but can't be used as configured. */
  readonly ended: Promise<never>
  close(): Promise<void>
}

/**
 * An outbox that may be asked before Kafka is there: the service answers at once, says that it is not ready, and
 * begins to take events by itself when Kafka comes up.
 */
export function connectOutbox(options: ConnectedOutboxOptions): ConnectedOutbox {
  const { outbox, writer } = options
  const stop = new AbortController()
  let problem: string | undefined = 'Kafka has not answered yet'

  const ended = (async (): Promise<never> => {
    while (problem !== undefined) {
      const prepared = await options.prepare()
      if (!prepared.ok && prepared.isFinal) throw new Error(prepared.message)
      problem = prepared.ok ? undefined : prepared.message
      if (problem !== undefined) await delay(options.retryMs, undefined, { signal: stop.signal }).catch(() => undefined)
      if (stop.signal.aborted) break
    }
    return await new Promise<never>(() => undefined)
  })()

  return {
    ended,
    deliver(shipment) {
      return problem === undefined ? outbox.deliver(shipment) : Promise.resolve(unreachable(problem))
    },
    missing() {
      if (stop.signal.aborted) return ['the service is stopping']
      if (problem !== undefined) return [problem]
      const missing: string[] = []
      if (writer.failure !== undefined) missing.push(`Kafka did not acknowledge the last send: ${writer.failure}`)
      if (outbox.fullestBytes > options.queueBytes - sendBytes) missing.push('the queue of a partition is full')
      return missing
    },
    tick() {
      if (problem === undefined) outbox.tick()
    },
    get fullestBytes() {
      return outbox.fullestBytes
    },
    async close() {
      stop.abort()
      await outbox.close()
      await writer.close()
    },
  }
}

function unreachable(message: string): Delivery {
  return { ok: false, reason: 'kafka_unavailable', message }
}
