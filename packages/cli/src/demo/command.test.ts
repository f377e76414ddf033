import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from '@jest/globals'
import { exitCode, type Io } from '../command.ts'
import { runCommand } from '../run.ts'
import { demoCommand } from './command.ts'

const directory = mkdtempSync(join(tmpdir(), 'demo-data-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function run(...args: string[]) {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const { signal } = new AbortController()
  const io: Io = {
    env: {},
    cwd: directory,
    isTerminal: false,
    stdin: Readable.from([]),
    out: say,
    err: say,
    interrupted: signal,
    onFurtherInterrupt: () => undefined,
  }
  const exit = await runCommand([demoCommand(() => Promise.resolve(true))], ['demo', ...args], io)
  return { exit, said: said.join('') }
}

describe('cairn demo', () => {
  it('refuses a directory that holds something, without touching it', async () => {
    writeFileSync(join(directory, 'precious'), '')
    const { exit, said } = await run('--data', directory)
    expect(exit).toBe(exitCode.usage)
    expect(said).toBe(`cairn demo: ${directory} holds data: name an empty directory with --data\n`)
  })

  it('takes no operand', async () => {
    expect(await run('now')).toEqual({ exit: exitCode.usage, said: 'cairn demo: takes no operand, got "now"\n' })
  })
})
