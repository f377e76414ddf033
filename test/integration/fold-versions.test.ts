import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { eventKey, foldVersion, orderFoldVersion } from '@cairn/domain'
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
import { freePort } from '../support/port.ts'
import { until } from '../support/until.ts'

jest.setTimeout(60_000)

const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
const partitions = 4
const workers: Running[] = []

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
})

async function setUp(what: string) {
  const namespace = ownNamespace(what)
  expect(await ensureTopics(connection, { namespace, partitions, replication: 1 })).toEqual({ ok: true })
  const producer = await openProducer(connection)
  const put = (kind: TopicKind, partition: number, key: string, value: Buffer) =>
    producer.send(topicName(namespace, kind), partition, [{ key, value }])
  return {
    namespace,
    put,
    /** An event of a visitor of that partition. */
    async send(partition: number, event_id: string) {
      const event = buildEvent({ event_id, event_time: Date.now(), visitor_id: idIn(partition) })
      await put('events', partition, eventKey(event), codec.encodeEvent(event))
    },
    flush: () => flushLog({ connection, codec, namespace, partitions, flushId: 'f', timeoutMs: 20_000 }),
    async read(kind: TopicKind, of: number): Promise<Decoded[]> {
      const found: Decoded[] = []
      await readLog(connection, topicName(namespace, kind), (partition, records) => {
        if (partition === of) found.push(...records.map(({ value }) => codec.decode(value)))
      })
      return found
    },
    close: () => producer.close(),
  }
}

/** An id that puts its visitor or order into that partition. */
function idIn(partition: number): string {
  for (let i = 0; ; i++) if (partitionFor(`shop:${i}`, partitions) === partition) return String(i)
}

/** What `/readyz` says, once it says anything for good. */
async function stoppedAt(port: number, missing: readonly string[]): Promise<void> {
  const ready = async () => await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()
  await until(async () => JSON.stringify(await ready()) === JSON.stringify({ ok: missing.length === 0, missing }))
}

const ofKind = (records: readonly Decoded[], kind: string) =>
  records.flatMap((record) => (record.ok && record.kind === kind ? [record.value] : []))

describe('state of another fold version', () => {
  it('stops its partition where outputs follow its checkpoint, and is gone on from where none do', async () => {
    const log = await setUp('fold-version')
    /** As a worker of the version before would have left it: two records folded, of them the first or both with a checkpoint. */
    const leave = async (partition: number, checkpoint: number) => {
      for (const event_id of ['a', 'b']) await log.send(partition, event_id)
      const at = { stream_time: 1, definitions_number: -1, fold_version: foldVersion - 1 }
      const saved = { ...at, position: checkpoint, parts: 0, event_clock: 1, definitions: '', partitions }
      const meta = { ...at, position: 2, parts: 0, crc: checkpoint === 2 ? 0 : 1, checkpoint }
      await log.put('attribution-state', partition, '\u0001checkpoint', codec.encode('attribution-checkpoint', saved))
      await log.put('attribution-state', partition, '\u0001meta', codec.encode('attribution-meta', meta))
      await log.send(partition, 'c')
    }
    await leave(0, 1)
    await leave(1, 2)
    await log.send(2, 'c')
    const port = await freePort()
    const worker = await startWorker(log.namespace, { METRICS_PORT: String(port), LOG_LEVEL: 'silent' })
    workers.push(worker)
    await stoppedAt(port, ['partition 0 stands still: fold_version'])
    expect(await metric(port, 'cairn_attribution_partition_stopped{partition="0"')).toBe(1)
    expect(await log.flush()).toMatchObject({ ok: true })
    for (const partition of [1, 2]) {
      await until(async () => ofKind(await log.read('labelled-events', partition), 'barrier').length === 1)
      const labelled = ofKind(await log.read('labelled-events', partition), 'labelled')
      expect(labelled).toMatchObject([{ event_id: 'c', input_offset: partition === 1 ? 2 : 0 }])
    }
    workers.length = 0
    await worker.stop()
    const lastVersion = async (partition: number) => {
      const saved = ofKind(await log.read('attribution-state', partition), 'attribution-checkpoint').at(-1)
      return (saved as { readonly fold_version: number } | undefined)?.fold_version
    }
    expect(await lastVersion(1)).toBe(foldVersion)
    expect(await lastVersion(0)).toBe(foldVersion - 1)
    expect(await log.read('labelled-events', 0)).toEqual([])
    await log.close()
  })

  it('stops the orders of a partition where it is a later one, and is gone on from where it is an earlier one', async () => {
    const log = await setUp('order-fold-version')
    const meta = { position: 0, stream_time: 1, partitions }
    for (const [partition, fold_version] of [orderFoldVersion + 1, orderFoldVersion - 1].entries())
      await log.put('order-state', partition, '\u0001meta', codec.encode('order-meta', { ...meta, fold_version }))
    for (const partition of [0, 1]) {
      const order = { name: 'purchase', order_id: idIn(partition), visitor_id: idIn(2), event_time: Date.now() }
      const event = buildEvent({ event_id: `buys-${partition}`, ...order })
      await log.put('order-events', partition, `shop:${event.order_id}`, codec.encodeEvent(event))
    }
    const port = await freePort()
    workers.push(await startWorker(log.namespace, { METRICS_PORT: String(port), LOG_LEVEL: 'silent' }))
    await stoppedAt(port, ['orders: partition 0 stands still: fold_version'])
    expect(await metric(port, 'cairn_orders_partition_stopped{partition="0"')).toBe(1)
    const verdicts = async () => ofKind(await log.read('events', 2), 'verdict')
    await until(async () => (await verdicts()).length > 0)
    expect(await verdicts()).toMatchObject([{ order_id: idIn(1), status: 'placed' }])
    await log.close()
  })
})
