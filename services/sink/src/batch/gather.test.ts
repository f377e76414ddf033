import { describe, expect, it } from '@jest/globals'
import { createCodec, Inbox, readCatalog, type Incoming } from '@cairn/runtime'
import { routes } from '../routes.ts'
import { BatchBuilder } from './batch.ts'
import { Gatherer } from './gather.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const route = routes.find((one) => one.kind === 'sessions')!
const poison = Buffer.from('x'.repeat(100))
const barrier = codec.encode('barrier', { flush_id: 'f', hold_ms: 0, input_offset: 0 })
const never = new AbortController().signal
const ends = { signal: never, stopping: never }
const atOnce = { dueInMs: () => 0, idleMs: 0 }

function fetched(from: number, values: readonly Buffer[]) {
  const records = values.map((value, i): Incoming => ({ offset: from + i, timestamp: 0, key: '', value }))
  const next = from + values.length
  return { first: from, next, highWatermark: next, records: records.values(), bytes: 100 * values.length }
}

function opened(values: readonly Buffer[], limits = { rows: 10, bytes: 1_000_000 }) {
  const inbox = new Inbox({ seek: () => undefined, pause: () => undefined, resume: () => undefined }, 1 << 20)
  inbox.readFrom(0)
  inbox.put(fetched(0, values))
  return { inbox, gatherer: new Gatherer(inbox, limits) }
}

async function next(gatherer: Gatherer): Promise<[begin: number, end: number] | undefined> {
  const builder = new BatchBuilder({ route, catalog, codec, generation: 1, partition: 0 })
  await gatherer.fill(builder, atOnce, ends)
  if (builder.records === 0) return undefined
  const { begin, end } = builder.build()
  return [begin, end]
}

describe('gathering', () => {
  it('cuts at the limit of rows and loses nothing between two batches', async () => {
    const { gatherer } = opened(Array<Buffer>(23).fill(poison))
    expect([await next(gatherer), await next(gatherer), await next(gatherer), await next(gatherer)]).toEqual([
      [0, 10],
      [10, 20],
      [20, 23],
      undefined,
    ])
  })

  it('cuts at the limit of bytes', async () => {
    const { gatherer } = opened(Array<Buffer>(5).fill(poison), { rows: 10, bytes: 200 })
    expect([await next(gatherer), await next(gatherer), await next(gatherer)]).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ])
  })

  it('ends a batch behind a barrier', async () => {
    const { gatherer } = opened([poison, barrier, poison])
    expect([await next(gatherer), gatherer.position, await next(gatherer)]).toEqual([[0, 2], 2, [2, 3]])
  })

  it('ends a batch before an unknown schema and stays there', async () => {
    const unknown = Buffer.from([0, 0, 0, 3, 231, 1])
    const { gatherer } = opened([poison, unknown, poison])
    expect(await next(gatherer)).toEqual([0, 1])
    expect(await next(gatherer)).toBeUndefined()
    expect([gatherer.unknownSchema, gatherer.position]).toEqual([999, 1])
  })

  it('waits for more until the batch is due', async () => {
    const { inbox, gatherer } = opened([poison])
    const builder = new BatchBuilder({ route, catalog, codec, generation: 1, partition: 0 })
    const dues = [1000, 1000, 0]
    const filled = gatherer.fill(builder, { dueInMs: () => dues.shift() ?? 0, idleMs: 1000 }, ends)
    inbox.put(fetched(1, [poison]))
    await Promise.resolve()
    inbox.put(fetched(2, [poison]))
    await filled
    expect(builder.build()).toMatchObject({ begin: 0, end: 3 })
  })

  it('reads exactly the range of an earlier batch again, over any limit', async () => {
    const { inbox, gatherer } = opened(Array<Buffer>(15).fill(poison))
    const builder = new BatchBuilder({ route, catalog, codec, generation: 1, partition: 0 })
    const filled = gatherer.fillUpTo(builder, 18, ends)
    inbox.put(fetched(15, Array<Buffer>(10).fill(poison)))
    await filled
    expect(builder.build()).toMatchObject({ begin: 0, end: 18 })
    expect(gatherer.position).toBe(18)
  })

  it('does not wait for offsets that no visible record has', async () => {
    const { inbox, gatherer } = opened([poison])
    const builder = new BatchBuilder({ route, catalog, codec, generation: 1, partition: 0 })
    inbox.advance(3)
    await gatherer.fillUpTo(builder, 3, ends)
    expect(builder.build()).toMatchObject({ begin: 0, end: 1 })
  })
})
