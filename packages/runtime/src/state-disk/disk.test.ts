import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { NEVER } from '@cairn/domain'
import { jsonOrderCodec, jsonVisitorCodec, MemoryStates, MemoryVisitors } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { StateDisk } from './disk.ts'
import { orderLayout, visitorLayout } from './layout.ts'
import { Turns } from './turns.ts'

const T = 1_790_000_000_000
const noControl = new Map<string, Buffer>()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-disk-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const layout = visitorLayout(jsonVisitorCodec)
const open = (name = 'p'): StateDisk => new StateDisk({ folder: join(folder, name), layout, writes: new Turns() })

function state(emit: number, close: number, expire: number, more = ''): Buffer {
  return Buffer.from(JSON.stringify({ emit_due: emit, close_due: close, expire_due: expire, more }))
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString()

describe('the visitors of a partition on disk', () => {
  it('are found by key and in order of due time as those in memory are, whatever was written over what', async () => {
    const keys = ['shop:a', 'shop:ä', 'shop:\u{1f45f}', `shop:${'k'.repeat(1_895)}`, `shop:${'k'.repeat(3_000)}`]
    const due = fc.oneof(
      fc.constant(NEVER),
      fc.integer({ min: 0, max: 300_000 }).map((after) => T + after),
    )
    const change = fc.tuple(fc.constantFrom(...keys), fc.option(fc.tuple(due, due, due), { freq: 4 }))
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 5 }), due, async (batches, from) => {
        const disk = open(`run-${run++}`)
        const memory = new MemoryVisitors(jsonVisitorCodec)
        for (const batch of batches) {
          const states = new Map(batch.map(([key, dues]) => [key, dues && state(...dues)]))
          await disk.write(states, noControl)
          memory.write(states)
          for (const key of keys) expect(text(disk.get(key))).toBe(text(memory.get(key)))
          for (const queue of [0, 1, 2]) {
            for (const atLeast of [1, 2, 100]) {
              const sorted = (found: readonly { due: number; key: string }[]) =>
                [...found].sort((a, b) => a.due - b.due || (a.key < b.key ? -1 : 1))
              const found = disk.dues(queue, from, atLeast)
              expect(found.map((one) => one.due)).toEqual(sorted(found).map((one) => one.due))
              expect(sorted(found)).toEqual(sorted(memory.dues(queue, from, atLeast)))
            }
          }
        }
        await disk.close()
      }),
      { numRuns: 25 },
    )
  })

  it('are there again after a close, with what was written beside them', async () => {
    const before = open()
    await before.write([['shop:a', state(NEVER, NEVER, T)]], new Map([['position', Buffer.from('17')]]))
    await before.close()
    const disk = open()
    expect(disk.dues(2, 0, 10)).toEqual([{ due: T, key: 'shop:a' }])
    expect(text(disk.control('position'))).toBe('17')
    expect(disk.control('meta')).toBeUndefined()
    expect(disk.bytes).toBeGreaterThan(4096)
    await disk.close()
  })

  it('are written in portions: when the last of them is under way, all but 2,000 are there', async () => {
    const disk = open()
    const keys = Array.from({ length: 5_000 }, (_, i) => `shop:v${i}`)
    let written = -1
    await disk.write(
      keys.map((key) => [key, state(T, T, T)]),
      noControl,
      () => {
        written = keys.filter((key) => disk.get(key) !== undefined).length
        return Promise.resolve()
      },
    )
    expect(written).toBeGreaterThanOrEqual(3_000)
    for (const key of keys) expect(disk.get(key)).toBeDefined()
    await disk.close()
  })

  it('are those of before where a write has thrown before it was under way', async () => {
    const disk = open()
    await disk.write([['shop:a', state(NEVER, NEVER, T, 'old')]], noControl)
    const broken = [
      ['shop:a', state(NEVER, NEVER, T, 'new')],
      ['shop:b', Buffer.from('no state')],
    ] as const
    await expect(disk.write(broken, noControl)).rejects.toThrow('JSON')
    expect(text(disk.get('shop:a'))).toContain('old')
    await disk.close()
  })
})

describe('the orders of a partition on disk', () => {
  const orders = (): StateDisk =>
    new StateDisk({ folder: join(folder, 'o'), layout: orderLayout(jsonOrderCodec), writes: new Turns() })
  const order = (touched_at: number, more = ''): Buffer => Buffer.from(JSON.stringify({ touched_at, more }))

  it('are found by key and in order of their last change as those in memory are, also after a close', async () => {
    const change = fc.tuple(
      fc.constantFrom('shop:a', 'shop:b', 'shop:ö', `shop:${'k'.repeat(3_000)}`),
      fc.option(
        fc.integer({ min: T, max: T + 90_000 }).map((at) => order(at)),
        { freq: 4 },
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 4 }), async (batches) => {
        const memory = new MemoryStates((bytes) => [jsonOrderCodec.touchedAt(bytes)])
        for (const batch of batches) {
          const disk = orders()
          await disk.write(batch, noControl)
          memory.write(batch)
          await disk.close()
        }
        const disk = orders()
        const sorted = (found: readonly { due: number; key: string }[]) =>
          [...found].sort((a, b) => a.due - b.due || (a.key < b.key ? -1 : 1))
        expect(sorted(disk.dues(0, 0, 100))).toEqual(sorted(memory.dues(0, 0, 100)))
        expect(disk.size).toBe(memory.states().length)
        for (const [key, bytes] of memory.states()) expect(text(disk.get(key))).toBe(text(bytes))
        await disk.discard()
      }),
      { numRuns: 15 },
    )
  })

  it('stand in the index at their last change exactly, which moves with each', async () => {
    const disk = orders()
    await disk.write([['shop:a', order(T)]], noControl)
    await disk.write([['shop:a', order(T + 1)]], noControl)
    expect(disk.dues(0, 0, 10)).toEqual([{ due: T + 1, key: 'shop:a' }])
    await disk.close()
  })
})
