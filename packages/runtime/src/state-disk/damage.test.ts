import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { NEVER } from '@cairn/domain'
import { jsonOrderCodec, jsonVisitorCodec } from '@cairn/testkit/domain'
import { overwrite } from '../../../../test/support/damage.ts'
import { indexKey } from './disk-key.ts'
import { StateDisk } from './disk.ts'
import { orderLayout, visitorLayout } from './layout.ts'
import { Turns } from './turns.ts'

const T = 1_790_000_000_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-disk-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString()
const dues = { emit_due: NEVER, close_due: NEVER, expire_due: T, touched_at: T }
const state = (more: string): Buffer => Buffer.from(JSON.stringify({ ...dues, more }))
const unreadable = { name: 'DiskFailure', reason: 'unreadable' }

function caught(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return error
  }
}

describe.each([
  ['visitors', visitorLayout(jsonVisitorCodec), 2],
  ['orders', orderLayout(jsonOrderCodec), 0],
] as const)('a disk of %s in which bytes were overwritten', (_, layout, queue) => {
  const open = (): StateDisk => new StateDisk({ folder, layout, writes: new Turns() })

  async function left(...damaged: readonly Buffer[]): Promise<StateDisk> {
    const disk = open()
    const states = ['a', 'b'].map((of): [string, Buffer] => [`shop:${of}`, state(`of ${of}`)])
    await disk.write(states, new Map([['position', Buffer.from('position 1700')]]))
    await disk.close()
    for (const bytes of damaged) overwrite(folder, bytes)
    return open()
  }

  it('fails where it is asked for a state of which that is so, and for no other', async () => {
    const disk = await left(state('of b'))
    expect(text(disk.get('shop:a'))).toBe(state('of a').toString())
    expect(caught(() => disk.get('shop:b'))).toMatchObject(unreadable)
    await disk.close()
  })

  it('fails where such a state is to be replaced: nobody knows where it stands in the indexes', async () => {
    const disk = await left(state('of b'))
    await disk.write([['shop:a', state('again')]], new Map())
    await expect(disk.write([['shop:b', state('again')]], new Map())).rejects.toMatchObject(unreadable)
    await disk.close()
  })

  it('fails where a digit of what stands beside the states has become another', async () => {
    const disk = await left(Buffer.from('17'))
    expect(caught(() => disk.control('position'))).toMatchObject(unreadable)
    await disk.close()
  })

  it('fails where the due times of its index are not in order any more', async () => {
    const disk = await left()
    expect(disk.dues(queue, 0, 10)).toHaveLength(2)
    await disk.close()
    overwrite(folder, indexKey(queue, T, Buffer.from('shop:a')))
    const damaged = open()
    expect(caught(() => damaged.dues(queue, 0, 10))).toMatchObject(unreadable)
    await damaged.close()
  })
})
