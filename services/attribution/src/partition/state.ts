import type { ColdStates } from '@cairn/domain'
import type { AttributionCheckpoint, AttributionMeta, Codec, Outgoing } from '@cairn/runtime'
import { controlPrefix, PartitionStopped, visitorLayout } from '@cairn/runtime'
import { readControlRecord } from '../stored/control-record.ts'
import type { Kept } from '../stored/kept-state.ts'
import type { Shell } from './shell.ts'

export const metaKey = `${controlPrefix}meta`
export const checkpointKey = `${controlPrefix}checkpoint`

/** What the state topic says beside the visitors: where the checkpoint stands that these are of, and how far outputs are committed. */
export interface SavedState {
  checkpoint: AttributionCheckpoint | undefined
  meta: AttributionMeta | undefined
}

/** What a fold begins from: without a cold store, with no visitors. */
export interface FoldStart extends Pick<SavedState, 'checkpoint'> {
  readonly cold?: ColdStates
}

/** The visitors of a partition. */
export function keptVisitors({ codec, visitorCodec }: Pick<Shell, 'codec' | 'visitorCodec'>): Kept<SavedState> {
  return {
    name: 'attribution',
    topic: 'attribution-state',
    layout: visitorLayout(visitorCodec),
    saved: { checkpoint: undefined, meta: undefined },
    controlKeys: [checkpointKey, metaKey],
    readControl: (saved, record) => {
      if (record.key === metaKey) saved.meta = readControlRecord(codec, record, 'attribution-meta')
      else saved.checkpoint = readControlRecord(codec, record, 'attribution-checkpoint')
    },
  }
}

export function metaRecord(codec: Codec, meta: AttributionMeta): Outgoing {
  return { key: metaKey, value: codec.encode('attribution-meta', meta) }
}

export function checkpointRecord(codec: Codec, checkpoint: AttributionCheckpoint): Outgoing {
  return { key: checkpointKey, value: codec.encode('attribution-checkpoint', checkpoint) }
}

/** Refuses state this process would misread: written for another partition count, or by a fold that is not ours with outputs to repeat. */
export function checkState(
  saved: SavedState,
  expected: { readonly partitions: number; readonly foldVersion: number },
): void {
  const { checkpoint, meta } = saved
  const isAtCheckpoint = meta?.position === meta?.checkpoint && meta?.parts === (checkpoint?.parts ?? 0)
  if (checkpoint !== undefined && checkpoint.partitions !== expected.partitions) {
    throw new PartitionStopped(
      'partition_count',
      `the state was written for ${checkpoint.partitions} partitions, ${expected.partitions} are configured: visitors would be in other partitions than their state`,
    )
  }
  if (meta !== undefined && meta.fold_version !== expected.foldVersion && !isAtCheckpoint) {
    throw new PartitionStopped(
      'fold_version',
      `fold version ${meta.fold_version} has outputs after its checkpoint that version ${expected.foldVersion} cannot repeat: start version ${meta.fold_version} and stop it cleanly first, which leaves a checkpoint`,
    )
  }
}
