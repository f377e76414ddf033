import { join } from 'node:path'
import { orderLayout, type OwnedPartition } from '@cairn/runtime'
import { StoredState, type ControlRecord, type Discarded } from '../stored/stored-state.ts'
import type { OrdersShell } from './shell.ts'
import { emptySavedState, metaKey, readMeta, type SavedState } from './state.ts'

/** The orders of a partition as their state topic has them, kept on disk. */
export function storedOrders(shell: OrdersShell, partition: OwnedPartition): StoredState<SavedState> {
  const { codec, config, faults, observe } = shell
  const name = `${config.CAIRN_NAMESPACE}.orders-${partition.partition}`
  const options = {
    disk: { folder: join(config.STATE_DIR, name), layout: orderLayout(shell.orderCodec), writes: shell.diskWrites },
    codec,
    stateTopic: shell.topic('order-state'),
    partitions: config.CAIRN_PARTITIONS,
    deletesKeptMs: shell.deletesKeptMs,
    saved: emptySavedState(),
    controlKeys: [metaKey],
    readControl: (saved: SavedState, record: ControlRecord) => {
      saved.meta = readMeta(codec, record)
    },
    onDiscarded: (reason: Discarded) => observe.discarded(partition.partition, reason),
    beforeStore: () => faults.reach('orders.before-store'),
    midStore: () => faults.reach('orders.mid-store'),
  }
  return new StoredState(options, partition)
}
