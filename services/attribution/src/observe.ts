import type { Logger, Metrics, Supervision } from '@cairn/runtime'
import type { Observer } from './partition/shell.ts'

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const recordsBuckets = [1, 10, 50, 100, 250, 500, 1000, 2000, 5000]

/** What the loops tell of themselves, as metrics: lag in seconds as well as in records, each outcome a label. */
export function createObserver(metrics: Metrics, log: Logger): Observer & Supervision {
  return {
    log,
    ...observeFold(metrics),
    ...observeTransactions(metrics),
    ...observePosition(metrics),
    ...observePartition(metrics, log),
  }
}

function observeFold(metrics: Metrics): Pick<Observer, 'folded'> {
  const outcomes = metrics.counter('cairn_attribution_events_total', 'Records of topic events by what became of them', [
    'outcome',
  ])
  const late = metrics.counter('cairn_attribution_late_events_total', 'Events older than the watermark', [])
  return {
    folded(_, results) {
      for (const { outcome, late: isLate } of results) {
        outcomes.inc({ outcome })
        if (isLate) late.inc()
      }
    },
  }
}

function observeTransactions(metrics: Metrics): Pick<Observer, 'transaction'> {
  const transactions = metrics.counter('cairn_attribution_transactions_total', 'Transactions by how they ended', [
    'end',
  ])
  const duration = metrics.histogram(
    'cairn_attribution_transaction_seconds',
    'Writing and committing a batch',
    [],
    secondsBuckets,
  )
  const batch = metrics.histogram(
    'cairn_attribution_transaction_records',
    'Input records of a transaction',
    [],
    recordsBuckets,
  )
  return {
    transaction(end, seconds, records) {
      transactions.inc({ end })
      duration.observe(seconds)
      batch.observe(records)
    },
  }
}

function observePosition(metrics: Metrics): Pick<Observer, 'position'> {
  const positions = metrics.gauge('cairn_attribution_position', 'Next offset of topic events', ['partition'])
  const records = metrics.gauge('cairn_attribution_lag_records', 'Records of topic events not folded yet', [
    'partition',
  ])
  const seconds = metrics.gauge(
    'cairn_attribution_lag_seconds',
    'Age of the oldest record not folded yet, 0 without one',
    ['partition'],
  )
  return {
    position(partition, position, inbox) {
      positions.set({ partition }, position)
      records.set({ partition }, Math.max(0, inbox.highWatermark - position))
      const oldest = inbox.oldestTimestamp
      seconds.set({ partition }, oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000))
    },
  }
}

function observePartition(metrics: Metrics, log: Logger): Pick<Observer, 'restored'> & Omit<Supervision, 'log'> {
  const restore = metrics.gauge('cairn_attribution_restore_seconds', 'Last takeover, from fence to first new event', [
    'partition',
  ])
  const restarts = metrics.counter('cairn_attribution_restarts_total', 'Times the loop of a partition started over', [
    'reason',
  ])
  const stopped = metrics.gauge(
    'cairn_attribution_stopped',
    '1 for a partition that stands still until somebody acts',
    ['partition', 'reason'],
  )
  return {
    restored: (partition, seconds) => {
      restore.set({ partition }, seconds)
      log.info({ partition, seconds }, 'partition restored')
    },
    onRestart: (_, reason) => restarts.inc({ reason }),
    onStopped: (partition, reason) => stopped.set({ partition, reason }, 1),
    onReleased: (partition) => void metrics.releasePartition(partition),
  }
}
