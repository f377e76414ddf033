import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from '@jest/globals'
import { NEVER } from '@cairn/domain'
import { jsonVisitorCodec as codec } from '@cairn/testkit/domain'
import { VisitorDisk } from '../../packages/runtime/src/visitors/disk.ts'
import { Turns } from '../../packages/runtime/src/visitors/turns.ts'
import { canMount } from '../support/disk-rows.ts'

const small = mkdtempSync(join(tmpdir(), 'cairn-small-disk-'))
const mounted = canMount && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).status === 0
const test = mounted ? it : it.skip
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', small])
  rmSync(small, { recursive: true, force: true })
})

const states = (from: number, count: number, more = 'x'.repeat(400)) =>
  Array.from({ length: count }, (_, at) => {
    const state = JSON.stringify({ emit_due: NEVER, close_due: NEVER, expire_due: from, more })
    return [`shop:${from + at}`, Buffer.from(state)] as const
  })

test(`a full disk says so and holds what it held before${mounted ? '' : ' (only root can mount a small disk here)'}`, async () => {
  const options = { folder: join(small, 'p'), codec, writes: new Turns() }
  const disk = new VisitorDisk(options)
  const control = (at: number) => new Map([['position', Buffer.from(String(at))]])
  await disk.write(states(0, 100), control(1))
  // As many as one transaction has, which is written as a whole or not at all.
  const full = disk.write(states(100, 2_000, 'x'.repeat(6_000)), control(2))
  await expect(full).rejects.toMatchObject({ name: 'DiskFailure', reason: 'full' })
  for (const one of [disk, undefined]) {
    const held = one ?? new VisitorDisk(options)
    expect(held.control('position')?.toString()).toBe('1')
    expect(held.get('shop:99')).toBeDefined()
    expect(held.get('shop:100')).toBeUndefined()
    expect(held.dues(2, 0, 1_000)).toHaveLength(100)
    await held.close()
  }
  rmSync(options.folder, { recursive: true })
})

test(`where a write of several transactions fills it, what it says of its position stays${mounted ? '' : ' (only root)'}`, async () => {
  const options = { folder: join(small, 'q'), codec, writes: new Turns() }
  const disk = new VisitorDisk(options)
  const control = (at: number) => new Map([['position', Buffer.from(String(at))]])
  await disk.write(states(0, 100), control(1))
  const full = disk.write(states(100, 20_000), control(2))
  await expect(full).rejects.toMatchObject({ name: 'DiskFailure', reason: 'full' })
  // What is beyond the position is read once more.
  expect(disk.control('position')?.toString()).toBe('1')
  expect(disk.get('shop:99')).toBeDefined()
  await disk.close()
})
