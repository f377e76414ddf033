import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify } from './identity.ts'
import { takeLock, type Lock } from './lock.ts'

describe('lock of a data directory', () => {
  let dir: string
  let path: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-lock-'))
    path = join(dir, 'kafka', 'lock.json')
  })

  afterEach(() => {
    rmSync(dir, { recursive: true })
  })

  function take(): Lock {
    const taken = takeLock(path)
    if (!taken.ok) throw new Error(`held by ${taken.holder.pid}`)
    return taken.lock
  }

  /** Leaves the lock as a holder that is gone would have. */
  function leave(record: unknown): void {
    take()
    writeFileSync(path, JSON.stringify(record))
  }

  it('is refused while its holder lives, naming it', () => {
    take()
    expect(takeLock(path)).toMatchObject({ ok: false, holder: { pid: process.pid } })
  })

  it('can be taken again after release', () => {
    take().release()
    expect(takeLock(path).ok).toBe(true)
  })

  it('is taken over when another process now has the number of its holder', () => {
    leave({ holder: { pid: process.pid, startedAt: 'before the last boot' }, children: [] })
    expect(take().orphans).toEqual([])
  })

  it('tells what its dead holder left running', () => {
    const child = identify(process.ppid)
    leave({ holder: { pid: process.pid, startedAt: 'earlier' }, children: [child] })
    expect(take().orphans).toEqual([child])
  })

  it('still tells it when the one who took over is killed before ending it', () => {
    const child = identify(process.ppid)
    leave({ holder: { pid: process.pid, startedAt: 'earlier' }, children: [child] })
    take()
    const record = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...record, holder: { pid: process.pid, startedAt: 'earlier, too' } }))
    expect(take().orphans).toEqual([child])
  })

  it('names no orphan whose process is gone', () => {
    leave({
      holder: { pid: process.pid, startedAt: 'earlier' },
      children: [{ pid: process.ppid, startedAt: 'earlier' }],
    })
    expect(take().orphans).toEqual([])
  })

  it('is not removed by a holder that had released it before', () => {
    const first = take()
    first.release()
    take()
    first.release()
    expect(existsSync(path)).toBe(true)
  })
})
