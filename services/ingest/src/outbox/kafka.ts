import { eventKey, isOrderEvent, orderKey } from '@cairn/domain'
import { partitionFor, type Codec, type IdempotentProducer, type Outgoing } from '@cairn/runtime'
import type { Delivery, Outbox, Shipment } from './outbox.ts'
import { Parcel } from './parcel.ts'
import { createQueue, weightOf, type PartitionQueue } from './queue.ts'

export interface KafkaOutboxOptions {
  readonly producer: Pick<IdempotentProducer, 'send'>
  readonly codec: Pick<Codec, 'encode' | 'encodeEvent'>
  readonly topics: { readonly events: string; readonly orderEvents: string; readonly deadLetters: string }
  /** Partitions of each of these topics. */
  readonly partitions: number
  /** Bytes one partition may hold while it waits for the log. */
  readonly queueBytes: number
  readonly timeoutMs: number
}

export interface KafkaOutbox extends Outbox {
  /** Writes a tick to every partition of the events topic that holds no undelivered event. */
  tick(): void
  /** Bytes held by the fullest queue. */
  readonly fullestBytes: number
  /** Takes nothing more and resolves when everything taken is delivered or failed. */
  close(): Promise<void>
}

interface Addressed {
  readonly queue: PartitionQueue
  readonly record: Outgoing
}

/** Room every queue keeps for a whole send; with less it counts as full. */
export const sendBytes = 512 * 1024

/** An outbox whose queues are bounded: what does not fit is refused at once and as a whole. */
export function createKafkaOutbox(options: KafkaOutboxOptions): KafkaOutbox {
  const { producer, codec, topics, partitions, queueBytes, timeoutMs } = options
  const queuesOf = (topic: string) =>
    Array.from({ length: partitions }, (_, partition) =>
      createQueue((records) => producer.send(topic, partition, records)),
    )
  const events = queuesOf(topics.events)
  const orderEvents = queuesOf(topics.orderEvents)
  const deadLetters = queuesOf(topics.deadLetters)
  const all = [...events, ...orderEvents, ...deadLetters]
  let closing = false

  function address(queues: readonly PartitionQueue[], key: string, value: Buffer): Addressed {
    return { queue: queues[partitionFor(key, partitions)] as PartitionQueue, record: { key, value } }
  }

  function pack(shipment: Shipment): Addressed[] {
    const packed: Addressed[] = []
    for (const event of shipment.events) {
      const value = codec.encodeEvent(event)
      packed.push(address(events, eventKey(event), value))
      // What others may say of the same order meets there, whoever their visitors are.
      if (isOrderEvent(event)) packed.push(address(orderEvents, orderKey(event), value))
    }
    for (const letter of shipment.deadLetters)
      packed.push(address(deadLetters, `${letter.site}:${letter.id}`, codec.encode('dead-letter', letter)))
    return packed
  }

  return {
    deliver(shipment) {
      if (closing) return Promise.resolve(refused.stopping)
      const packed = pack(shipment)
      if (!fits(packed, queueBytes)) return Promise.resolve(refused.queue_full)
      const parcel = new Parcel(packed.length)
      for (const { queue, record } of packed) queue.add(record, parcel)
      return withTimeout(parcel, timeoutMs)
    },
    tick() {
      const value = codec.encode('tick', { flush_id: '', hold_ms: 0 })
      for (const queue of events) if (queue.isIdle) queue.add({ key: '', value }, new Parcel(1))
    },
    get fullestBytes() {
      return Math.max(...all.map((queue) => queue.bytes))
    },
    async close() {
      closing = true
      await Promise.all(all.map((queue) => queue.drained()))
    },
  }
}

const refused = {
  queue_full: { ok: false, reason: 'queue_full', message: 'too many events wait for the log; send them again later' },
  timed_out: {
    ok: false,
    reason: 'timed_out',
    message: 'the log did not acknowledge the events in time; send them again with the same messageIds',
  },
  stopping: { ok: false, reason: 'stopping', message: 'this instance is stopping; send the events again' },
} as const satisfies Record<string, Delivery>

function fits(packed: readonly Addressed[], queueBytes: number): boolean {
  const added = new Map<PartitionQueue, number>()
  for (const { queue, record } of packed) {
    const bytes = (added.get(queue) ?? queue.bytes) + weightOf(record)
    if (bytes > queueBytes) return false
    added.set(queue, bytes)
  }
  return true
}

async function withTimeout(parcel: Parcel, timeoutMs: number): Promise<Delivery> {
  const timer = setTimeout(() => parcel.fail(refused.timed_out), timeoutMs)
  const delivery = await parcel.settled
  clearTimeout(timer)
  return delivery
}
