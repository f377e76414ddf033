import { eventKey, isOrderEvent, orderKey, type StorefrontEvent } from '@cairn/domain'
import {
  createCodec,
  deployDefinitions,
  ensureTopics,
  flushLog,
  openProducer,
  partitionFor,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
  type Incoming,
  type LogPosition,
  type TopicKind,
} from '@cairn/runtime'
import { randomFrom } from '@cairn/testkit'
import { buildEvent, definitionsJson } from '@cairn/testkit/domain'
import { brokers, ownNamespace } from './kafka.ts'
import { until } from './until.ts'

const names = ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'search'] as const
const sources = ['', 'google', 'newsletter', 'facebook'] as const

const definitions = definitionsJson({
  goals: [
    { name: 'purchase', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
    { name: 'add_to_cart', kind: 'micro', class: 'process', match: { event: 'add_to_cart' } },
    { name: 'search', kind: 'micro', class: 'process', match: { event: 'search' }, count: 'once_per_session' },
  ],
})

/** Random traffic on a namespace of its own; the seed decides all of it. */
export interface Traffic {
  readonly namespace: string
  readonly partitions: number
  /** Events of random visitors, some late, some repeated. */
  send(events: number): Promise<void>
  /** These events, as ingest writes them; with `to`, the part of that which one topic gets. */
  sendThese(events: readonly StorefrontEvent[], to?: 'events' | 'order-events'): Promise<void>
  /** Flushes every partition, orders first, and waits until all `labelled-events` partitions carry its barrier. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** What comes next, drawn from a seed. */
export type Draw = (seed: number) => () => StorefrontEvent

export async function startTraffic(
  what: string,
  seed: number,
  partitions = 4,
  draw: Draw = shopEvents,
): Promise<Traffic> {
  const namespace = ownNamespace(what)
  const connection = { brokers: brokers(), clientId: 'traffic', log: silentLogger }
  const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
  if (!ready.ok) throw new Error(ready.message)
  const codec = createCodec(readCatalog())
  await deployDefinitions(connection, codec, namespace, definitions)
  const producer = await openProducer(connection)
  const next = draw(seed)
  let flushes = 0
  /** How far `labelled-events` was looked through. */
  let position: LogPosition = new Map()
  const barriers = async (flushId: string) => {
    let found = 0
    const from = position
    const topic = topicName(namespace, 'labelled-events')
    position = await readLog(connection, topic, (_, records) => (found += barriersIn(records, flushId)), { from })
    return found
  }
  const barriersIn = (records: readonly Incoming[], flushId: string) => {
    const decoded = records.map(({ value }) => codec.decode(value))
    return decoded.filter((one) => one.ok && one.kind === 'barrier' && one.value.flush_id === flushId).length
  }
  const sendAll = async (kind: TopicKind, records: readonly Keyed[]) => {
    const byPartition = new Map<number, Keyed[]>()
    for (const record of records) {
      const partition = partitionFor(record.key, partitions)
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), record])
    }
    for (const [partition, own] of byPartition) await producer.send(topicName(namespace, kind), partition, own)
  }
  const sendThese: Traffic['sendThese'] = async (events, to) => {
    const sent = events.map((event) => ({ event, value: codec.encodeEvent(event) }))
    if (to !== 'order-events') await sendAll('events', sent.map(({ event, value }) => ({ key: eventKey(event), value }))) // prettier-ignore
    const ofOrders = sent.filter(({ event }) => isOrderEvent(event))
    if (to !== 'events') await sendAll('order-events', ofOrders.map(({ event, value }) => ({ key: orderKey(event), value }))) // prettier-ignore
  }
  return {
    namespace,
    partitions,
    send: (count) => sendThese(Array.from({ length: count }, next)),
    sendThese,
    async drain() {
      const flushId = `drain-${flushes++}`
      const flushed = await flushLog({ connection, codec, namespace, partitions, flushId, timeoutMs: 60_000 })
      if (!flushed.ok) throw new Error(flushed.message)
      let passed = 0
      // On a busy machine the backlog may take minutes. A halted owner that nobody fences leaves a transaction open, and
      // nothing can be read past it until the broker aborts it: at 60 s, looking every 10. What stands still for longer
      // will not come.
      while (passed < partitions) {
        const from = position
        await until(async () => {
          passed += await barriers(flushId)
          return passed === partitions || !isSame(from, position)
        }, 90_000)
      }
    },
    close: () => producer.close(),
  }
}

function isSame(a: LogPosition, b: LogPosition): boolean {
  return a.size === b.size && [...a].every(([partition, offset]) => b.get(partition) === offset)
}

interface Keyed {
  readonly key: string
  readonly value: Buffer
}

function shopEvents(seed: number): () => StorefrontEvent {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const now = Date.now()
  let number = 0
  let previous: StorefrontEvent | undefined
  return () => (previous = previous !== undefined && random() < 0.05 ? previous : fresh())

  function fresh(): StorefrontEvent {
    const name = pick(names)
    const late = random() < 0.1 ? random() * 3 * 3_600_000 : 0
    const value =
      name === 'purchase' ? { order_id: `o${number}`, value_minor: Math.floor(random() * 10_000), currency: 'EUR' } : {}
    return buildEvent({
      event_id: `e${seed}-${number++}`,
      visitor_id: `v${Math.floor(random() * 200)}`,
      user_id: random() < 0.2 ? `u${Math.floor(random() * 120)}` : '',
      event_time: Math.floor(now - 60_000 + number - late),
      name,
      path: `/${name}`,
      source: pick(sources),
      ...value,
    })
  }
}
