import type { OrdersPlace } from '@cairn/domain'
import {
  controlPrefix,
  orderLayout,
  PartitionStopped,
  type Barrier,
  type Codec,
  type OrderMeta,
  type Outgoing,
} from '@cairn/runtime'
import { readControlRecord } from '../stored/control-record.ts'
import type { Kept } from '../stored/kept-state.ts'
import type { OrdersShell } from './shell.ts'

const metaKey = `${controlPrefix}meta`
/** One key for all: who waits for a barrier reads on from where the topic ended before, which is not compacted yet. */
const barrierKey = `${controlPrefix}barrier`

/** What the state topic says beside the orders: how far they are. */
export interface SavedState {
  meta: OrderMeta | undefined
}

/** The orders of a partition. */
export function keptOrders({ codec, orderCodec }: Pick<OrdersShell, 'codec' | 'orderCodec'>): Kept<SavedState> {
  return {
    name: 'orders',
    topic: 'order-state',
    layout: orderLayout(orderCodec),
    saved: { meta: undefined },
    controlKeys: [metaKey],
    readControl: (saved, record) => {
      saved.meta = readControlRecord(codec, record, 'order-meta')
    },
  }
}

export function placeOf({ meta }: SavedState): OrdersPlace {
  return { position: meta?.position ?? 0, stream_time: meta?.stream_time ?? 0 }
}

export function metaRecord(codec: Codec, meta: OrderMeta): Outgoing {
  return { key: metaKey, value: codec.encode('order-meta', meta) }
}

export function barrierRecord(codec: Codec, barrier: Barrier): Outgoing {
  return { key: barrierKey, value: codec.encode('barrier', barrier) }
}

/** Refuses state this process would misread: written for another partition count, or by a later fold. */
export function checkState(
  { meta }: SavedState,
  expected: { readonly partitions: number; readonly foldVersion: number },
): void {
  if (meta === undefined) return
  if (meta.partitions !== expected.partitions) {
    throw new PartitionStopped(
      'partition_count',
      `the state of orders was written for ${meta.partitions} partitions, ${expected.partitions} are configured: orders would be in other partitions than their state`,
    )
  }
  // An earlier version's state is taken over as it is. What that said and did not commit is folded again by this one, and
  // readers ignore a second verdict of the same offset: a version that decides the same records otherwise would hold for
  // said what nobody took in. It must be deployed after a stop that lets owners commit, or say more under later offsets.
  if (meta.fold_version > expected.foldVersion) {
    throw new PartitionStopped(
      'fold_version',
      `the state of orders is of version ${meta.fold_version}, this is version ${expected.foldVersion}: run the version that wrote it, or a later one`,
    )
  }
}
