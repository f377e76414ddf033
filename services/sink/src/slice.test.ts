import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  createCodec,
  Inbox,
  noFaults,
  readCatalog,
  silentLogger,
  topicName,
  type Answer,
  type FencedProducer,
  type Incoming,
  type OwnedPartition,
  type Progress,
  type SinkIntent,
  type Warehouse,
} from '@cairn/runtime'
import { load } from './config.ts'
import type { BlockReason } from './observe.ts'
import { Ledger, readIntents } from './intent/ledger.ts'
import { routes } from './routes.ts'
import type { Shell } from './shell.ts'
import { Slice } from './slice.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const topic = topicName('t', 'sessions')
/** A dead letter: its batch has an intent as one of rows has, and needs no insert. */
const poison = Buffer.from('x')
const barrier = codec.encode('barrier', { flush_id: 'f', hold_ms: 0, input_offset: 0 })
const stored: Answer<void> = { ok: true, value: undefined }
const away: Answer<void> = { ok: false, reason: 'retriable', code: 0, message: 'away' }

/** The log of the state topic and the notes of the warehouse: what outlives an owner. */
let state: Incoming[]
let notes: unknown[]
/** What the warehouse says to a barrier. */
let answer: Answer<void>
/** What a topic-partition was said to wait for, one after the other. */
let blocked: (BlockReason | undefined)[]
let stopping: AbortController
/** Called when a barrier was tried to be noted. */
let onTried: () => void

beforeEach(() => {
  jest.useFakeTimers()
  state = []
  notes = []
  answer = stored
  blocked = []
  onTried = () => undefined
  stopping = new AbortController()
})

afterEach(() => {
  jest.useRealTimers()
})

const warehouse = {
  insertRows(_, rows) {
    const given = answer
    if (given.ok) notes.push(...rows)
    onTried()
    return Promise.resolve(given)
  },
  // Only asked how long the server has been running.
  query: () => Promise.resolve({ ok: true, value: [{ seconds: 1_000_000 }] as never[] }),
} as Pick<Warehouse, 'insertRows' | 'query'> as Warehouse

const producer = {
  transact(_, topics) {
    for (const { topic: name, records } of topics) {
      if (name !== topicName('t', 'sink-state')) continue
      for (const { key, value } of records) state.push({ offset: state.length, timestamp: 0, key, value })
    }
    return Promise.resolve({ end: 'committed', ends: new Map() })
  },
} as Pick<FencedProducer, 'transact'> as FencedProducer

function shellOf(): Shell {
  const loaded = load({ KAFKA_BROKERS: 'k:9092', CLICKHOUSE_URL: 'http://c:8123' })
  if (!loaded.ok) throw new Error(loaded.problems.join())
  const ignore = () => undefined
  const sayBlocked = (_: string, __: number, reason: BlockReason | undefined) => void blocked.push(reason)
  const observe = {
    transaction: ignore,
    insert: ignore,
    dead: ignore,
    blocked: sayBlocked,
    repaired: ignore,
    lag: ignore,
  }
  const [log, faults] = [silentLogger, noFaults]
  const takeover = { connection: { brokers: [], clientId: '', log }, codec, transactionalPrefix: '', stateTopic: '', faults } // prettier-ignore
  const clocks = { now: Date.now, monotonic: () => performance.now() }
  return { config: loaded.config, catalog, codec, warehouse, takeover, faults, observe, log, ...clocks, topic: (kind) => topicName('t', kind) } // prettier-ignore
}

/**
 * One owner of the partition until it has stopped: where it read from first, what it said of its progress last. Behind the
 * log stand so many control records, which nobody is given.
 */
async function own(log: readonly Buffer[], control = 0) {
  const from: number[] = []
  const reports: number[] = []
  const end = log.length + control
  let progress: () => Progress = () => ({ position: -1, oldest: undefined })
  const source = {
    seek(offset: number) {
      from.push(offset)
      const records = log.slice(offset).map((value, i): Incoming => ({ offset: offset + i, timestamp: 7, key: '', value })) // prettier-ignore
      const bytes = records.length
      void Promise.resolve().then(() => {
        inbox.put({ first: offset, next: end, highWatermark: end, records: records.values(), bytes })
      })
    },
    pause: () => undefined,
    resume: () => undefined,
  }
  const inbox = new Inbox(source, 1 << 20)
  const partition: Partial<OwnedPartition> = {
    partition: 0,
    inbox: () => inbox,
    follow: (_, asked) => (progress = asked),
    report: (_, position) => void reports.push(position),
  }
  const intents = new Map<string, SinkIntent>()
  readIntents(codec, intents, state)
  const shell = shellOf()
  const ledger = new Ledger(shell, partition as OwnedPartition, producer, intents)
  const ends = { signal: new AbortController().signal, stopping: stopping.signal }
  const route = routes.find(({ kind }) => kind === 'sessions')!
  const running = new Slice(shell, partition as OwnedPartition, route, ledger, ends).run()
  await jest.advanceTimersByTimeAsync(60_000)
  await running
  return { from: from.at(-1), reports, position: progress().position, intent: intents.get(topic) }
}

describe('a slice that is stopped at a barrier which ClickHouse does not take', () => {
  it.each([
    ['behind records of its batch', [poison, barrier], 1],
    ['that is a batch of its own', [barrier], 0],
  ])('leaves a barrier %s to the next owner, which notes it', async (_, log, offset) => {
    answer = away
    onTried = () => {
      stopping.abort()
    }
    const first = await own(log)
    expect(notes).toEqual([])
    expect(first).toMatchObject({ reports: [], position: offset })

    answer = stored
    stopping = new AbortController()
    const second = await own(log)
    expect(notes).toEqual([expect.objectContaining({ flush_id: 'f', topic: 'sessions', partition: 0, offset })])
    expect(second).toMatchObject({ from: 0, reports: [log.length], position: log.length })
  })

  it('says whom it waits for while ClickHouse refuses a barrier, and that it goes on', async () => {
    answer = { ok: false, reason: 'permanent', code: 497, message: 'no grant' }
    let tries = 0
    onTried = () => {
      if (++tries === 2) answer = stored
      if (tries === 3) stopping.abort()
    }
    await own([barrier])
    expect(blocked).toEqual(['permanent', 'permanent', undefined])
  })

  it('is done with a barrier that was noted before the stop', async () => {
    onTried = () => {
      stopping.abort()
    }
    const { intent, reports } = await own([poison, barrier])
    expect([intent?.done, reports]).toEqual([true, [2]])
  })
})

describe('a slice with nothing to do', () => {
  it.each([
    ['the rows of a transaction', [poison], 1],
    ['a barrier', [barrier], 0],
    ['no record at all', [], 1],
  ])('notes that it has read past control records behind %s, which may be deleted', async (_, log, control) => {
    setTimeout(() => {
      stopping.abort()
    }, 10_000)
    const { intent } = await own(log, control)
    expect(intent).toMatchObject({ end: log.length + control, done: true })
    expect((await own(log, control)).from).toBe(log.length + control)
  })
})
