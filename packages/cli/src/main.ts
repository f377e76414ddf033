import { deadLetters } from './commands/dead-letters.ts'
import { deploy } from './commands/deploy.ts'
import { lag } from './commands/lag.ts'
import { query } from './commands/query.ts'
import { send } from './commands/send.ts'
import { up } from './commands/up.ts'
import { verify, verifyAndPrint } from './commands/verify.ts'
import { wait } from './commands/wait.ts'
import { demoCommand } from './demo/command.ts'
import { runCommand } from './run.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())

process.exitCode = await runCommand(
  [up, demoCommand(verifyAndPrint), send, deploy, wait, query, lag, deadLetters, verify],
  process.argv.slice(2),
  {
    env: process.env,
    cwd: process.cwd(),
    isTerminal: process.stderr.isTTY,
    stdin: process.stdin,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    interrupted: interrupted.signal,
  },
)
