import { join } from 'node:path'
import { visitorLayout, type OwnedPartition } from '@cairn/runtime'
import { StoredState, type ControlRecord, type Discarded } from '../stored/stored-state.ts'
import type { Shell } from './shell.ts'
import { checkpointKey, emptySavedState, metaKey, readControl, type SavedState } from './state.ts'

/** The visitors of a partition as its state topic has them, kept on disk. */
export function storedVisitors(shell: Shell, partition: OwnedPartition): StoredState<SavedState> {
  const { codec, config, faults, observe } = shell
  const name = `${config.CAIRN_NAMESPACE}.attribution-${partition.partition}`
  const layout = visitorLayout(shell.visitorCodec)
  const options = {
    disk: { folder: join(config.STATE_DIR, name), layout, writes: shell.diskWrites },
    codec,
    stateTopic: shell.topic('attribution-state'),
    partitions: config.CAIRN_PARTITIONS,
    deletesKeptMs: shell.deletesKeptMs,
    saved: emptySavedState(),
    controlKeys: [checkpointKey, metaKey],
    readControl: (saved: SavedState, record: ControlRecord) => readControl(codec, saved, record),
    onDiscarded: (reason: Discarded) => observe.discarded(partition.partition, reason),
    beforeStore: () => faults.reach('attribution.before-store'),
    midStore: () => faults.reach('attribution.mid-store'),
  }
  return new StoredState(options, partition)
}
