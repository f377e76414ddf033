import type { Logger, Metrics } from '@cairn/runtime'
import { observePartition } from '../observe-partition.ts'
import type { OrdersObserver } from './shell.ts'

/** What the loops tell of themselves, as metrics: each outcome and each status a label. */
export function createOrdersObserver(metrics: Metrics, log: Logger): OrdersObserver {
  return {
    ...observeFold(metrics),
    ...observePartition(metrics, log, { prefix: 'cairn_orders', input: 'order-events', what: 'orders' }),
    ...observeHeld(metrics),
  }
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

function observeHeld(metrics: Metrics): Pick<OrdersObserver, 'held'> {
  const held = metrics.gauge('cairn_orders_held', 'Orders that are remembered, as of the last write to the disk', [
    'partition',
  ])
  const disk = metrics.gauge('cairn_orders_state_disk_bytes', 'Size of the orders on disk', ['partition'])
  return {
    held: (partition, orders, diskBytes) => {
      held.set({ partition }, orders)
      disk.set({ partition }, diskBytes)
    },
  }
}
