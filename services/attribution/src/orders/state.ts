import type { SavedOrders } from '@cairn/domain'
import {
  controlPrefix,
  isFence,
  ownBytes,
  PartitionStopped,
  type Barrier,
  type Codec,
  type Incoming,
  type OrderMeta,
  type Outgoing,
} from '@cairn/runtime'

const metaKey = `${controlPrefix}meta`
/** One key for all: who waits for a barrier reads on from where the topic ended before, which is not compacted yet. */
const barrierKey = `${controlPrefix}barrier`

/** What the state topic holds of a partition: its orders, in the order of their last change, and how far they are. */
export interface SavedState {
  readonly orders: Map<string, Buffer>
  meta: OrderMeta | undefined
}

export function emptySavedState(): SavedState {
  return { orders: new Map(), meta: undefined }
}

/** Takes in records of the state topic in their order; the last value of a key counts, a tombstone removes it. */
export function readState(codec: Codec, saved: SavedState, records: readonly Incoming[]): void {
  for (const record of records) {
    const { key, value } = record
    if (isFence(record) || key === barrierKey) continue
    if (key === metaKey) {
      saved.meta = readMeta(codec, record)
      continue
    }
    saved.orders.delete(key)
    // Copied: what stays would keep all that was read along with it.
    if (value !== null) saved.orders.set(key, ownBytes(value))
  }
}

function readMeta(codec: Codec, { value, offset }: Incoming): OrderMeta {
  const decoded = codec.decode(value)
  if (decoded.ok && decoded.kind === 'order-meta') return decoded.value
  throw new PartitionStopped(
    'unreadable_state',
    `the order-meta record at offset ${offset} of the state topic cannot be read (${decoded.ok ? `it is a ${decoded.kind}` : decoded.detail}): something else writes to it, or it is from another version`,
  )
}

export function savedOrders({ meta, orders }: SavedState): SavedOrders {
  return { position: meta?.position ?? 0, stream_time: meta?.stream_time ?? 0, states: orders }
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
