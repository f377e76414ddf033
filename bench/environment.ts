import { mkdirSync } from 'node:fs'
import { createCodec, readCatalog, type Catalog, type Codec, type KafkaConnection } from '@cairn/runtime'
import { discardStack, startStack, type Stack } from '@cairn/stack'
import { connectionTo } from './log.ts'
import type { Options } from './options.ts'
import { benchFolder, cpuSecondsOf, peakMbOf } from './processes.ts'
import type { Peaks } from './report.ts'

/** What every measure works with: a broker and an engine of the bench's own, on an empty data directory. */
export interface Bench {
  readonly options: Options
  readonly stack: Stack
  readonly connection: KafkaConnection
  readonly catalog: Catalog
  readonly codec: Codec
  /** Peak memory of the servers so far. */
  readonly serverPeaks: (...servers: readonly Server[]) => Peaks
  /** Process ids of the servers that are processes of ours, by name. */
  readonly serverPids: (...servers: readonly Server[]) => Readonly<Record<string, number>>
  /** Processor time of the broker so far, seconds; 0 where it is not a process of ours. */
  readonly brokerCpuSeconds: () => number
  close(): Promise<void>
}

type Server = 'kafka' | 'clickhouse'

const dataDir = `${benchFolder}/stack`

export async function openBench(options: Options): Promise<Bench> {
  mkdirSync(benchFolder, { recursive: true })
  // Processes of this machine unless told otherwise: ClickHouse's Kafka engine must reach the bench's schema registry.
  const env = { CAIRN_STACK: 'native', ...process.env }
  await discarded(env)
  const started = await startStack({
    dataDir,
    env,
    onCrash: ({ server, lastLines }) => {
      process.stderr.write(`${server} has ended:\n${lastLines.join('\n')}\n`)
      process.exit(1)
    },
  })
  if (!started.ok) throw new Error(started.message)
  const { stack } = started
  const serverPids = (...servers: readonly Server[]): Record<string, number> =>
    Object.fromEntries(
      servers.flatMap((name) => {
        const pid = stack[name].server?.pid
        return pid === undefined ? [] : [[name, pid]]
      }),
    )
  const catalog = readCatalog()
  return {
    options,
    stack,
    connection: connectionTo(stack.kafka.brokers),
    catalog,
    codec: createCodec(catalog),
    serverPids,
    serverPeaks: (...servers) =>
      Object.fromEntries(
        Object.entries(serverPids(...servers)).flatMap(([name, pid]) => {
          const mb = peakMbOf(pid)
          return mb === undefined ? [] : [[name, mb]]
        }),
      ),
    brokerCpuSeconds: () => {
      const pid = stack.kafka.server?.pid
      return pid === undefined ? 0 : (cpuSecondsOf(pid) ?? 0)
    },
    async close() {
      await stack.stop()
      await discarded(env)
    },
  }
}

async function discarded(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const result = await discardStack({ dataDir, env })
  if (!result.ok) throw new Error(result.message)
}
