// Run by scripts/bench.mjs, which sees to the build and to Node 24.
import { rmSync } from 'node:fs'
import { attribution } from './attribution/measure.ts'
import { openBench, type Bench } from './environment.ts'
import { ingest } from './ingest/measure.ts'
import { latency } from './latency.ts'
import { readOptions, usage, type Measure } from './options.ts'
import { benchFolder, stopProcesses } from './processes.ts'
import { progress } from './report.ts'
import { restore } from './restore.ts'
import { sink } from './sink/measure.ts'
import { state } from './state/measure.ts'

const run: Readonly<Record<Measure, (bench: Bench) => Promise<void>>> = {
  attribution,
  sink,
  ingest,
  latency,
  restore,
  state,
}

const options = readOptions(process.argv.slice(2))
if (typeof options === 'string') {
  progress(`${options}\n${usage}`)
  process.exit(2)
}
rmSync(`${benchFolder}/profiles`, { recursive: true, force: true })
const bench = await openBench(options)
const end = async (code: number) => {
  await stopProcesses()
  await bench.close()
  process.exit(code)
}
process.once('SIGINT', () => void end(130))
process.once('SIGTERM', () => void end(143))
try {
  for (const measure of options.measures) {
    progress(`${measure}: ${options.events} events, ${options.visitors} visitors`)
    await run[measure](bench)
  }
  await end(0)
} catch (error) {
  progress(error instanceof Error ? (error.stack ?? error.message) : String(error))
  await end(1)
}
