import { describe, expect, it } from '@jest/globals'
import { eventKey } from '@cairn/domain'
import { createCodec, createVisitorCodec, readCatalog, type Incoming, type Outgoing } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import type { Shell } from './shell.ts'
import { WorkingFold } from './working-fold.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const shell = { codec, visitorCodec: createVisitorCodec(catalog), topic: (kind) => kind } as Shell
const start = Date.UTC(2026, 0, 5, 10)
const visitors = 300

/** Many visitors, then silence, then two ticks: the first closes all their sessions. */
function outage(): Incoming[] {
  const events = Array.from({ length: visitors }, (_, i) => {
    const event = buildEvent({ visitor_id: `v${i}`, event_id: `e${i}`, event_time: start + i })
    return { key: eventKey(event), value: codec.encodeEvent(event), timestamp: start + i }
  })
  const tick = { key: '', value: codec.encode('tick', { flush_id: '', hold_ms: 0 }), timestamp: start + 7_200_000 }
  return [...events, tick, tick].map((record, offset) => ({ ...record, offset }))
}

/** Folds all records in transactions of at most about so many bytes. */
async function foldIn(bytes: number) {
  const fold = new WorkingFold(shell, 0, { checkpoint: undefined })
  const outputs = new Map<string, Outgoing[]>()
  const sizes: number[] = []
  for (let left = outage(); left.length > 0;) {
    left = left.slice((await fold.take(left, bytes)).records)
    sizes.push(fold.outputs.bytes)
    for (const { topic, records } of fold.outputs.records((kind) => kind))
      outputs.set(topic, [...(outputs.get(topic) ?? []), ...records])
    fold.commit()
  }
  return { outputs, sizes, crc: fold.outputs.crc }
}

describe('the fold at work', () => {
  it('takes no further record once its outputs fill a transaction', async () => {
    const { sizes } = await foldIn(5000)
    expect(sizes.length).toBeGreaterThan(5)
    // What one record gives stays together: here all sessions that the tick closes.
    const [largest, ...others] = sizes.sort((a, b) => b - a)
    expect(largest).toBeGreaterThan(5000)
    expect(Math.max(...others)).toBeLessThan(6000)
  })

  it('gives the same bytes and checksum however it is cut', async () => {
    const whole = await foldIn(Infinity)
    expect(whole.sizes).toHaveLength(1)
    const { outputs, crc } = await foldIn(5000)
    expect(outputs).toEqual(whole.outputs)
    expect(crc).toBe(whole.crc)
  })

  it('lets others have their turn while it folds', async () => {
    const records = outage().slice(0, visitors)
    const fold = new WorkingFold(shell, 0, { checkpoint: undefined })
    let turns = 0
    let isOver = false
    const other = () => {
      turns++
      if (!isOver) setImmediate(other)
    }
    setImmediate(other)
    const { records: taken } = await fold.take(records)
    isOver = true
    expect(taken).toBe(visitors)
    // Each event counts, and so does its label.
    expect(turns).toBeGreaterThanOrEqual(Math.floor((2 * visitors) / 500))
  })

  it('ends before a schema it does not know, and goes on once it is known', async () => {
    const known = outage().slice(0, 3)
    const unknown = Buffer.from([0, 0, 0, 39, 15, 1, 2])
    const records = known.map((record) => (record.offset === 1 ? { ...record, value: unknown } : record))
    const fold = new WorkingFold(shell, 0, { checkpoint: undefined })
    expect((await fold.take(records)).records).toBe(1)
    expect(fold.unknownSchema).toMatchObject({ schemaId: 9999 })
    fold.commit()
    expect((await fold.take(known.slice(1))).records).toBe(2)
    expect(fold.unknownSchema).toBeUndefined()
  })
})
