import { afterEach, describe, expect, it } from '@jest/globals'
import { eventKey, type SessionRow, type StorefrontEvent } from '@cairn/domain'
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
  type DeadLetter,
  type Decoded,
  type Running,
  type TopicKind,
} from '@cairn/runtime'
import { buildEvent, definitionsJson } from '@cairn/testkit/domain'
import { startWorker } from '../support/attribution.ts'
import { sendCompressed } from '../support/foreign-producer.ts'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { until } from '../support/until.ts'

const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
const partitions = 4
const workers: Running[] = []
const page = (fields: Parameters<typeof buildEvent>[0]) => buildEvent({ name: 'page_view', ...fields })

const definitions = definitionsJson({
  goals: [
    { name: 'purchase', kind: 'macro', match: { event: 'purchase' }, value: 'event' },
    { name: 'add_to_cart', kind: 'micro', class: 'process', match: { event: 'add_to_cart' } },
  ],
})

async function setUp(what: string, deployed = definitions) {
  const namespace = ownNamespace(what)
  expect(await ensureTopics(connection, { namespace, partitions, replication: 1 })).toEqual({ ok: true })
  expect(await deployDefinitions(connection, codec, namespace, deployed)).toBe(0)
  const producer = await openProducer(connection)
  const topic = (kind: TopicKind) => topicName(namespace, kind)
  return {
    namespace,
    async send(...events: StorefrontEvent[]) {
      for (const event of events) {
        const key = eventKey(event)
        await producer.send(topic('events'), partitionFor(key, partitions), [{ key, value: codec.encodeEvent(event) }])
      }
    },
    async sendRaw(key: string, value: Buffer | null) {
      await producer.send(topic('events'), partitionFor(key, partitions), [{ key, value }])
    },
    topic,
    async flush() {
      const flushed = await flushLog({ connection, codec, namespace, partitions, flushId: 'f', timeoutMs: 20_000 })
      expect(flushed).toMatchObject({ ok: true })
    },
    async read(kind: TopicKind): Promise<Decoded[]> {
      const found: Decoded[] = []
      await readLog(connection, topic(kind), (_, records) => found.push(...records.map((r) => codec.decode(r.value))))
      return found
    },
    close: () => producer.close(),
  }
}

const valuesOf = (records: readonly Decoded[], kind: string) =>
  records.flatMap((r) => (r.ok && r.kind === kind ? [r.value] : []))

afterEach(async () => {
  await Promise.all(workers.splice(0).map((w) => w.stop()))
})

