import { setTimeout as delay } from 'node:timers/promises'
import type { Outgoing } from '@cairn/runtime'
import type { Delivery } from './outbox.ts'
import type { Parcel } from './parcel.ts'

/** Records of one topic-partition waiting to be sent, in order. */
export interface PartitionQueue {
  /** Bytes held, those in flight included. */
  readonly bytes: number
  readonly isIdle: boolean
  add(record: Outgoing, parcel: Parcel): void
  /** Resolves when nothing is waiting or in flight. */
  drained(): Promise<void>
}

/** One send: kafkajs groups what it is given quadratically and brokers refuse a request over 1 MiB. */
const maxRecords = 500
const maxBytes = 512 * 1024

/**
 * Sends of a queue begin this far apart unless a whole one waits. A send costs the client and the broker as much as a
 * hundred records, and clients that send often would otherwise each cause their own.
 */
const lingerMs = 20

/** What holding a record costs beyond its bytes. */
const overhead = 64

interface Waiting {
  readonly record: Outgoing
  readonly parcel: Parcel
}

/**
 * Sends as soon as the previous send is acknowledged and its `linger` over: an idle queue adds no delay and a busy one
 * fills its sends by itself. `send` rejects when the log did not acknowledge; what was in that send is then failed, not sent again, since
 * its senders are told so and will send it again.
 */
export function createQueue(
  send: (records: Outgoing[]) => Promise<void>,
  linger: () => Promise<unknown> = () => delay(lingerMs),
): PartitionQueue {
  let waiting: Waiting[] = []
  let next = 0
  let bytes = 0
  let running: Promise<void> | undefined

  function take(): Waiting[] {
    const taken: Waiting[] = []
    let size = 0
    for (; next < waiting.length && taken.length < maxRecords; next++) {
      const item = waiting[next] as Waiting
      const weight = weightOf(item.record)
      if (item.parcel.isSettled) {
        bytes -= weight
        continue
      }
      if (taken.length > 0 && size + weight > maxBytes) break
      size += weight
      taken.push(item)
    }
    if (next === waiting.length) {
      waiting = []
      next = 0
    }
    return taken
  }

  async function run(): Promise<void> {
    for (let items = take(); items.length > 0; items = take()) {
      const lingered = linger()
      try {
        await send(items.map((item) => item.record))
        for (const { parcel } of items) parcel.acknowledge(1)
      } catch (error) {
        for (const { parcel } of items) parcel.fail(unavailable(error))
      }
      for (const { record } of items) bytes -= weightOf(record)
      if (bytes < maxBytes) await lingered
    }
    running = undefined
  }

  return {
    get bytes() {
      return bytes
    },
    get isIdle() {
      return running === undefined
    },
    add(record, parcel) {
      waiting.push({ record, parcel })
      bytes += weightOf(record)
      // Starts in the next microtask, so that all records of one request leave together.
      running ??= Promise.resolve().then(run)
    },
    drained: () => running ?? Promise.resolve(),
  }
}

/** Bytes a record counts for against the bound of its queue. */
export function weightOf(record: Outgoing): number {
  return (record.value?.length ?? 0) + record.key.length + overhead
}

function unavailable(error: unknown): Extract<Delivery, { ok: false }> {
  const cause = error instanceof Error ? error.message : String(error)
  return { ok: false, reason: 'kafka_unavailable', message: `the log did not acknowledge the events: ${cause}` }
}
