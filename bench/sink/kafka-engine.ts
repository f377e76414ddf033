import { migrate, openWarehouse, readMigrations, type Answer } from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import { deleteGroup } from '../log.ts'
import { until, watchCpu } from '../processes.ts'
import { progress, type Sample } from '../report.ts'
import { startRegistry } from './registry.ts'
import { rowsOf } from './rows.ts'

const database = 'bench_kafka_engine'
const degrees = [1, 2, 4]

export interface KafkaEngine {
  /** Tries the whole topic with several numbers of consumers; the fastest. */
  best(): Promise<number>
  run(consumers: number): Promise<Sample>
  close(): Promise<void>
}

/**
 * ClickHouse reading the topic itself, at least once: a Kafka table, and a view that fills the same `events` table as
 * the sink fills, with the same columns.
 */
export async function openKafkaEngine(bench: Bench, topic: string, rows: number): Promise<KafkaEngine> {
  const { connection, stack, catalog } = bench
  const { url, user, password } = stack.clickhouse
  const registry = await startRegistry(catalog)
  const warehouse = openWarehouse({ url, username: user, password, database })
  let runs = 0

  async function command(statement: string): Promise<void> {
    orThrow(await warehouse.command(statement))
  }

  async function columns(): Promise<string> {
    const found = orThrow(
      await warehouse.query<{ name: string; type: string }>(
        `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = 'events' AND name NOT LIKE '\\_%' ORDER BY position`,
      ),
    )
    return found.map(({ name, type }) => `\`${name}\` ${type}`).join(', ')
  }

  async function run(consumers: number): Promise<Sample> {
    await command(`DROP DATABASE IF EXISTS ${database} SYNC`)
    const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 10_000 })
    if (!migrated.ok) throw new Error(migrated.message)
    const group = `bench-kafka-engine-${++runs}`
    await command(
      `CREATE TABLE ${database}.queue (${await columns()}) ENGINE = Kafka SETTINGS
         kafka_broker_list = '${connection.brokers.join(',')}', kafka_topic_list = '${topic}', kafka_group_name = '${group}',
         kafka_format = 'AvroConfluent', format_avro_schema_registry_url = '${registry.url}',
         kafka_num_consumers = ${consumers}, kafka_thread_per_consumer = ${consumers > 1 ? 1 : 0}`,
    )
    await command(
      `CREATE MATERIALIZED VIEW ${database}.fill TO ${database}.events AS
         SELECT 1 AS _gen, _partition, _offset, * FROM ${database}.queue`,
    )
    try {
      await until('the Kafka engine to be assigned', assigned, { pollMs: 10 })
      const cpu = watchCpu(bench.serverPids('kafka', 'clickhouse'))
      const startedAt = performance.now()
      await until('all rows', async () => ((await rowsOf(warehouse, `${database}.events`)) >= rows ? true : undefined))
      const seconds = (performance.now() - startedAt) / 1000
      return { value: rows / seconds, peaks: bench.serverPeaks('kafka', 'clickhouse'), cpu: cpu(rows) }
    } finally {
      await command(`DROP TABLE IF EXISTS ${database}.fill SYNC`)
      await command(`DROP TABLE IF EXISTS ${database}.queue SYNC`)
      await deleteGroup(connection, group)
    }
  }

  /** Its clock starts once it has partitions, as the sink's does. */
  async function assigned(): Promise<true | undefined> {
    const found = orThrow(
      await warehouse.query<{ assigned: number }>(
        `SELECT countIf(notEmpty(assignments.topic)) AS assigned FROM system.kafka_consumers WHERE database = '${database}'`,
      ),
    )
    return (found[0]?.assigned ?? 0) > 0 ? true : undefined
  }

  return {
    run,
    async best() {
      const tried: { consumers: number; value: number }[] = []
      for (const consumers of degrees) {
        const { value } = await run(consumers)
        progress(`sink trial: Kafka engine, ${consumers} consumers ${Math.round(value)} rows/s`)
        tried.push({ consumers, value })
      }
      return tried.reduce((a, b) => (b.value > a.value ? b : a)).consumers
    },
    async close() {
      await command(`DROP DATABASE IF EXISTS ${database} SYNC`)
      await warehouse.close()
      registry.close()
    },
  }
}

function orThrow<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  throw new Error(answer.message)
}
