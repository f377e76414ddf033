import { countBuffersAsHeap, GarbageBound, runService } from '@cairn/runtime'
import { load, settings } from './config.ts'
import { startAttribution } from './pipeline.ts'

countBuffersAsHeap(process.versions.v8)
await runService(
  {
    argv: process.argv,
    env: process.env,
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    on: (signal, listener) => process.on(signal, listener),
    exit: (code) => process.exit(code),
    write: (text) => process.stderr.write(text),
    print: (text) => process.stdout.write(text),
  },
  {
    name: 'attribution',
    settings,
    load,
    start: (config, process) => startAttribution(config, process, new GarbageBound(config.STATE_CACHE_BYTES)),
    stopDeadlineMs: 30_000,
  },
)
