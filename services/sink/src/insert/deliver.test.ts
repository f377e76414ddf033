import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  createCodec,
  noFaults,
  OwnershipLost,
  readCatalog,
  silentLogger,
  topicName,
  type Answer,
  type FencedProducer,
  type Warehouse,
  type WarehouseFailure,
} from '@cairn/runtime'
import { BatchBuilder, type Batch } from '../batch/batch.ts'
import { load, type SinkConfig } from '../config.ts'
import { Ledger } from '../intent/ledger.ts'
import { routes, type InputKind } from '../routes.ts'
import type { Shell } from '../shell.ts'
import { deliver } from './deliver.ts'
import type { Delivery } from './portion.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const stored: Answer<void> = { ok: true, value: undefined }
const failure = (reason: WarehouseFailure['reason']): WarehouseFailure => ({ ok: false, reason, code: 1, message: '' })

/** Everything that happened, in order. */
let effects: string[]
let answers: Answer<void>[]
let now: number
let clock: number
let storedOffsets: number[]
let end: 'committed' | 'fenced'
let stopping: AbortController
let beforeInsert: () => void
/** Seconds for which the server has been running. */
let uptime: number

beforeEach(() => {
  effects = []
  answers = []
  now = 1_000_000
  clock = 0
  storedOffsets = []
  end = 'committed'
  uptime = 10_000
  beforeInsert = () => undefined
  stopping = new AbortController()
})

const warehouse = {
  database: 'db',
  table: (name: string) => name,
  insertContainer(table, { rows }, { token }) {
    beforeInsert()
    effects.push(`insert ${rows} into ${table} as ${token.replace(/[0-9a-f-]{36}/, 'ID')}`)
    return Promise.resolve(answers.shift() ?? stored)
  },
  insertRows(table) {
    effects.push(`rows into ${table}`)
    return Promise.resolve(stored)
  },
  query(statement: string) {
    if (statement.includes('uptime'))
      return Promise.resolve({ ok: true as const, value: [{ seconds: uptime }] as never[] })
    const asksOffsets = statement.includes('DISTINCT _offset')
    const sums = /FROM (\w+)_facts/.exec(statement)?.[1] ?? ''
    effects.push(asksOffsets ? 'ask which offsets are there' : `ask for the difference of ${sums}`)
    const value = (asksOffsets ? storedOffsets.map((_offset) => ({ _offset })) : [{ hour: 'h' }]) as never[]
    return Promise.resolve({ ok: true as const, value })
  },
} as Pick<Warehouse, 'database' | 'table' | 'insertContainer' | 'insertRows' | 'query'> as Warehouse

const producer: FencedProducer = {
  transact() {
    effects.push('intent')
    return Promise.resolve(end === 'committed' ? { end, ends: new Map() } : { end, cause: undefined })
  },
  transactOne: () => Promise.reject(new Error('not used')),
  close: () => Promise.resolve(),
}

function shellOf(): Shell {
  const loaded = load({ KAFKA_BROKERS: 'k:9092', CLICKHOUSE_URL: 'http://c:8123', SAFE_WINDOW_MS: '600000' })
  if (!loaded.ok) throw new Error(loaded.problems.join())
  const config: SinkConfig = loaded.config
  const ignore = () => undefined
  const observe = { transaction: ignore, insert: ignore, dead: ignore, blocked: ignore, repaired: ignore, lag: ignore }
  const log = silentLogger
  const connection = { brokers: [], clientId: '', log }
  const takeover = { connection, codec, transactionalPrefix: '', stateTopic: '', faults: noFaults }
  const topic = (kind: Parameters<typeof topicName>[1]) => topicName('t', kind)
  return {
    config,
    catalog,
    codec,
    warehouse,
    takeover,
    faults: noFaults,
    observe,
    log,
    now: () => now,
    monotonic: () => clock,
    topic,
  }
}

/** Three rows at offsets 10 to 12. */
function batchOf(kind: InputKind): Batch {
  const route = routes.find((one) => one.kind === kind)!
  const schema = kind === 'labelled-events' ? catalog.named('labelled:1') : catalog.named('session')
  const builder = new BatchBuilder({ route, catalog, codec, generation: 1, partition: 4 })
  for (const offset of [10, 11, 12]) {
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0, schema.id]), emptyBody(schema.schema.fields)])
    builder.add({ offset, timestamp: 0, key: '', value })
  }
  return builder.build()
}

