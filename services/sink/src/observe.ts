import type { Answer, FailureReason, Metrics, TransactionEnd } from '@cairn/runtime'
import type { DeadRecord } from './batch/batch.ts'
import type { InputKind } from './routes.ts'

/** Why a topic-partition waits. */
export type BlockReason = FailureReason | 'unknown_schema'

/** What the loops tell of themselves: metrics in production. */
export interface Observer {
  transaction(end: TransactionEnd['end'], seconds: number): void
  insert(topic: InputKind, result: Answer<void>, seconds: number, rows: number): void
  dead(topic: InputKind, records: readonly DeadRecord[]): void
  /** Without a reason: it goes on. */
  blocked(topic: InputKind, partition: number, reason: BlockReason | undefined): void
  /** An insert older than the safe window was finished by asking the tables. */
  repaired(topic: InputKind): void
}

const blockReasons: readonly BlockReason[] = ['retriable', 'permanent', 'view_failed', 'unknown_schema']

/** Metrics of the service; names after Prometheus, lag in seconds as well as records. */
export function createObserver(metrics: Metrics): Observer {
  const place = ['topic', 'partition'] as const
  const inserts = metrics.counter('cairn_sink_inserts_total', 'Attempts to insert a batch by outcome', [
    'topic',
    'outcome',
  ])
  const durations = metrics.histogram(
    'cairn_sink_insert_duration_seconds',
    'Inserting a batch, one attempt',
    ['topic'],
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  )
  const sizes = metrics.histogram(
    'cairn_sink_batch_rows',
    'Rows of a stored batch; its sum counts the rows',
    ['topic'],
    [1, 10, 100, 1000, 10_000, 50_000, 100_000, 200_000],
  )
  const transactions = metrics.histogram(
    'cairn_sink_transaction_duration_seconds',
    'Writing and committing an intent',
    ['end'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  const dead = metrics.counter('cairn_sink_dead_letters_total', 'Messages that could not become rows', [
    'topic',
    'reason',
  ])
  const repairs = metrics.counter('cairn_sink_repairs_total', 'Inserts finished by asking the tables', ['topic'])
  const blocked = metrics.gauge('cairn_sink_blocked', '1 while a topic-partition waits, by what it waits for', [
    ...place,
    'reason',
  ])
  return {
    transaction: (end, seconds) => transactions.observe({ end }, seconds),
    insert(topic, result, seconds, count) {
      inserts.inc({ topic, outcome: result.ok ? 'stored' : result.reason })
      durations.observe({ topic }, seconds)
      if (result.ok) sizes.observe({ topic }, count)
    },
    dead(topic, records) {
      for (const { reason } of records) dead.inc({ topic, reason })
    },
    blocked(topic, partition, reason) {
      for (const one of blockReasons) blocked.set({ topic, partition, reason: one }, one === reason ? 1 : 0)
    },
    repaired: (topic) => repairs.inc({ topic }),
  }
}
