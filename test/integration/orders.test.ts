import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { eventKey, isOrderEvent, orderKey, type StorefrontEvent, type WrittenVerdict } from '@cairn/domain'
import {
  createCodec,
  ensureTopics,
  flushLog,
  openProducer,
  partitionFor,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
  type Decoded,
  type Running,
  type TopicKind,
} from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { startWorker } from '../support/attribution.ts'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { metric } from '../support/metrics.ts'
import { writeUncommitted } from '../support/open-transaction.ts'
import { orderDifferences } from '../support/order-replay.ts'
import { freePort } from '../support/port.ts'
import { until } from '../support/until.ts'

jest.setTimeout(60_000)

const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
const partitions = 4
const workers: Running[] = []

async function start(namespace: string, settings: Record<string, string> = {}): Promise<Running> {
  const worker = await startWorker(namespace, settings)
  workers.push(worker)
  return worker
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
})

interface Found {
  readonly partition: number
  readonly key: string
  readonly decoded: Decoded
}

async function setUp(what: string) {
  const namespace = ownNamespace(what)
  expect(await ensureTopics(connection, { namespace, partitions, replication: 1 })).toEqual({ ok: true })
  const producer = await openProducer(connection)
  let flushes = 0
  async function read(kind: TopicKind): Promise<Found[]> {
    const found: Found[] = []
    await readLog(connection, topicName(namespace, kind), (partition, records) => {
      for (const { key, value } of records) found.push({ partition, key, decoded: codec.decode(value) })
    })
    return found
  }
  const put = (kind: TopicKind, key: string, value: Buffer) =>
    producer.send(topicName(namespace, kind), partitionFor(key, partitions), [{ key, value }])
  return {
    namespace,
    read,
    put,
    /** As ingest does. */
    async send(...events: StorefrontEvent[]) {
      for (const event of events) {
        const value = codec.encodeEvent(event)
        await put('events', eventKey(event), value)
        if (isOrderEvent(event)) await put('order-events', orderKey(event), value)
      }
    },
    flush: (timeoutMs = 20_000) =>
      flushLog({ connection, codec, namespace, partitions, flushId: `f${flushes++}`, timeoutMs }),
    async verdicts(): Promise<{ partition: number; key: string; verdict: WrittenVerdict }[]> {
      return (await read('events')).flatMap(({ partition, key, decoded }) =>
        decoded.ok && decoded.kind === 'verdict' ? [{ partition, key, verdict: decoded.value }] : [],
      )
    },
    close: () => producer.close(),
  }
}

const at = Date.UTC(2026, 0, 5, 10)
const paid = { value_minor: 1000, currency: 'EUR', event_time: at }
const purchase = (id: string, order_id: string, over: Partial<StorefrontEvent> = {}) =>
  buildEvent({ event_id: id, name: 'purchase', order_id, ...paid, ...over })
const refund = (id: string, order_id: string, value_minor: number | null) =>
  buildEvent({ event_id: id, name: 'refund', order_id, ...paid, value_minor, visitor_id: 'u:clerk', is_server: true })