/** Zero bytes decode as empty text, zero, false, null and empty lists; a uuid needs its text. */
function emptyBody(fields: readonly { readonly type: unknown }[]): Buffer {
  const isUuid = (type: unknown) => typeof type === 'object' && type !== null && 'logicalType' in type && type.logicalType === 'uuid' // prettier-ignore
  const uuid = Buffer.from('H0190a000-0000-8000-8000-000000000001', 'latin1')
  return Buffer.concat(fields.map(({ type }) => (isUuid(type) ? uuid : Buffer.from([0]))))
}

async function start(kind: InputKind, ageMs = 0, leaseAgeMs = 0, isRepeated = false): Promise<'stored' | 'given_up'> {
  const shell = shellOf()
  const ledger = new Ledger(shell, { partition: 4 } as never, producer, new Map())
  const batch = batchOf(kind)
  const lease = await ledger.open(shell.topic(kind), batch)
  now += ageMs
  clock += leaseAgeMs
  const ends = { signal: new AbortController().signal, stopping: stopping.signal }
  const delivery: Delivery = {
    route: routes.find((one) => one.kind === kind)!,
    partition: 4,
    batch,
    isRepeated,
    ledger,
    ends,
  }
  return deliver(shell, lease, delivery)
}

describe('delivery', () => {
  it('inserts after the intent, under a token that says which rows', async () => {
    expect(await start('labelled-events')).toBe('stored')
    expect(effects).toEqual(['intent', 'insert 3 into events as 1/ID/4/10-13/101'])
  })

  it('tries again with the same token', async () => {
    answers = [failure('retriable')]
    expect(await start('labelled-events')).toBe('stored')
    expect(effects.slice(1)).toEqual(Array<string>(2).fill('insert 3 into events as 1/ID/4/10-13/101'))
  })

  it('leaves the intent open when the service stops first', async () => {
    answers = [failure('permanent')]
    stopping.abort()
    expect(await start('labelled-events')).toBe('given_up')
    expect(effects).toHaveLength(2)
  })

  it('does not insert when the intent could not be committed', async () => {
    end = 'fenced'
    await expect(start('labelled-events')).rejects.toBeInstanceOf(OwnershipLost)
    expect(effects).toEqual(['intent'])
  })

  it('proves ownership again before an insert that starts too long after its intent', async () => {
    expect(await start('labelled-events', 0, 59_999)).toBe('stored')
    expect(effects).toEqual(['intent', 'insert 3 into events as 1/ID/4/10-13/101'])
    effects = []
    expect(await start('labelled-events', 0, 60_000)).toBe('stored')
    expect(effects).toEqual(['intent', 'intent', 'insert 3 into events as 1/ID/4/10-13/101'])
  })

  it('inserts what is missing when the token may be forgotten, under the same in case it is not', async () => {
    storedOffsets = [10, 12]
    expect(await start('labelled-events', 600_000)).toBe('stored')
    expect(effects.slice(1)).toEqual([
      'ask which offsets are there',
      'insert 1 into events as 1/ID/4/10-13/101',
      'ask for the difference of visitor_users',
      'rows into visitor_users',
    ])
  })

  it('inserts nothing when all is there', async () => {
    storedOffsets = [10, 11, 12]
    expect(await start('labelled-events', 600_000)).toBe('stored')
    expect(effects.slice(1)).toEqual([
      'ask which offsets are there',
      'ask for the difference of visitor_users',
      'rows into visitor_users',
    ])
  })

  it('trusts the token until just before the safe window ends', async () => {
    expect(await start('labelled-events', 599_999)).toBe('stored')
    expect(effects.slice(1)).toEqual(['insert 3 into events as 1/ID/4/10-13/101'])
  })

  it('inserts sessions again and repairs the roll-up when the token may be forgotten', async () => {
    expect(await start('sessions', 600_000)).toBe('stored')
    expect(effects.slice(1)).toEqual([
      'insert 3 into sessions_in as 1/ID/4/10-13/10',
      'ask for the difference of channel_hourly',
      'rows into channel_hourly',
    ])
  })

  it('asks the tables when the server was started after the intent: it may know the token and not have the rows', async () => {
    answers = [failure('retriable')]
    storedOffsets = [10]
    uptime = 4
    expect(await start('labelled-events', 5000)).toBe('stored')
    expect(effects.slice(1)).toEqual([
      'insert 3 into events as 1/ID/4/10-13/101',
      'insert 3 into events as 1/ID/4/10-13/101',
      'ask which offsets are there',
      'insert 2 into events as 1/ID/4/10-13/101/again',
      'ask for the difference of visitor_users',
      'rows into visitor_users',
    ])
  })

  it('asks them then too for an insert that an earlier owner has begun, since both may have been killed', async () => {
    uptime = 6
    expect(await start('sessions', 5000, 0, true)).toBe('stored')
    expect(effects.slice(1)).toEqual([
      'insert 3 into sessions_in as 1/ID/4/10-13/10',
      'insert 3 into sessions_in as 1/ID/4/10-13/10/again',
      'ask for the difference of channel_hourly',
      'rows into channel_hourly',
    ])
  })

  it('lets what may be under way end before it asks a server that was started anew and may have forgotten', async () => {
    jest.useFakeTimers()
    try {
      uptime = 6
      const delivered = start('labelled-events', 600_000, 0, true)
      // A minute in which an owner that does not know of this one may still begin, and one in which it may go on.
      await jest.advanceTimersByTimeAsync(119_999)
      expect(effects).toEqual(['intent'])
      await jest.advanceTimersByTimeAsync(1)
      expect(await delivered).toBe('stored')
      expect(effects.slice(1)).toEqual([
        'ask which offsets are there',
        'insert 3 into events as 1/ID/4/10-13/101/again',
        'ask for the difference of visitor_users',
        'rows into visitor_users',
      ])
    } finally {
      jest.useRealTimers()
    }
  })

  it('leaves the intent open when the service stops while something may be under way', async () => {
    jest.useFakeTimers()
    try {
      uptime = 6
      const delivered = start('labelled-events', 600_000, 0, true)
      await jest.advanceTimersByTimeAsync(1_000)
      stopping.abort()
      expect(await delivered).toBe('given_up')
      expect(effects).toEqual(['intent'])
    } finally {
      jest.useRealTimers()
    }
  })

  it('lets an owner before end, too, where its own attempt has failed in between', async () => {
    jest.useFakeTimers()
    try {
      uptime = 6
      answers = [failure('retriable')]
      // Its own attempt is the last within the safe window; a second later the token is not to be relied on.
      beforeInsert = () => (now += 1_000)
      const delivered = start('labelled-events', 599_999, 0, true)
      await jest.advanceTimersByTimeAsync(119_999)
      expect(effects.slice(1)).toEqual(['insert 3 into events as 1/ID/4/10-13/101'])
      // The attempt that waits began once the first had failed; it waits by a clock that stood still for it.
      await jest.advanceTimersByTimeAsync(10_000)
      expect(await delivered).toBe('stored')
      expect(effects.at(2)).toBe('ask which offsets are there')
    } finally {
      jest.useRealTimers()
    }
  })

  it('proves ownership again before each of its inserts', async () => {
    uptime = 6
    beforeInsert = () => (clock += 59_000)
    expect(await start('sessions', 5000, 0, true)).toBe('stored')
    expect(effects).toEqual([
      'intent',
      'insert 3 into sessions_in as 1/ID/4/10-13/10',
      'insert 3 into sessions_in as 1/ID/4/10-13/10/again',
      'intent',
      'ask for the difference of channel_hourly',
      'rows into channel_hourly',
    ])
  })

  it('relies on the token of a server that was there before the intent', async () => {
    uptime = 7
    expect(await start('sessions', 5000, 0, true)).toBe('stored')
    expect(effects.slice(1)).toEqual(['insert 3 into sessions_in as 1/ID/4/10-13/10'])
  })
})
