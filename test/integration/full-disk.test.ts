import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from '@jest/globals'
import { canMount } from '../support/disk-rows.ts'
import { repository } from '../support/workers.ts'

const small = mkdtempSync(join(tmpdir(), 'cairn-small-disk-'))
const mounted = canMount && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).status === 0
const test = mounted ? it : it.skip
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', small])
  rmSync(small, { recursive: true, force: true })
})

/** What a process says that writes more than there is room for. */
async function filled(visitors: number, characters: number): Promise<unknown> {
  const folder = join(small, 'p')
  const program = join(repository, 'test/support/fill-disk.js')
  const { stdout } = await promisify(execFile)(process.execPath, [program, folder, `${visitors}`, `${characters}`])
  rmSync(folder, { recursive: true })
  return JSON.parse(stdout)
}

const full = { name: 'DiskFailure', reason: 'full' }

test(`a full disk says so and holds what it held before${mounted ? '' : ' (only root can mount a small disk here)'}`, async () => {
  // As many as one transaction has, which is written as a whole or not at all.
  const before = { position: '1', has99: true, has100: false, due: 100 }
  expect(await filled(2_000, 6_000)).toEqual({ failure: full, now: before, reopened: before })
})

test(`where a write of several transactions fills it, what it says of its position stays${mounted ? '' : ' (only root)'}`, async () => {
  // What is beyond the position is read once more.
  const kept = { position: '1', has99: true }
  expect(await filled(20_000, 400)).toMatchObject({ failure: full, now: kept, reopened: kept })
})

test(`it is said to be full, whatever of a new database there is no room for${mounted ? '' : ' (only root)'}`, async () => {
  const disks = Array.from({ length: 60 }, (_, n) => ({ folder: join(small, `${n + 1}`), bytes: (n + 1) * 4096 }))
  try {
    for (const { folder, bytes } of disks) {
      mkdirSync(folder)
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
    }
    const program = join(repository, 'test/support/open-disks.js')
    const folders = disks.map(({ folder }) => folder)
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...folders])
    const said = stdout.trim().split('\n')
    expect(said).toHaveLength(disks.length)
    expect(new Set(said)).toEqual(new Set(['full', 'open']))
  } finally {
    for (const { folder } of disks) spawnSync('umount', ['-l', folder])
  }
})
