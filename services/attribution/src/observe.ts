import type { Metrics, Supervision, Logger } from '@cairn/runtime'
import type { Observer } from './partition/shell.ts'

/** Metrics of the service; names after Prometheus, lag in seconds as well as records. */
export function createObserver(metrics: Metrics, log: Logger): Observer & Supervision {
  const partitionLabel = ['partition'] as const
  const outcomes = metrics.counter(
    'cairn_attribution_events_total',
    'Records of topic events by what the fold made of them',
    ['outcome'],
  )
  const late = metrics.counter('cairn_attribution_late_events_total', 'Events older than the watermark', [])
  const transactions = metrics.counter('cairn_attribution_transactions_total', 'Transactions by how they ended', [
    'end',
  ])
  const duration = metrics.histogram(
    'cairn_attribution_transaction_duration_seconds',
    'Writing and committing a batch',
    [],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  const batch = metrics.histogram(
    'cairn_attribution_transaction_records',
    'Input records of a transaction',
    [],
    [1, 10, 50, 100, 250, 500, 1000, 2000, 5000],
  )
  const restore = metrics.gauge(
    'cairn_attribution_restore_seconds',
    'Last takeover of a partition, from fence to first new event',
    partitionLabel,
  )
  const positions = metrics.gauge('cairn_attribution_position', 'Next offset of topic events', partitionLabel)
  const lagRecords = metrics.gauge(
    'cairn_attribution_lag_records',
    'Records of topic events not folded yet',
    partitionLabel,
  )
  const lagSeconds = metrics.gauge(
    'cairn_attribution_lag_seconds',
    'Age of the oldest record of topic events not folded yet, 0 when there is none',
    partitionLabel,
  )
  const restarts = metrics.counter(
    'cairn_attribution_partition_restarts_total',
    'Times the loop of a partition started over',
    ['reason'],
  )
  const stopped = metrics.gauge(
    'cairn_attribution_partition_stopped',
    '1 for a partition that stands still until somebody acts',
    ['partition', 'reason'],
  )

  return {
    log,
    restored: (partition, seconds) => {
      restore.set({ partition }, seconds)
      log.info({ partition, seconds }, 'partition restored')
    },
    folded(_, results) {
      for (const { outcome, late: isLate } of results) {
        outcomes.inc({ outcome })
        if (isLate) late.inc()
      }
    },
    transaction(end, seconds, records) {
      transactions.inc({ end })
      duration.observe(seconds)
      batch.observe(records)
    },
    position(partition, position, inbox) {
      positions.set({ partition }, position)
      lagRecords.set({ partition }, Math.max(0, inbox.highWatermark - position))
      lagSeconds.set(
        { partition },
        inbox.oldestTimestamp === undefined ? 0 : Math.max(0, (Date.now() - inbox.oldestTimestamp) / 1000),
      )
    },
    onRestart: (_, reason) => restarts.inc({ reason }),
    onStopped: (partition, reason) => stopped.set({ partition, reason }, 1),
  }
}
