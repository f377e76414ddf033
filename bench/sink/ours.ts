import { openWarehouse, topicName } from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import { deleteGroup, deleteTopics, partitions } from '../log.ts'
import { freePort, isReady } from '../metrics.ts'
import { startService, until, watchCpu, whileAlive } from '../processes.ts'
import type { Sample } from '../report.ts'
import { rowsOf } from './rows.ts'

const database = 'bench_sink'

/** The sink on a topic that is there, into an empty database. */
export function openSink(bench: Bench, namespace: string, rows: number) {
  const { connection, options, stack } = bench
  const { url, user, password } = stack.clickhouse

  async function start() {
    const port = await freePort()
    const env = {
      METRICS_PORT: String(port),
      KAFKA_BROKERS: connection.brokers.join(','),
      CAIRN_PARTITIONS: String(partitions),
      CAIRN_NAMESPACE: namespace,
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DATABASE: database,
    }
    const process = startService('sink', 'sink', env, options.profile)
    // From the group's answer on, so before the fences and the first fetch.
    await whileAlive(
      [process],
      until('the sink to be assigned', () => isReady(port), { pollMs: 10 }),
    )
    return process
  }

  async function run(): Promise<Sample> {
    const warehouse = openWarehouse({ url, username: user, password, database: 'default' })
    await deleteTopics(connection, (topic) => topic === topicName(namespace, 'sink-state'))
    await deleteGroup(connection, `${namespace}.sink`)
    await warehouse.command(`DROP DATABASE IF EXISTS ${database} SYNC`)
    const process = await start()
    const cpu = watchCpu({ sink: process.pid, ...bench.serverPids('kafka', 'clickhouse') })
    const startedAt = performance.now()
    try {
      await whileAlive(
        [process],
        until('all rows', async () => ((await rowsOf(warehouse, `${database}.events`)) >= rows ? true : undefined)),
      )
      const seconds = (performance.now() - startedAt) / 1000
      const peaks = { sink: process.peakMb(), ...bench.serverPeaks('kafka', 'clickhouse') }
      return { value: rows / seconds, peaks, cpu: cpu(rows) }
    } finally {
      await process.stop()
      await warehouse.close()
    }
  }

  return { run }
}
