import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runHere } from '../../../../test/support/command-line.ts'
import { check } from './check.ts'
import { deploy } from './deploy.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cairn-check-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function file(text: string): string {
  const path = join(dir, 'shop.yaml')
  writeFileSync(path, text)
  return path
}

const broken = 'goals:\n  - name: a\n    kind: mikro\n    match: { event: x }\nsesion: {}\n'
const problems = [
  ':3:11: goals.0.kind: expected one of macro, micro, negative, got "mikro"\n',
  ':5:1: sesion: unknown key "sesion"; did you mean "session"?\n',
]

describe('cairn check', () => {
  it('sums a file in order up in one line: goals by kind, sites, and their goals where they have their own', async () => {
    const goal = (name: string, kind: string) => `{ name: ${name}, kind: ${kind}, match: { event: ${name} } }`
    const goals = [goal('a', 'macro'), goal('b', 'micro'), goal('c', 'micro')].join(', ')
    const path = file(
      `goals: [${goals}]\nsites: { x: {}, y: { goals: [${goal('n', 'negative')}] }, z: { goals: [] } }\n`,
    )
    const summary = 'goals: 1 macro, 2 micro; sites: x, y (1 negative), z (none)'
    expect(await runHere([check], ['check', path])).toEqual({ exit: 0, out: `${path}: ${summary}\n`, err: '' })
  })

  it('prints each problem on a line of its own, and that the answer is no', async () => {
    const path = file(broken)
    const out = problems.map((problem) => `${path}${problem}`).join('')
    expect(await runHere([check], ['check', path])).toEqual({ exit: 1, out, err: '' })
  })

  it('says why a file cannot be read', async () => {
    const path = join(dir, 'absent.yaml')
    const err = expect.stringContaining(`cairn check: ${path} cannot be read: `)
    expect(await runHere([check], ['check', path])).toEqual({ exit: 2, out: '', err })
  })

  it.each([[[]], [['a.yaml', 'b.yaml']]])('takes one file, not %j', async (operands) => {
    const { exit, err } = await runHere([check], ['check', ...operands])
    expect([exit, err]).toEqual([2, 'cairn check: takes one definitions file\n'])
  })
})

describe('cairn deploy', () => {
  it('prints the same of a file that is not in order, before it looks for an instance', async () => {
    const path = file(broken)
    const err = `cairn deploy: ${path} is refused:\n${problems.map((problem) => `${path}${problem}`).join('')}`
    expect(await runHere([deploy], ['deploy', path])).toEqual({ exit: 1, out: '', err })
  })
})
