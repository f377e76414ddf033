import type { Logger, Metrics } from '@cairn/runtime'
import type { Observer } from './partition/shell.ts'

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const recordsBuckets = [1, 10, 50, 100, 250, 500, 1000, 2000, 5000]

/** What the loops tell of themselves, as metrics: each outcome a label. */
export function createObserver(metrics: Metrics, log: Logger): Observer {
  return {
    ...observeFold(metrics),
    ...observeTransactions(metrics),
    ...observePartition(metrics, log),
    ...observeVisitors(metrics, log),
  }
}

function observeFold(metrics: Metrics): Pick<Observer, 'folded'> {
  const outcomes = metrics.counter('cairn_attribution_events_total', 'Records of topic events by what became of them', [
    'outcome',
  ])
  const dead = metrics.counter('cairn_attribution_dead_letters_total', 'Records that could not be processed', [
    'reason',
  ])
  const late = metrics.counter('cairn_attribution_late_events_total', 'Accepted events older than the watermark', [])
  return {
    folded(tally) {
      for (const [outcome, count] of tally.outcomes) outcomes.inc({ outcome }, count)
      for (const [reason, count] of tally.dead) dead.inc({ reason }, count)
      late.inc({}, tally.late)
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

function observePartition(metrics: Metrics, log: Logger): Pick<Observer, 'restored' | 'position' | 'blocked'> {
  const restore = metrics.gauge('cairn_attribution_restore_seconds', 'Last takeover, from fence to first new event', [
    'partition',
  ])
  const positions = metrics.gauge('cairn_attribution_position', 'Next offset of topic events', ['partition'])
  const blocked = metrics.gauge('cairn_attribution_blocked', '1 while a partition waits, by what it waits for', [
    'partition',
    'reason',
  ])
  return {
    restored: (partition, seconds, isWarm) => {
      restore.set({ partition }, seconds)
      log.info({ partition, seconds, isWarm }, 'partition restored')
    },
    position: (partition, position) => positions.set({ partition }, position),
    blocked: (partition, isBlocked) => blocked.set({ partition, reason: 'unknown_schema' }, isBlocked ? 1 : 0),
  }
}

function observeVisitors(metrics: Metrics, log: Logger): Pick<Observer, 'discarded' | 'held'> {
  const discards = metrics.counter(
    'cairn_attribution_state_discarded_total',
    'Disks of partitions that were thrown away, and made anew from Kafka, by why',
    ['partition', 'reason'],
  )
  const cache = metrics.gauge('cairn_attribution_state_cache_bytes', 'Memory taken by visitor states, about', [
    'partition',
  ])
  const disk = metrics.gauge('cairn_attribution_state_disk_bytes', 'Size of the visitor states on disk', ['partition'])
  const unstored = metrics.gauge(
    'cairn_attribution_state_unstored_bytes',
    'States of checkpoints that wait for the disk: a worker that starts over reads them from Kafka',
    ['partition'],
  )
  const hits = metrics.gauge('cairn_attribution_state_hits', 'Visitors found in memory since the takeover', [
    'partition',
  ])
  const misses = metrics.gauge('cairn_attribution_state_misses', 'Visitors looked for on disk since the takeover', [
    'partition',
  ])
  return {
    discarded: (partition, reason) => {
      discards.inc({ partition, reason })
      log.warn({ partition, reason }, 'the state on disk is of no use: it is read from Kafka')
    },
    held: (partition, held) => {
      cache.set({ partition }, held.cacheBytes)
      disk.set({ partition }, held.diskBytes)
      unstored.set({ partition }, held.unstoredBytes)
      hits.set({ partition }, held.hits)
      misses.set({ partition }, held.misses)
    },
  }
}
