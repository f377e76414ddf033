import { createPartition, foldVersion, restorePartition, takeDirty, type PartitionState } from '@cairn/domain'
import type { AttributionCheckpoint, Outgoing } from '@cairn/runtime'
import type { Shell } from './shell.ts'
import type { SavedState } from './state.ts'

/** What a checkpoint adds to a transaction: the visitors changed since the last one, and where the fold stands. */
export interface Snapshot {
  readonly visitors: readonly Outgoing[]
  readonly checkpoint: AttributionCheckpoint
}

/** The fold as of the saved checkpoint; genesis when there is none. */
export function restoreFold({ visitorCodec }: Shell, { checkpoint, visitors }: SavedState): PartitionState {
  return checkpoint === undefined ? createPartition(visitorCodec) : restorePartition(visitorCodec, checkpoint, visitors)
}

export function snapshotFold({ config }: Shell, fold: PartitionState): Snapshot {
  return {
    visitors: takeDirty(fold).map(([key, bytes]) => ({ key, value: bytes as Buffer | null })),
    checkpoint: {
      position: fold.position,
      parts: fold.parts,
      stream_time: fold.streamTime,
      event_clock: fold.eventClock,
      definitions_number: fold.definitions.number,
      definitions: fold.definitions.json,
      fold_version: foldVersion,
      partitions: config.CAIRN_PARTITIONS,
    },
  }
}
