import { exitCode, OutputClosed } from './command.ts'
import { commands } from './commands.ts'
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

process.exitCode = await runCommand(commands, process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  isTerminal: process.stderr.isTTY,
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interrupted: interrupted.signal,
  onFurtherInterrupt: (listener) => (onFurtherInterrupt = listener),
})
