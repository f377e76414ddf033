import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createCodec,
  ensureTopics,
  isFence,
  noFaults,
  openFencedProducer,
  openProducer,
  OwnershipLost,
  PartitionStopped,
  ProducerSpent,
  readCatalog,
  silentLogger,
  takeOver,
  takeOwnership,
  topicName,
  type Incoming,
  type Ownership,
  type Lag,
  type OwnershipOptions,
  type StopReason,
  type Supervision,
} from '@cairn/runtime'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { until } from '../support/until.ts'

const partitions = 4
/** Far longer than a member that leaves in order may be missed. */
const sessionTimeoutMs = 30_000
const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
const started: Ownership[] = []
const released = new Set<number>()

const quiet: Supervision = {
  log: silentLogger,
  onStarting: () => undefined,
  onRunning: () => undefined,
  onRestart: () => undefined,
  onStopped: () => undefined,
  onLag: () => undefined,
  onReleased: () => undefined,
}

/** Copies events to labelled-events and keeps its position in the state topic: the smallest user of the shell. */
async function startCopier(
  namespace: string,
  seen: Map<number, number[]>,
  onStopped: (reason: StopReason) => void = () => undefined,
): Promise<Ownership> {
  const topic = (kind: Parameters<typeof topicName>[1]) => topicName(namespace, kind)
  const ownership = await takeOwnership({
    connection,
    groupId: `${namespace}.copier`,
    partitions,
    topics: [
      { kind: 'events', name: topic('events'), compacted: false },
      { kind: 'attribution-state', name: topic('attribution-state'), compacted: true },
    ],
    inboxBytes: 1 << 20,
    sessionTimeoutMs,
    supervision: {
      ...quiet,
      onStopped: (_, reason) => onStopped(reason),
      onReleased: (partition) => released.add(partition),
    },
    own: async (partition) => {
      let position = 0
      const options = {
        connection,
        codec,
        transactionalPrefix: `${namespace}-copier`,
        stateTopic: topic('attribution-state'),
        faults: noFaults,
      }
      const producer = await takeOver(partition, options, {
        take: (records) => {
          for (const record of records) if (!isFence(record)) position = Number(record.value?.toString())
        },
      })
      try {
        const inbox = partition.inbox(topic('events'))
        inbox.readFrom(position)
        while (!partition.stopping.aborted) {
          await inbox.waitForRecords(100, partition.lost)
          const records = inbox.take(1000)
          const last = records.at(-1)
          if (last === undefined) continue
          position = last.offset + 1
          const { end } = await producer.transact(partition.partition, [
            { topic: topic('labelled-events'), records: records.map(({ key, value }) => ({ key, value })) },
            { topic: topic('attribution-state'), records: [{ key: 'position', value: Buffer.from(String(position)) }] },
          ])
          if (end === 'fenced') throw new OwnershipLost()
          if (end !== 'committed') throw new Error(end)
          note(seen, partition.partition, records)
        }
      } finally {
        await producer.close()
      }
    },
  })
  started.push(ownership)
  return ownership
}

/** One partition with a loop of the test's own. */
async function own(namespace: string, supervision: Supervision, loop: OwnershipOptions['own']): Promise<Ownership> {
  const ownership = await takeOwnership({
    connection,
    groupId: `${namespace}.test`,
    partitions: 1,
    topics: [{ kind: 'events', name: topicName(namespace, 'events'), compacted: false }],
    inboxBytes: 1 << 20,
    sessionTimeoutMs: 6000,
    supervision,
    own: loop,
  })
  started.push(ownership)
  return ownership
}

function note(seen: Map<number, number[]>, partition: number, records: readonly Incoming[]): void {
  seen.set(partition, [...(seen.get(partition) ?? []), ...records.map((r) => r.offset)])
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((o) => o.stop()))
})

