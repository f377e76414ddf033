import { runService } from '@cairn/runtime'
import { load } from './config.ts'
import { startSink } from './pipeline.ts'

await runService(
  {
    argv: process.argv,
    env: process.env,
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    on: (signal, listener) => process.on(signal, listener),
    exit: (code) => process.exit(code),
    write: (text) => process.stderr.write(text),
  },
  { name: 'sink', load, start: startSink, stopDeadlineMs: 30_000 },
)
