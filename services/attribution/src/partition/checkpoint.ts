import { createPartition, foldVersion, restorePartition, type PartitionState } from '@cairn/domain'
import type { AttributionCheckpoint } from '@cairn/runtime'
import type { Shell } from './shell.ts'
import type { FoldStart } from './state.ts'

/** The fold as of the saved checkpoint; genesis when there is none. */
export function restoreFold(shell: Pick<Shell, 'visitorCodec'>, { checkpoint, cold }: FoldStart): PartitionState {
  if (checkpoint === undefined || cold === undefined) return createPartition(shell.visitorCodec, cold ? { cold } : {})
  return restorePartition(shell.visitorCodec, checkpoint, { cold })
}

/** Where a checkpoint says that the fold stands. */
export function checkpointOf({ config }: Pick<Shell, 'config'>, fold: PartitionState): AttributionCheckpoint {
  return {
    position: fold.position,
    parts: fold.parts,
    stream_time: fold.streamTime,
    event_clock: fold.eventClock,
    definitions_number: fold.definitions.number,
    definitions: fold.definitions.json,
    fold_version: foldVersion,
    partitions: config.CAIRN_PARTITIONS,
  }
}
