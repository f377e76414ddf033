import { countBuffersAsHeap, faultsFrom, runService } from '@cairn/runtime'
import { loadIngestConfig, settings } from './config.ts'
import { startIngest } from './service.ts'

countBuffersAsHeap(process.versions.v8)
await runService(
  {
    argv: process.argv,
    env: process.env,
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    on: (signal, listener) => process.on(signal, listener),
    exit: (code) => process.exit(code),
    write: (text) => void process.stderr.write(text),
    print: (text) => void process.stdout.write(text),
  },
  {
    name: 'ingest',
    settings,
    load: loadIngestConfig,
    start: (config) => startIngest(config, faultsFrom(config.CAIRN_FAULT, process)),
    stopDeadlineMs: 30_000,
  },
)