describe('orders', () => {
  it('are decided wherever their events come from, and said to the partition of the visitor who bought', async () => {
    const log = await setUp('orders')
    await start(log.namespace)
    await log.send(
      purchase('server', 'o1', { visitor_id: 'u:7', is_server: true, value_minor: 1200 }),
      purchase('browser', 'o1', { visitor_id: 'v1' }),
      purchase('browser', 'o1', { visitor_id: 'v1' }),
      refund('back', 'o1', 200),
      purchase('other', 'o2', { visitor_id: 'v2' }),
    )
    expect(await log.flush()).toMatchObject({ ok: true })
    const found = await log.verdicts()
    expect(found.every(({ partition, key }) => partition === partitionFor(key, partitions))).toBe(true)
    const told = (key: string) =>
      found
        .filter((one) => one.key === key)
        .map(({ verdict: { order_id, number, status, value_minor, refunded_minor } }) =>
          [order_id, number, status, value_minor, refunded_minor].join(' '),
        )
    expect(told('shop:u:7')).toEqual(['o1 1 placed 1200 0', 'o1 2 withdrawn  0'])
    expect(told('shop:v1')).toEqual(['o1 1 placed 1200 0', 'o1 2 partly_refunded 1200 200'])
    expect(told('shop:v2')).toEqual(['o2 1 placed 1000 0'])
    const last = found.find(({ verdict }) => verdict.status === 'partly_refunded')
    expect(codec.decode(last?.verdict.event as Buffer)).toMatchObject({ value: { event_id: 'browser' } })
    expect(await orderDifferences(log.namespace)).toEqual([])
    await log.close()
  })

  it('are known to the next owner, who says nothing again and goes on', async () => {
    const log = await setUp('orders-restart')
    const before = await start(log.namespace)
    await log.send(purchase('a', 'o1'))
    expect(await log.flush()).toMatchObject({ ok: true })
    await before.stop()
    workers.length = 0
    await log.send(purchase('a', 'o1'), refund('back', 'o1', null))
    await start(log.namespace)
    expect(await log.flush()).toMatchObject({ ok: true })
    const told = (await log.verdicts()).map(({ verdict }) => `${verdict.number} ${verdict.status}`)
    expect(told).toEqual(['1 placed', '2 refunded'])
    expect(await orderDifferences(log.namespace)).toEqual([])
    await log.close()
  })

  it('put what cannot be read among the dead letters, and go on', async () => {
    const log = await setUp('orders-poison')
    const port = await freePort()
    await start(log.namespace, { METRICS_PORT: String(port) })
    await log.put('order-events', 'shop:o9', codec.encodeEvent(purchase('a', 'o1')))
    await log.send(purchase('b', 'o9'))
    expect(await log.flush()).toMatchObject({ ok: true })
    expect((await log.verdicts()).map(({ verdict }) => verdict.order_id)).toEqual(['o9'])
    const letters = (await log.read('dead-letters')).map(({ decoded }) => decoded.ok && decoded.value)
    expect(letters).toEqual([
      expect.objectContaining({
        stage: 'attribution',
        reason: 'key_mismatch',
        origin_topic: topicName(log.namespace, 'order-events'),
        key: 'shop:o9',
      }),
    ])
    expect(await metric(port, 'cairn_orders_events_total{outcome="poison"')).toBe(1)
    expect(await metric(port, 'cairn_orders_events_total{outcome="verdict"')).toBe(1)
    expect(await metric(port, 'cairn_orders_verdicts_total{status="placed"')).toBe(1)
    expect(await metric(port, 'cairn_orders_dead_letters_total{reason="key_mismatch"')).toBe(1)
    await log.close()
  })

  it('are part of what a worker is ready for', async () => {
    const log = await setUp('orders-ready')
    // As another CAIRN_PARTITIONS would have left it.
    const meta = { position: 0, stream_time: 0, fold_version: 1, partitions: 8 }
    await log.put('order-state', '\u0001meta', codec.encode('order-meta', meta))
    const port = await freePort()
    await start(log.namespace, { METRICS_PORT: String(port) })
    const stopped = partitionFor('\u0001meta', partitions)
    const ready = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      return await answer.json()
    }
    const missing = [`orders: partition ${stopped} stands still: partition_count`]
    await until(async () => JSON.stringify(await ready()) === JSON.stringify({ ok: false, missing }))
    expect(await metric(port, 'cairn_orders_partition_stopped{partition="')).toBe(1)
    await log.close()
  })
})

describe('a flush', () => {
  it('has every verdict on the log before its ticks, though orders are decided late', async () => {
    const log = await setUp('orders-flush')
    const events = Array.from({ length: 400 }, (_, i) => purchase(`e${i}`, `o${i}`, { visitor_id: `v${i % 50}` }))
    await log.send(...events)
    const flushed = log.flush()
    await start(log.namespace, { BATCH_RECORDS: '20' })
    expect(await flushed).toMatchObject({ ok: true })
    const records = await log.read('events')
    for (let p = 0; p < partitions; p++) {
      const kinds = records.flatMap(({ partition, decoded }) => (partition === p && decoded.ok ? [decoded.kind] : []))
      expect(kinds.indexOf('tick')).toBe(kinds.length - 1)
    }
    expect(records.filter(({ decoded }) => decoded.ok && decoded.kind === 'verdict')).toHaveLength(400)
    await log.close()
  })

  it('says which orders are not decided, and writes no tick to events then', async () => {
    const log = await setUp('orders-silent')
    expect(await log.flush(500)).toEqual({
      ok: false,
      reason: 'orders_silent',
      message: `after 0.5 s the orders of partitions 0, 1, 2, 3 are not decided (group ${log.namespace}.orders); "cairn lag" shows whether attribution runs`,
    })
    expect(await log.read('events')).toEqual([])
    await log.close()
  })

  it('says so in time where an owner died in a transaction, which ends only when the broker ends it', async () => {
    const log = await setUp('orders-open')
    const topic = topicName(log.namespace, 'order-state')
    const began = performance.now()
    const flushed = await writeUncommitted(topic, `${log.namespace}.open`, () => log.flush(2000))
    expect(flushed).toMatchObject({ ok: false, reason: 'orders_silent' })
    expect(performance.now() - began).toBeLessThan(10_000)
    await log.close()
  })
})
