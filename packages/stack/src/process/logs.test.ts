import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLines, rotateLog } from './logs.ts'

describe('log of a server', () => {
  let dir: string
  let file: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-logs-'))
    file = join(dir, 'kafka.log')
  })

  afterEach(() => {
    rmSync(dir, { recursive: true })
  })

  it('keeps the run before and no more', () => {
    for (const run of ['first', 'second', 'third']) {
      rotateLog(file)
      writeFileSync(file, run)
    }
    rotateLog(file)
    expect(existsSync(file)).toBe(false)
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('third')
    expect(existsSync(`${file}.2`)).toBe(false)
  })

  it('ends with its last lines, however long it is', () => {
    writeFileSync(file, `${'x'.repeat(100)}\n`.repeat(10_000) + 'the last but one\nthe last\n')
    expect(lastLines(file, 2)).toEqual(['the last but one', 'the last'])
  })

  it('has no last lines before it exists', () => {
    expect(lastLines(file)).toEqual([])
  })
})
