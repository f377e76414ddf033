import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { runHere } from '../../../test/support/command-line.ts'
import { commands } from './commands.ts'

const all = commands.map((command) => [command.name, command] as const)

describe('cairn', () => {
  it.each(['--help', 'help'])('%s lists every command with what it does', async (asked) => {
    const { exit, out, err } = await runHere(commands, [asked])
    expect([exit, err]).toEqual([0, ''])
    const listed = [...out.matchAll(/^ {2}(\S+) +(.+)$/gm)].map(([, name, summary]) => [name, summary])
    expect(listed).toEqual(commands.map(({ name, summary }) => [name, summary]))
  })

  it('says the same where no command is named, and that this is wrong usage', async () => {
    const { out } = await runHere(commands, ['--help'])
    expect(await runHere(commands, [])).toEqual({ exit: 2, out, err: '' })
  })

  it.each(['sned', '--json'])('names what is no command: %s', async (given) => {
    const { exit, out, err } = await runHere(commands, [given])
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain(`cairn: no command "${given}"\n\nUsage: cairn COMMAND`)
  })

  it('has the commands that the README lists', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', '..', '..', 'README.md'), 'utf8')
    const listed = [...readme.matchAll(/^\| `cairn ([\w-]+)[^`]*` \|/gm)].map(([, name]) => name)
    expect(listed.toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
  })
})

describe.each(all)('cairn %s', (name, command) => {
  it('--help lists its options, each with what it is for', async () => {
    const { exit, out, err } = await runHere(commands, [name, '--help'])
    expect([exit, err]).toEqual([0, ''])
    expect(out).toContain(`Usage: cairn ${name} ${command.operands}`.trim())
    const listed = [...out.matchAll(/^ {2}--(\S+)(?: [^ ]+)? +(.+)$/gm)].map(([, option, help]) => [option, help])
    const known = Object.entries(command.options).map(([option, { help }]) => [option, expect.stringContaining(help)])
    expect(listed).toEqual(known)
  })

  it('names an option it does not have, and lists those it has', async () => {
    const { exit, out, err } = await runHere(commands, [name, '--no-such-option'])
    expect([exit, out]).toEqual([2, ''])
    expect(err).toMatch(new RegExp(`^cairn ${name}: .*'--no-such-option'.*\n\nUsage: cairn ${name}`, 's'))
  })
})
