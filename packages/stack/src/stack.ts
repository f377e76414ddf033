import { startClickHouse, type ClickHouseResult } from './clickhouse.ts'
import { startKafka, type KafkaResult } from './kafka.ts'
import type { Refused } from './refusal.ts'
import type { ClickHouseServer, KafkaServer, StackOptions } from './server.ts'

/** A Kafka and a ClickHouse that answer. */
export interface Stack {
  readonly kafka: KafkaServer
  readonly clickhouse: ClickHouseServer
  /** Stops what was started here, in order; data stays. Servers that were given go on. */
  stop(): Promise<void>
}

export type StackResult = { readonly ok: true; readonly stack: Stack } | Refused

/** Finds or starts both servers, each on its own account: the environment, Docker, else native. All of it or nothing. */
export async function startStack(options: StackOptions): Promise<StackResult> {
  const [kafka, clickhouse] = await Promise.all([startKafka(options), startClickHouse(options)])
  if (kafka.ok && clickhouse.ok) {
    const stop = () => stopBoth(kafka, clickhouse)
    return { ok: true, stack: { kafka: kafka.kafka, clickhouse: clickhouse.clickhouse, stop } }
  }
  await stopBoth(kafka, clickhouse)
  return kafka.ok ? (clickhouse as Refused) : kafka
}

async function stopBoth(kafka: KafkaResult, clickhouse: ClickHouseResult): Promise<void> {
  await Promise.all([
    kafka.ok ? kafka.kafka.server?.stop() : undefined,
    clickhouse.ok ? clickhouse.clickhouse.server?.stop() : undefined,
  ])
}