describe('owned partitions', () => {
  it('hands partitions over between members, each record committed once and in order', async () => {
    const namespace = ownNamespace('ownership')
    expect(await ensureTopics(connection, { namespace, partitions, replication: 1 })).toEqual({ ok: true })
    const producer = await openProducer(connection)
    const send = async (from: number, to: number) => {
      for (let p = 0; p < partitions; p++) {
        const records = Array.from({ length: to - from }, (_, i) => ({
          key: 'k',
          value: Buffer.from(String(from + i)),
        }))
        await producer.send(topicName(namespace, 'events'), p, records)
      }
    }
    const seen = new Map<number, number[]>()
    const all = (n: number) => () => [...Array(partitions).keys()].every((p) => (seen.get(p) ?? []).length >= n)

    const first = await startCopier(namespace, seen)
    await send(0, 100)
    await until(all(100))
    const second = await startCopier(namespace, seen)
    await until(() => first.held().length === 2 && second.held().length === 2)
    await until(() => [...released].sort().join() === second.held().join())
    await send(100, 200)
    await until(all(200))
    await second.stop()
    // Whoever leaves without a word is missed only once its session is over.
    await until(() => first.held().length === 4, sessionTimeoutMs / 2)
    await send(200, 300)
    await until(all(300))

    for (let p = 0; p < partitions; p++) expect(seen.get(p)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    await producer.close()
  }, 60_000)

  it('stops loudly where the log is shorter than what was read of it', async () => {
    const namespace = ownNamespace('shorter')
    await ensureTopics(connection, { namespace, partitions, replication: 1 })
    const producer = await openProducer(connection)
    const state = topicName(namespace, 'attribution-state')
    const position = { key: 'position', value: Buffer.from('7') }
    for (let p = 0; p < partitions; p++) {
      await producer.send(state, p, [position])
      await producer.send(topicName(namespace, 'events'), p, [{ key: 'k', value: Buffer.from('0') }])
    }
    const stops: string[] = []
    await startCopier(namespace, new Map(), (reason) => stops.push(reason))
    await until(() => stops.length === partitions)
    expect(new Set(stops)).toEqual(new Set(['offset_gap']))
    expect(started[0]?.missing()).toEqual(
      Array.from({ length: partitions }, (_, p) => `partition ${p} stands still: offset_gap`),
    )
    await producer.close()
  }, 60_000)

  it.each([
    ['stands still', () => new PartitionStopped('not_deterministic', 'for the test')],
    ['starts over again and again', () => new Error('for the test')],
  ])(
    'tell how far behind a partition is that %s',
    async (_, end) => {
      const namespace = ownNamespace('lag')
      await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })
      const events = topicName(namespace, 'events')
      const producer = await openProducer(connection)
      const send = (count: number) =>
        producer.send(
          events,
          0,
          Array.from({ length: count }, () => ({ key: 'k', value: Buffer.from('v') })),
        )
      await send(5)
      let lag: Lag | undefined
      await own(
        namespace,
        { ...quiet, onLag: (_, topic, told) => (lag = topic === 'events' ? told : undefined) },
        (p) => {
          // As a loop that has read where it stands and gets no further: it reads nothing.
          p.follow(events, () => ({ position: 2, oldest: undefined }))
          return Promise.reject(end())
        },
      )
      await until(() => lag?.records === 3)
      await send(4)
      await until(() => lag?.records === 7 && lag.seconds > 3)
      await producer.close()
    },
    60_000,
  )

  it('make a member ready that has joined, also where no partition is left for it', async () => {
    const namespace = ownNamespace('ready')
    await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })
    const idle = () =>
      own(namespace, quiet, async ({ lost, stopping }) => {
        await once(AbortSignal.any([lost, stopping]), 'abort')
      })
    const [first, second] = [await idle(), await idle()]
    await until(() => first.missing().length === 0 && second.missing().length === 0)
    await until(() => first.held().length + second.held().length === 1)
  }, 60_000)

  it('end with a producer that has written what one may write', async () => {
    const namespace = ownNamespace('recycled')
    await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })
    const producer = await openFencedProducer(connection, `${namespace}-0`, { mostRecords: 3 })
    const topics = [
      {
        topic: topicName(namespace, 'events'),
        records: [
          { key: 'k', value: null },
          { key: 'k', value: null },
        ],
      },
    ]
    for (let i = 0; i < 2; i++) expect(await producer.transact(0, topics)).toMatchObject({ end: 'committed' })
    await expect(producer.transact(0, topics)).rejects.toThrow(ProducerSpent)
    await producer.close()
  }, 60_000)

  it('have time for a transaction over a slow way, and say so of one that its broker has given up', async () => {
    const namespace = ownNamespace('slow')
    await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })
    const topics = [{ topic: topicName(namespace, 'attribution-state'), records: [{ key: 'k', value: null }] }]
    // Brokers look every ten seconds whether there is one to give up.
    const slowly = async (id: string, timeoutMs?: number) => {
      const options = timeoutMs === undefined ? {} : { timeoutMs }
      const producer = await openFencedProducer(connection, `${namespace}-${id}`, options)
      const end = await producer.transact(0, topics, () => delay(22_000))
      await producer.close()
      return end
    }
    const [usual, given] = await Promise.all([slowly('0'), slowly('1', 1_000)])
    expect(usual).toMatchObject({ end: 'committed' })
    expect(given).toMatchObject({ end: 'fenced', cause: { message: expect.stringContaining('1 records took 2') } })
    expect(given).toMatchObject({ cause: { message: expect.stringContaining('gives one up after 1 s') } })
  }, 60_000)

  it('has state records of more than the mebibyte that Kafka takes by default', async () => {
    const namespace = ownNamespace('large')
    await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })
    const producer = await openProducer(connection)
    const value = randomBytes(3 * 1024 * 1024)
    await producer.send(topicName(namespace, 'attribution-state'), 0, [{ key: 'k', value }])
    await producer.close()
  })

  it('refuses a partition count that differs', async () => {
    const namespace = ownNamespace('count')
    await ensureTopics(connection, { namespace, partitions: 2, replication: 1 })
    expect(await ensureTopics(connection, { namespace, partitions: 3, replication: 1 })).toMatchObject({
      ok: false,
      reason: 'partition_count_differs',
    })
  })
})
