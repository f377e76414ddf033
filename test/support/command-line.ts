import { Readable } from 'node:stream'
import type { Command, Io } from '../../packages/cli/src/command.ts'
import { runCommand } from '../../packages/cli/src/run.ts'
import type { Finished } from './cli.ts'

/** Runs a command of `cairn` in this process, without an environment. */
export async function runHere(commands: readonly Command[], args: readonly string[], stdin = ''): Promise<Finished> {
  const said = { out: '', err: '' }
  const io: Io = {
    env: {},
    cwd: '.',
    isTerminal: false,
    stdin: Readable.from([Buffer.from(stdin)]),
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    interrupted: new AbortController().signal,
    onFurtherInterrupt: () => undefined,
  }
  return { exit: await runCommand(commands, args, io), ...said }
}
