import { afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  createCodec,
  ensureTopics,
  partitionFor,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
  type Decoded,
  type TopicKind,
} from '@cairn/runtime'
import { startIngestProcess, type IngestProcess } from '../support/ingest.ts'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { until } from '../support/until.ts'

const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
const processes: IngestProcess[] = []

jest.setTimeout(60_000)

afterEach(async () => {
  for (const process of processes.splice(0)) {
    process.kill('SIGKILL')
    await process.exit
  }
})

function start(namespace: string, env: Readonly<Record<string, string>> = {}): IngestProcess {
  const process = startIngestProcess({
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    CAIRN_PARTITIONS: '4',
    ...env,
  })
  processes.push(process)
  return process
}

async function isReady(ingest: IngestProcess): Promise<boolean> {
  return (await fetch(`${await ingest.url}/readyz`)).ok
}

async function post(ingest: IngestProcess, messages: readonly unknown[], key = 'dev'): Promise<Response> {
  return fetch(`${await ingest.url}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${key}:`)}` },
    body: JSON.stringify({ batch: messages }),
  })
}

interface Read {
  readonly partition: number
  readonly key: string
  readonly record: Decoded
}

async function read(namespace: string, kind: TopicKind): Promise<Read[]> {
  const found: Read[] = []
  await readLog(connection, topicName(namespace, kind), (partition, records) =>
    found.push(...records.map(({ key, value }) => ({ partition, key, record: codec.decode(value) }))),
  )
  return found
}

async function eventIds(namespace: string): Promise<string[]> {
  const records = await read(namespace, 'events')
  return records.flatMap(({ record }) => (record.ok && record.kind === 'event' ? [record.value.event_id] : []))
}

function page(messageId: string, anonymousId: string) {
  return { type: 'page', messageId, anonymousId, context: { page: { url: 'https://shop.example/' } } }
}

describe('ingest on a real broker', () => {
  it('has every accepted event in its visitor’s partition, and every refused message in dead-letters', async () => {
    const namespace = ownNamespace('ingest')
    const ingest = start(namespace)
    await until(() => isReady(ingest))
    const messages = Array.from({ length: 40 }, (_, i) => page(`m${i}`, `visitor-${i % 10}`))
    const response = await post(ingest, [...messages, { type: 'nonsense', messageId: 'bad' }])
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { accepted: 40, refused: [{ index: 40, messageId: 'bad', reason: 'unknown_type' }] },
    ])

    const events = (await read(namespace, 'events')).filter(({ record }) => record.ok && record.kind === 'event')
    expect(events).toHaveLength(40)
    for (const { partition, key, record } of events) {
      expect(partition).toBe(partitionFor(key, 4))
      expect(record).toMatchObject({ value: { site: 'shop', visitor_id: key.slice('shop:'.length), is_server: false } })
    }
    expect(await read(namespace, 'dead-letters')).toMatchObject([
      { record: { kind: 'dead-letter', value: { reason: 'unknown_type', site: 'shop', stage: 'ingest' } } },
    ])
  })

  it('ticks on every partition while nothing arrives', async () => {
    const namespace = ownNamespace('ingest-ticks')
    const ingest = start(namespace, { TICK_INTERVAL_MS: '50' })
    await until(() => isReady(ingest))
    await until(async () => new Set((await read(namespace, 'events')).map((r) => r.partition)).size === 4)
    const records = await read(namespace, 'events')
    expect(records.every(({ key, record }) => key === '' && record.ok && record.kind === 'tick')).toBe(true)
  })

  it('on SIGTERM finishes what it has begun and leaves nothing behind', async () => {
    const namespace = ownNamespace('ingest-stop')
    const ingest = start(namespace)
    await until(() => isReady(ingest))
    const answers = Array.from({ length: 20 }, (_, i) => post(ingest, [page(`m${i}`, `v${i}`)]))
    const settling = Promise.allSettled(answers)
    await answers[0]
    ingest.kill('SIGTERM')
    const settled = await settling
    const accepted = settled.flatMap((answer, i) => (answer.status === 'fulfilled' && answer.value.ok ? [`m${i}`] : []))
    expect(await ingest.exit).toEqual({ code: 0, signal: null })
    expect(await eventIds(namespace)).toEqual(expect.arrayContaining(accepted))
    expect(accepted).toContain('m0')
  })

  it('killed between the log and the answer loses nothing: the client sends again under the same id', async () => {
    const namespace = ownNamespace('ingest-fault')
    const first = start(namespace, { CAIRN_FAULT: 'ingest.after-produce=kill' })
    await until(() => isReady(first))
    await expect(post(first, [page('m1', 'v1')])).rejects.toThrow()
    expect(await first.exit).toEqual({ code: null, signal: 'SIGKILL' })

    const second = start(namespace)
    await until(() => isReady(second))
    expect((await post(second, [page('m1', 'v1')])).status).toBe(200)
    expect(await eventIds(namespace)).toEqual(['m1', 'm1'])
  })

  it('ends with the reason where the topics have another number of partitions', async () => {
    const namespace = ownNamespace('ingest-partitions')
    await ensureTopics(connection, { namespace, partitions: 2, replication: 1 })
    const ingest = start(namespace)
    expect(await ingest.exit).toEqual({ code: 1, signal: null })
    expect(ingest.output()).toContain('has 2 partitions, 4 are configured')
  })

  it('without Kafka is up but not ready, and asks clients to come back', async () => {
    const ingest = start('none', { KAFKA_BROKERS: '127.0.0.1:1' })
    expect((await fetch(`${await ingest.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${await ingest.url}/readyz`)).status).toBe(503)
    const response = await post(ingest, [page('m1', 'v1')])
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await response.json()).toMatchObject({ accepted: 0, reason: 'kafka_unavailable' })
    ingest.kill('SIGTERM')
    expect(await ingest.exit).toEqual({ code: 0, signal: null })
  })
})
