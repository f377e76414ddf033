import type { Logger, Metrics } from '@cairn/runtime'
import type { OrdersObserver } from './shell.ts'

/** What the loops tell of themselves, as metrics: each outcome and each status a label. */
export function createOrdersObserver(metrics: Metrics, log: Logger): OrdersObserver {
  return { ...observeFold(metrics), ...observePartition(metrics, log), ...observeDisk(metrics, log) }
}

function observeFold(metrics: Metrics): Pick<OrdersObserver, 'folded' | 'transaction'> {
  const events = metrics.counter('cairn_orders_events_total', 'Records of topic order-events by what became of them', [
    'outcome',
  ])
  const verdicts = metrics.counter('cairn_orders_verdicts_total', 'Verdicts appended to topic events', ['status'])
  const dead = metrics.counter('cairn_orders_dead_letters_total', 'Records that could not be processed', ['reason'])
  const transactions = metrics.counter('cairn_orders_transactions_total', 'Transactions by how they ended', ['end'])
  return {
    folded(tally) {
      for (const [outcome, count] of tally.results) events.inc({ outcome }, count)
      for (const [status, count] of tally.verdicts) verdicts.inc({ status }, count)
      for (const [reason, count] of tally.dead) dead.inc({ reason }, count)
    },
    transaction: (end) => transactions.inc({ end }),
  }
}

type PartitionObserver = Pick<OrdersObserver, 'restored' | 'position' | 'blocked'>

function observePartition(metrics: Metrics, log: Logger): PartitionObserver {
  const restore = metrics.gauge('cairn_orders_restore_seconds', 'Last takeover, from fence to first new event', [
    'partition',
  ])
  const positions = metrics.gauge('cairn_orders_position', 'Next offset of topic order-events', ['partition'])
  const blocked = metrics.gauge('cairn_orders_blocked', '1 while a partition waits, by what it waits for', [
    'partition',
    'reason',
  ])
  return {
    restored: (partition, seconds, isWarm) => {
      restore.set({ partition }, seconds)
      log.info({ partition, seconds, isWarm }, 'orders restored')
    },
    position: (partition, position) => positions.set({ partition }, position),
    blocked: (partition, isBlocked) => blocked.set({ partition, reason: 'unknown_schema' }, isBlocked ? 1 : 0),
  }
}

function observeDisk(metrics: Metrics, log: Logger): Pick<OrdersObserver, 'discarded' | 'held'> {
  const discards = metrics.counter(
    'cairn_orders_state_discarded_total',
    'Disks of partitions of orders that were thrown away, and made anew from Kafka, by why',
    ['partition', 'reason'],
  )
  const held = metrics.gauge('cairn_orders_held', 'Orders that are remembered, as of the last write to the disk', [
    'partition',
  ])
  const disk = metrics.gauge('cairn_orders_state_disk_bytes', 'Size of the orders on disk', ['partition'])
  return {
    discarded: (partition, reason) => {
      discards.inc({ partition, reason })
      log.warn({ partition, reason }, 'the orders on disk are of no use: they are read from Kafka')
    },
    held: (partition, orders, diskBytes) => {
      held.set({ partition }, orders)
      disk.set({ partition }, diskBytes)
    },
  }
}
