import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { keepWriteKeys } from './write-keys.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cairn-write-keys-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

describe('write keys of a data directory', () => {
  it('are those given last', () => {
    expect(keepWriteKeys(dir, undefined)).toEqual({ dev: 'dev' })
    const given = { web: 'linden', till: 'linden:server' }
    expect(keepWriteKeys(dir, given)).toEqual(given)
    expect(keepWriteKeys(dir, undefined)).toEqual(given)
    expect(keepWriteKeys(dir, { web: 'oak' })).toEqual({ web: 'oak' })
    expect(keepWriteKeys(dir, undefined)).toEqual({ web: 'oak' })
  })

  it('are for nobody else to read', () => {
    keepWriteKeys(dir, { till: 'linden:server' })
    expect(statSync(join(dir, 'write-keys.json')).mode & 0o077).toBe(0)
  })

  it('are asked for where what was given cannot be read', () => {
    writeFileSync(join(dir, 'write-keys.json'), '{"web":')
    expect(() => keepWriteKeys(dir, undefined)).toThrow('name them with --sites')
    expect(keepWriteKeys(dir, { web: 'oak' })).toEqual({ web: 'oak' })
  })
})
