import { expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { temporaryDataDir } from './processes.ts'

const built = resolve(import.meta.dirname, '..', '..', '..', 'packages', 'stack', 'dist', 'process', 'lock.js')

/** Says that it is ready, takes the lock when told to, says how that went, and lives on to hold it. */
const taker = `
  const { takeLock } = await import(process.argv[1])
  process.stdin.once('data', () => console.log(takeLock(process.argv[2]).ok))
  console.log('ready')`

it('a stale lock goes to exactly one of several processes that find it at the same time', async () => {
  const dir = temporaryDataDir()
  const path = join(dir, 'kafka', 'lock.json')
  mkdirSync(dirname(path))
  writeFileSync(path, JSON.stringify({ holder: { pid: process.pid, startedAt: 'earlier' }, children: [] }))

  const takers = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', taker, built, path]))
  const said = (child: (typeof takers)[number]) =>
    new Promise<string>((resolve) => child.stdout.once('data', (line: Buffer) => resolve(line.toString('utf8').trim())))
  expect(await Promise.all(takers.map(said))).toEqual(['ready', 'ready', 'ready', 'ready'])
  const outcomes = takers.map(said)
  for (const child of takers) child.stdin.write('now')
  expect((await Promise.all(outcomes)).sort()).toEqual(['false', 'false', 'false', 'true'])

  for (const child of takers) child.kill()
  rmSync(dir, { recursive: true })
})
