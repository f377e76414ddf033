import { describe, expect, it } from '@jest/globals'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { buildEvent, FoldRun, foldWhole, jsonVisitorCodec, LogBuilder, MemoryVisitors } from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { PartitionState, StorefrontEvent } from '../index.ts'
import { createPartition, limitCache, noteStored, takeDirty } from '../index.ts'

const T = 1_790_000_000_000
const MINUTE = 60_000

const goals = [{ name: 'look', kind: 'micro', match: { event: 'view_item' } }]

/** What happens next: some visitors of a run of them send, again what was sent, or nobody but time passes. */
const happening = fc.record({
  what: fc.constantFrom('send', 'send', 'repeat', 'tick', 'flush'),
  from: fc.nat({ max: 300 }),
  visitors: fc.integer({ min: 1, max: 100 }),
  title: fc.constantFrom('', 'x'.repeat(2_000)),
  /** The last is long enough for a visitor to be forgotten. */
  afterMs: fc.constantFrom(0, 1_000, 31 * MINUTE, 25 * 60 * MINUTE, 200 * 24 * 60 * MINUTE),
  /** Whether a checkpoint is taken then, and what is read while it is stored. */
  then: fc.constantFrom('nothing', 'checkpoint', 'checkpoint', 'checkpoint while others send'),
})
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never

const capacities = fc.constantFrom(0, 1, 10_000, 50_000, 1_000_000)

/** A partition whose visitors lie on a disk as far as memory has no room for them. */
class Cached {
  readonly #disk = new MemoryVisitors(jsonVisitorCodec)
  readonly #log = new LogBuilder()
  readonly partition: PartitionState
  #now = T

  constructor(cacheBytes: number, codec = jsonVisitorCodec) {
    this.partition = createPartition(codec, { cold: this.#disk, cacheBytes })
    foldWhole(this.partition, this.#log.definitions(T, 1, { session: { grace: '1h' }, goals }))
  }

  happen({ what, from, visitors, title, afterMs }: Happening): void {
    this.#now += afterMs
    if (what === 'tick') foldWhole(this.partition, this.#log.tick(this.#now))
    if (what === 'flush') foldWhole(this.partition, this.#log.flush(this.#now))
    if (what !== 'send' && what !== 'repeat') return
    for (let n = from; n < from + visitors; n++) {
      const id = what === 'send' ? `${n}-${this.#log.records.length}` : `${n}`
      const fields = { event_id: id, visitor_id: `v${n}`, event_time: this.#now, name: 'view_item', path: `/${title}` }
      foldWhole(this.partition, this.#log.event(this.#now, buildEvent(fields)))
    }
  }

  checkpoint(meanwhile: () => void = () => undefined): void {
    const taken = takeDirty(this.partition)
    meanwhile()
    this.#disk.write(taken)
    noteStored(this.partition)
  }
}

describe('memory for visitors', () => {
  it('holds no more than it may once the disk has all that changed, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 12 }), capacities, (happenings, capacity) => {
        const cached = new Cached(capacity)
        for (const one of happenings) {
          cached.happen(one)
          if (one.then === 'checkpoint while others send')
            cached.checkpoint(() => cached.happen({ ...one, what: 'send', from: one.from + 50 }))
          if (one.then !== 'checkpoint') continue
          cached.checkpoint()
          expect(cached.partition.cacheBytes).toBeLessThanOrEqual(capacity)
        }
        // Nothing is counted twice or left in the count: what holds no visitor takes nothing.
        cached.checkpoint()
        limitCache(cached.partition, 0)
        cached.happen({ what: 'tick', from: 0, visitors: 1, title: '', afterMs: 0, then: 'nothing' })
        cached.checkpoint()
        expect(cached.partition.cacheBytes).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('gives back what it holds beyond that with the next record, where it may hold less from then on', () => {
    const cached = new Cached(1_000_000)
    cached.happen({ ...sending, visitors: 100 })
    cached.checkpoint()
    const held = cached.partition.cacheBytes
    expect(held).toBeGreaterThan(100_000)
    limitCache(cached.partition, held / 2)
    cached.happen({ ...sending, what: 'tick' })
    expect(cached.partition.cacheBytes).toBeLessThanOrEqual(held / 2)
    // Not all of it: what was used last stays.
    expect(cached.partition.cacheBytes).toBeGreaterThan(held / 3)
  })

  it('has saved visitors read anew only where they would take more than half of it as objects', () => {
    const held = readsAfterCheckpoint(Infinity)
    expect(held.reads).toBe(0)
    expect(readsAfterCheckpoint(2 * held.cacheBytes).reads).toBe(0)
    const { reads } = readsAfterCheckpoint(1.6 * held.cacheBytes)
    expect(reads).toBeGreaterThan(20)
    expect(reads).toBeLessThan(80)
    expect(readsAfterCheckpoint(0).reads).toBe(100)
  })

  it.each([
    ['objects', 0],
    ['bytes, which a checkpoint leaves', 1],
  ])('is counted at half to twice of what the engine takes for it, as %s', (_, checkpoints) => {
    const before = memory()
    const { partition } = manyVisitors(3_000)
    for (let n = 0; n < checkpoints; n++) takeDirty(partition)
    const grown = memory() - before
    expect(partition.cacheBytes / grown).toBeGreaterThan(0.5)
    expect(partition.cacheBytes / grown).toBeLessThan(2)
  })
})

/** What a hundred visitors take as objects, and how many of them are read when all come again after a checkpoint. */
function readsAfterCheckpoint(capacity: number): { readonly cacheBytes: number; readonly reads: number } {
  let reads = 0
  const decode: typeof jsonVisitorCodec.decode = (bytes) => {
    reads++
    return jsonVisitorCodec.decode(bytes)
  }
  const cached = new Cached(capacity, { ...jsonVisitorCodec, decode })
  cached.happen({ ...sending, visitors: 100 })
  const { cacheBytes } = cached.partition
  cached.checkpoint()
  cached.happen({ ...sending, visitors: 100 })
  return { cacheBytes, reads }
}

const sending: Happening = { what: 'send', from: 0, visitors: 1, title: '', afterMs: 0, then: 'nothing' }

/** Visitors with three visits each, all in memory. */
function manyVisitors(count: number): FoldRun {
  const run = new FoldRun()
  run.define(T, { goals })
  for (let visit = 0; visit < 3; visit++)
    for (let n = 0; n < count; n++) {
      const at = T + visit * 40 * MINUTE
      run.event(at, visitOf(n, visit))
      run.log.records.length = 0
    }
  return run
}

/** With texts of its own, as they are where each was read from another record. */
function visitOf(n: number, visit: number): Partial<StorefrontEvent> & { readonly event_id: string } {
  const visitor_id = `visitor-${n}-of-many`
  const how = { source: `source${n}`, medium: `medium${n}`, campaign: `campaign${n}`, path: `/path/of/${n}` }
  return { event_id: `event-${n}-${visit}`, visitor_id, name: 'view_item', ...how }
}

/** Bytes that are in use, garbage apart. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let n = 0; n < 3; n++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
