// One broker and one engine for all integration tests of a run; where they are is in the environment of every test.
// Plain JavaScript over the built packages, because jest loads this file before its transforms apply.
import { discardStack, startStack } from '@cairn/stack'
import { mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const runs = resolve(import.meta.dirname, '..', '..', '.cairn', 'test')

// Brokers that run for minutes and carry little do with less of a compiler and collector: half of their processor time.
process.env.KAFKA_HEAP_OPTS ??= '-Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1'

export default async function startServers() {
  endOn('SIGINT', 2)
  endOn('SIGTERM', 15)
  mkdirSync(runs, { recursive: true })
  // Runs that were killed left their data, and perhaps their servers; those of a run that is still going are refused.
  for (const run of readdirSync(runs)) await discardStack({ dataDir: join(runs, run), env: process.env })
  const dataDir = join(runs, String(process.pid))
  const started = await startStack({ dataDir, env: process.env, onCrash: reportCrash })
  if (!started.ok) throw new Error(started.message)
  const { kafka, clickhouse, stop } = started.stack
  process.env.KAFKA_BROKERS = kafka.brokers.join(',')
  process.env.CLICKHOUSE_URL = clickhouse.url
  process.env.CLICKHOUSE_USER = clickhouse.user
  process.env.CLICKHOUSE_PASSWORD = clickhouse.password

  globalThis.endIntegrationServers = async () => {
    await stop()
    await discardStack({ dataDir, env: process.env })
  }
}

/** A run that is interrupted takes its servers along. One interrupted while they start leaves only data, for the next run to clear. */
function endOn(signal, number) {
  process.once(signal, () => {
    const ended = globalThis.endIntegrationServers?.() ?? Promise.resolve()
    void ended.finally(() => process.exit(128 + number))
  })
}

function reportCrash({ server, code, signal, lastLines }) {
  process.stderr.write(
    `${server} ended in the middle of the tests (${signal ?? `exit code ${code}`}):\n${lastLines.join('\n')}\n`,
  )
}
