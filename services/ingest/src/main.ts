import { faultsFrom, runService } from '@cairn/runtime'
import { loadIngestConfig } from './config.ts'
import { startIngest } from './service.ts'

await runService(
  {
    argv: process.argv,
    env: process.env,
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    on: (signal, listener) => process.on(signal, listener),
    exit: (code) => process.exit(code),
    write: (text) => void process.stderr.write(text),
  },
  {
    name: 'ingest',
    load: loadIngestConfig,
    start: (config) => startIngest(config, faultsFrom(config.CAIRN_FAULT, process)),
    stopDeadlineMs: 30_000,
  },
)
