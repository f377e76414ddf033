import type { Logger, Metrics } from '@cairn/runtime'
import { observePartition } from './observe-partition.ts'
import type { Observer } from './partition/shell.ts'

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const recordsBuckets = [1, 10, 50, 100, 250, 500, 1000, 2000, 5000]

/** What the loops tell of themselves, as metrics: each outcome a label. */
export function createObserver(metrics: Metrics, log: Logger): Observer {
  return {
    ...observeFold(metrics),
    ...observeTransactions(metrics),
    ...observePartition(metrics, log, { prefix: 'cairn_attribution', input: 'events', what: 'partition' }),
    ...observeVisitors(metrics),
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

function observeVisitors(metrics: Metrics): Pick<Observer, 'held'> {
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
    held: (partition, held) => {
      cache.set({ partition }, held.cacheBytes)
      disk.set({ partition }, held.diskBytes)
      unstored.set({ partition }, held.unstoredBytes)
      hits.set({ partition }, held.hits)
      misses.set({ partition }, held.misses)
    },
  }
}
