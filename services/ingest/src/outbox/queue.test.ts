import { describe, expect, it } from '@jest/globals'
import type { Outgoing } from '@cairn/runtime'
import { Parcel } from './parcel.ts'
import { createQueue } from './queue.ts'

/** A log that acknowledges a send when told to. */
function slowLog() {
  const sends: { records: Outgoing[]; acknowledge: () => void; fail: (error: Error) => void }[] = []
  const waiters: (() => void)[] = []
  return {
    sends,
    send: (records: Outgoing[]) =>
      new Promise<void>((resolve, reject) => {
        sends.push({ records, acknowledge: resolve, fail: reject })
        waiters.splice(0).forEach((wake) => wake())
      }),
    async nth(n: number) {
      while (sends.length < n) await new Promise<void>((resolve) => waiters.push(resolve))
      return sends[n - 1]!
    },
  }
}

function record(key: string, bytes = 10): Outgoing {
  return { key, value: Buffer.alloc(bytes) }
}

describe('a partition queue', () => {
  it('sends at once when idle, and all records of one request together', async () => {
    const log = slowLog()
    const queue = createQueue(log.send)
    const parcel = new Parcel(2)
    queue.add(record('a'), parcel)
    queue.add(record('b'), parcel)
    const send = await log.nth(1)
    expect(send.records.map((r) => r.key)).toEqual(['a', 'b'])
    send.acknowledge()
    expect(await parcel.settled).toEqual({ ok: true })
  })

  it('has one send in flight; what comes meanwhile leaves together, in order', async () => {
    const log = slowLog()
    const queue = createQueue(log.send)
    const parcels = ['a', 'b', 'c'].map(() => new Parcel(1))
    queue.add(record('a'), parcels[0]!)
    const first = await log.nth(1)
    queue.add(record('b'), parcels[1]!)
    queue.add(record('c'), parcels[2]!)
    expect(log.sends).toHaveLength(1)
    first.acknowledge()
    const second = await log.nth(2)
    expect(second.records.map((r) => r.key)).toEqual(['b', 'c'])
    second.acknowledge()
    await queue.drained()
    expect(queue.bytes).toBe(0)
    expect(queue.isIdle).toBe(true)
  })

  it('gathers what comes while it lingers after a send, and does not linger when a whole send waits', async () => {
    const log = slowLog()
    const lingers: (() => void)[] = []
    const queue = createQueue(log.send, () => new Promise<void>((resolve) => lingers.push(resolve)))
    const [early, late] = [new Parcel(1), new Parcel(2)]
    queue.add(record('a'), early)
    ;(await log.nth(1)).acknowledge()
    await early.settled
    queue.add(record('b'), late)
    queue.add(record('c'), late)
    await new Promise(setImmediate)
    expect(log.sends).toHaveLength(1)
    lingers[0]!()
    const second = await log.nth(2)
    expect(second.records.map((r) => r.key)).toEqual(['b', 'c'])
    for (const key of ['d', 'e']) queue.add(record(key, 300 * 1024), new Parcel(1))
    second.acknowledge()
    expect((await log.nth(3)).records.map((r) => r.key)).toEqual(['d'])
  })

  it('never puts more than 500 records or 512 KiB into one send', async () => {
    const sizes: [number, number][] = []
    const queue = createQueue((records) => {
      sizes.push([records.length, records.reduce((sum, r) => sum + (r.value?.length ?? 0), 0)])
      return Promise.resolve()
    })
    const parcel = new Parcel(1200 + 3)
    for (let i = 0; i < 1200; i++) queue.add(record('small'), parcel)
    for (let i = 0; i < 3; i++) queue.add(record('large', 300 * 1024), parcel)
    expect(await parcel.settled).toEqual({ ok: true })
    expect(sizes.map(([count]) => count)).toEqual([500, 500, 201, 1, 1])
    expect(sizes.every(([, bytes]) => bytes <= 512 * 1024)).toBe(true)
  })

  it('sends a record that is larger than a send on its own', async () => {
    const queue = createQueue(() => Promise.resolve())
    const parcel = new Parcel(1)
    queue.add(record('huge', 600 * 1024), parcel)
    expect(await parcel.settled).toEqual({ ok: true })
  })

  it('fails what was in a failed send and goes on with the rest', async () => {
    const log = slowLog()
    const queue = createQueue(log.send)
    const [lost, kept] = [new Parcel(1), new Parcel(1)]
    queue.add(record('a'), lost)
    const first = await log.nth(1)
    queue.add(record('b'), kept)
    first.fail(new Error('no broker'))
    expect(await lost.settled).toMatchObject({ ok: false, reason: 'kafka_unavailable' })
    ;(await log.nth(2)).acknowledge()
    expect(await kept.settled).toEqual({ ok: true })
    expect(queue.bytes).toBe(0)
  })

  it('does not send what nobody waits for any more', async () => {
    const log = slowLog()
    const queue = createQueue(log.send)
    const [sent, given, next] = [new Parcel(1), new Parcel(1), new Parcel(1)]
    queue.add(record('a'), sent)
    const first = await log.nth(1)
    queue.add(record('b'), given)
    queue.add(record('c'), next)
    given.fail({ ok: false, reason: 'timed_out', message: '' })
    first.acknowledge()
    const second = await log.nth(2)
    expect(second.records.map((r) => r.key)).toEqual(['c'])
    second.acknowledge()
    await queue.drained()
    expect(queue.bytes).toBe(0)
  })
})
