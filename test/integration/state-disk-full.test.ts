import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { canMount } from '../support/disk-rows.ts'
import { repository } from '../support/workers.ts'

const page = 4096
/** From no room for anything to room for a database. */
const pages = Array.from({ length: 60 }, (_, n) => n + 1)
/** Opens a database in each folder and says what became of it; in a process of its own, which a failing open could end. */
const script = `
  import { openTables } from ${JSON.stringify(join(repository, 'packages', 'runtime', 'dist', 'state-disk', 'database.js'))}
  for (const folder of process.argv.slice(1)) {
    try {
      await openTables(folder).root.close()
      console.log('open')
    } catch (error) {
      console.log(error.reason)
    }
  }`

describe('a disk without room', () => {
  let dir: string
  let disks: string[]
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-full-'))
    disks = pages.map((n) => join(dir, String(n)))
  })
  afterEach(() => {
    for (const disk of disks) spawnSync('umount', ['-l', disk])
    rmSync(dir, { recursive: true })
  })

  const named = `is said to be full, whatever there is no room for${canMount ? '' : ' (only root can mount a small disk)'}`
  ;(canMount ? it : it.skip)(named, () => {
    for (const [i, disk] of disks.entries()) {
      mkdirSync(disk)
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${(pages[i] ?? 0) * page}`, 'tmpfs', disk])
    }
    const { stdout, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...disks])
    expect([status, signal]).toEqual([0, null])
    const said = stdout.toString().trim().split('\n')
    expect(said).toHaveLength(disks.length)
    expect(new Set(said)).toEqual(new Set(['full', 'open']))
  })
})