describe('attribution', () => {
  it('labels each event once, writes its session and conversions, and passes barriers on', async () => {
    const log = await setUp('attribution')
    workers.push(await startWorker(log.namespace))
    const at = Date.now() - 60_000
    await log.send(
      page({
        event_id: 'e1',
        event_time: at,
        url: 'https://s.example/?utm_source=google',
        source: 'google',
        medium: 'cpc',
        path: '/',
      }),
      page({ event_id: 'e2', event_time: at + 1000, name: 'add_to_cart' }),
      page({ event_id: 'e2', event_time: at + 1000, name: 'add_to_cart' }),
      page({
        event_id: 'e3',
        event_time: at + 2000,
        name: 'purchase',
        order_id: 'o1',
        value_minor: 1999,
        currency: 'EUR',
      }),
    )
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)

    const labelled = valuesOf(await log.read('labelled-events'), 'labelled')
    expect(labelled).toMatchObject([
      { event_id: 'e1', goals: [] },
      { event_id: 'e2', goals: ['add_to_cart'] },
      { event_id: 'e3', goals: ['purchase'], definitions_number: 0 },
    ])
    const sessions = valuesOf(await log.read('sessions'), 'session')
    expect(sessions.at(-1)).toMatchObject({
      events: 3,
      channel: 'Paid Search',
      micro: 1,
      macro: 1,
      goal_values: [0, 1999],
      state: 'open',
    })
    const conversions = valuesOf(await log.read('conversions'), 'conversion')
    expect(conversions).toMatchObject([
      { goal: 'add_to_cart' },
      { goal: 'purchase', value_minor: 1999, order_id: 'o1' },
    ])
    await log.close()
  }, 60_000)

  it('puts what cannot be read into dead letters once and goes on', async () => {
    const log = await setUp('poison')
    workers.push(await startWorker(log.namespace))
    await log.sendRaw('shop:v', Buffer.from('not avro'))
    await log.sendRaw('shop:v', codec.encodeEvent(page({ event_id: 'e' })).subarray(0, 60))
    await log.send(page({ event_id: 'after', event_time: Date.now() }))
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)
    expect(valuesOf(await log.read('dead-letters'), 'dead-letter')).toMatchObject([
      { reason: 'not_wire_format', stage: 'attribution', payload: Buffer.from('not avro') },
      { reason: 'truncated' },
    ])
    expect(valuesOf(await log.read('labelled-events'), 'labelled')).toMatchObject([{ event_id: 'after' }])
    await log.close()
  }, 60_000)

  it('cuts what fills a record of its own to what fits a dead letter, and goes on', async () => {
    const log = await setUp('large')
    workers.push(await startWorker(log.namespace))
    await log.sendRaw('shop:v', Buffer.alloc(1_048_400, 7))
    await sendCompressed(log.topic('events'), 'shop:w', Buffer.alloc(2 << 20, 7))
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)
    const dead = valuesOf(await log.read('dead-letters'), 'dead-letter') as DeadLetter[]
    expect(dead.map(({ key, detail, payload }) => [key, payload.length, detail]).sort()).toEqual([
      ['shop:v', 900_000, expect.stringContaining('(payload cut to 900000 bytes)')],
      ['shop:w', 900_000, expect.stringContaining('(payload cut to 900000 bytes)')],
    ])
    await log.close()
  }, 60_000)

  it('puts an event too large for its outputs into dead letters once, between two that it takes', async () => {
    const log = await setUp('oversized')
    workers.push(await startWorker(log.namespace))
    const event_time = Date.now()
    const large = (event_id: string, length: number) => page({ event_id, event_time, title: 'x'.repeat(length) })
    await log.send(page({ event_id: 'before', event_time }), large('near the limit', 1_048_000))
    const compressed = large('compressed', 2 << 20)
    await sendCompressed(log.topic('events'), eventKey(compressed), codec.encodeEvent(compressed))
    await log.send(page({ event_id: 'after', event_time }))
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)
    const dead = valuesOf(await log.read('dead-letters'), 'dead-letter') as DeadLetter[]
    expect(dead.map(({ reason }) => reason)).toEqual(['too_large', 'too_large'])
    const labelled = valuesOf(await log.read('labelled-events'), 'labelled')
    expect(labelled).toMatchObject([{ event_id: 'before' }, { event_id: 'after' }])
    await log.close()
  }, 60_000)

  it('writes a row over 1 MiB, which many goals make of the largest texts', async () => {
    const goals = Array.from({ length: 40 }, (_, n) => ({
      name: `goal ${n}`,
      kind: 'micro',
      match: { event: 'purchase' },
      value: 'event',
    }))
    const log = await setUp('many', definitionsJson({ goals }))
    workers.push(await startWorker(log.namespace))
    const currency = 'E'.repeat(35_000)
    await log.send(page({ event_id: 'e', event_time: Date.now(), name: 'purchase', value_minor: 1, currency }))
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)
    const [row] = valuesOf(await log.read('sessions'), 'session') as SessionRow[]
    expect(row?.goal_currencies.join('')).toHaveLength(40 * 35_000)
    expect(valuesOf(await log.read('conversions'), 'conversion')).toHaveLength(40)
    await log.close()
  }, 60_000)

  it('counts what needs no transaction, and dead letters by reason', async () => {
    const log = await setUp('counted')
    const port = await freePort()
    workers.push(await startWorker(log.namespace, { METRICS_PORT: String(port) }))
    const event = page({ event_id: 'e1', event_time: Date.now() })
    await log.send(event)
    await until(async () => (await metric(port, 'cairn_attribution_events_total{outcome="accepted"')) === 1)
    await log.send(event)
    await until(async () => (await metric(port, 'cairn_attribution_events_total{outcome="duplicate"')) === 1)
    await log.sendRaw('shop:v', Buffer.from('not avro'))
    const dead = 'cairn_attribution_dead_letters_total{reason="not_wire_format"'
    await until(async () => (await metric(port, dead)) === 1)
    await log.close()
  }, 60_000)

  it('waits in place for a schema it does not know, and says so', async () => {
    const log = await setUp('schema')
    const port = await freePort()
    workers.push(await startWorker(log.namespace, { METRICS_PORT: String(port), LOG_LEVEL: 'silent' }))
    await log.send(page({ event_id: 'before', event_time: Date.now() }))
    await log.sendRaw('shop:v', Buffer.from([0, 0, 0, 39, 15, 1]))
    const partition = partitionFor('shop:v', partitions)
    const blocked = `cairn_attribution_blocked{partition="${partition}",reason="unknown_schema"`
    await until(async () => (await metric(port, blocked)) === 1)
    const lag = (what: string) => metric(port, `cairn_attribution_lag_${what}{topic="events",partition="${partition}"`)
    await until(async () => (await lag('records')) === 1 && (await lag('seconds')) > 3)
    expect(await metric(port, 'cairn_attribution_partition_restarts_total')).toBe(0)
    expect(valuesOf(await log.read('labelled-events'), 'labelled')).toMatchObject([{ event_id: 'before' }])
    await log.close()
  }, 60_000)

  it('goes on after a restart with the same session, from its checkpoint', async () => {
    const log = await setUp('restart')
    const first = await startWorker(log.namespace)
    const at = Date.now() - 60_000
    await log.send(page({ event_id: 'e1', event_time: at, path: '/a' }))
    await until(async () => valuesOf(await log.read('labelled-events'), 'labelled').length === 1)
    await first.stop()
    await log.send(
      page({ event_id: 'e1', event_time: at, path: '/a' }),
      page({ event_id: 'e2', event_time: at + 5, path: '/b' }),
    )
    workers.push(await startWorker(log.namespace))
    await log.flush()
    await until(async () => valuesOf(await log.read('labelled-events'), 'barrier').length === partitions)
    const labelled = valuesOf(await log.read('labelled-events'), 'labelled') as {
      event_id: string
      session_id: string
    }[]
    expect(labelled.map((l) => l.event_id)).toEqual(['e1', 'e2'])
    expect(labelled[1]?.session_id).toBe(labelled[0]?.session_id)
    expect(valuesOf(await log.read('sessions'), 'session').at(-1)).toMatchObject({
      events: 2,
      entry_page: '/a',
      exit_page: '/b',
    })
    await log.close()
  }, 60_000)
})
