import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { NEVER } from '@cairn/domain'
import { jsonVisitorCodec } from '@cairn/testkit/domain'
import { visitorLayout } from './layout.ts'
import { openStateDisk } from './open.ts'
import { Turns } from './turns.ts'

const held = new AbortController().signal
let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cairn-disk-'))
  folder = join(parent, 'p.1')
})
afterEach(() => {
  rmSync(parent, { recursive: true })
})

const open = () => openStateDisk({ folder, layout: visitorLayout(jsonVisitorCodec), writes: new Turns() }, held)
const owner = () => join(folder, 'owner.json')
const state = Buffer.from(JSON.stringify({ emit_due: NEVER, close_due: NEVER, expire_due: 1 }))

/** A folder with one visitor, as a process that was killed leaves it, but for what `change` does to its owner. */
async function leftBehind(change: (owner: Record<string, unknown>) => object): Promise<void> {
  const { disk } = await open()
  await disk.write([['shop:a', state]], new Map())
  const left = JSON.parse(readFileSync(owner(), 'utf8')) as Record<string, unknown>
  await disk.close()
  writeFileSync(owner(), JSON.stringify(change(left)))
}

const dead = { pid: 2 ** 22 + 1 }

describe('the folder of a partition', () => {
  it('is used as it was left after a clean end, which leaves no owner', async () => {
    await leftBehind((left) => left)
    rmSync(owner())
    const { disk, discarded } = await open()
    expect(discarded).toBeUndefined()
    expect(disk.get('shop:a')).toBeDefined()
    await disk.close()
    expect(existsSync(owner())).toBe(false)
  })

  it('is used as it was left by a process that was killed: the system has kept what it had committed', async () => {
    await leftBehind((left) => ({ ...left, ...dead }))
    const { disk, discarded } = await open()
    expect(discarded).toBeUndefined()
    expect(disk.get('shop:a')).toBeDefined()
    await disk.close()
  })

  it.each([
    ['its system has started again since', { ...dead, boot: 'another' }, 'unclean_end'],
    ['its owner was on another machine', { ...dead, host: 'another' }, 'unclean_end'],
    ['opening it has ended three processes before their first write', { ...dead, attempts: 3 }, 'unreadable'],
    ['another living process has it and does not let go', {}, 'in_use'],
  ])('is thrown away when %s', async (_, left, reason) => {
    await leftBehind((owner) => ({ ...owner, ...left }))
    const { disk, discarded } = await open()
    expect(discarded).toBe(reason)
    expect(disk.get('shop:a')).toBeUndefined()
    await disk.close()
    expect(readdirSync(parent)).toEqual(['p.1'])
  })

  it.each([
    ['is cut off', () => truncateSync(join(folder, 'data.mdb'), 3 * 4096)],
    ['is no database', () => writeFileSync(join(folder, 'data.mdb'), Buffer.alloc(50_000, 7))],
    [
      'is a directory',
      () => {
        rmSync(join(folder, 'data.mdb'))
        mkdirSync(join(folder, 'data.mdb'))
      },
    ],
  ])('is thrown away when its file %s', async (_, damage) => {
    await leftBehind((left) => ({ ...left, ...dead }))
    damage()
    const { disk, discarded } = await open()
    expect(discarded).toBe('unreadable')
    expect(disk.get('shop:a')).toBeUndefined()
    await disk.close()
  })

  it('is taken over as it is when its owner lets go in time', async () => {
    const first = await open()
    await first.disk.write([['shop:a', state]], new Map())
    const second = open()
    await first.disk.close()
    const { disk, discarded } = await second
    expect(discarded).toBeUndefined()
    expect(disk.get('shop:a')).toBeDefined()
    await disk.close()
  })

  it('that was taken from an owner who hangs is not touched by it when it wakes', async () => {
    const hung = await open()
    const { disk, discarded } = await open()
    expect(discarded).toBe('in_use')
    await disk.write([['shop:b', state]], new Map())
    await hung.disk.write([['shop:a', state]], new Map())
    await hung.disk.close()
    expect(existsSync(owner())).toBe(true)
    expect(disk.get('shop:a')).toBeUndefined()
    await disk.close()
    const again = await open()
    expect(again.discarded).toBeUndefined()
    expect(again.disk.get('shop:b')).toBeDefined()
    await again.disk.close()
  })
})
