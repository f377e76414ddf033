import { exitCode, OutputClosed } from './command.ts'
import { deadLetters } from './commands/dead-letters.ts'
import { deploy } from './commands/deploy.ts'
import { down } from './commands/down.ts'
import { lag } from './commands/lag.ts'
import { query } from './commands/query.ts'
import { send } from './commands/send.ts'
import { up } from './commands/up.ts'
import { verify, verifyAndPrint } from './commands/verify.ts'
import { wait } from './commands/wait.ts'
import { demoCommand } from './demo/command.ts'
import { runCommand } from './run.ts'

const interrupted = new AbortController()
let onFurtherInterrupt = (): void => process.exit(exitCode.no)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) onFurtherInterrupt()
    else interrupted.abort()
  })
}

process.stdout.on('error', () => interrupted.abort(new OutputClosed()))
// Nobody is left to be told.
process.stderr.on('error', () => undefined)

process.exitCode = await runCommand(
  [up, down, demoCommand(verifyAndPrint), send, deploy, wait, query, lag, deadLetters, verify],
  process.argv.slice(2),
  {
    env: process.env,
    cwd: process.cwd(),
    isTerminal: process.stderr.isTTY,
    stdin: process.stdin,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    interrupted: interrupted.signal,
    onFurtherInterrupt: (listener) => (onFurtherInterrupt = listener),
  },
)
