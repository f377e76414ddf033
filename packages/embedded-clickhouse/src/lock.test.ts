import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDirectory } from './lock.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('lockDirectory', () => {
  it('is refused while a living process holds it, and free after its release', () => {
    const first = lockDirectory(directory)
    expect(lockDirectory(directory)).toMatchObject({
      held: false,
      reason: expect.stringContaining(String(process.pid)),
    })
    if (first.held) first.release()
    expect(readdirSync(directory)).toEqual([])
    expect(lockDirectory(directory).held).toBe(true)
  })

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '1' })],
    ['a process whose number another one has now', JSON.stringify({ pid: process.pid, started: '1' })],
    ['a file cut off by a power loss', '{"pid":'],
  ])('takes over from %s', (_, text) => {
    writeFileSync(join(directory, 'front.lock'), text)
    expect(lockDirectory(directory).held).toBe(true)
    expect(readdirSync(directory)).toEqual(['front.lock'])
  })

  it('does not release what another has taken since', () => {
    const first = lockDirectory(directory)
    writeFileSync(join(directory, 'front.lock'), 'of another')
    if (first.held) first.release()
    expect(existsSync(join(directory, 'front.lock'))).toBe(true)
  })
})
