import { setImmediate as turn } from 'node:timers/promises'
import { createPartition, foldVersion, restorePartition, takeDirtyIn, type PartitionState } from '@cairn/domain'
import type { AttributionCheckpoint, Outgoing, RecordBuffer, States } from '@cairn/runtime'
import type { Shell } from './shell.ts'
import { checkpointRecord, type FoldStart } from './state.ts'

/** Bytes of states that are encoded before others get their turn: all of a checkpoint take up to half a second. */
const encodedAtOnce = 256 * 1024
/** Bytes of records for each of the estimate of their states. */
const roomFactor = 1.25

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

/** What a checkpoint writes: the visitors changed since the last one, and where the fold stands. */
export interface Checkpointed {
  readonly states: States
  readonly control: readonly Outgoing[]
}

/**
 * Takes what has changed, and puts it into `records` as it is to be written. The fold must not go on meanwhile.
 *
 * @param meta of the same position
 */
export async function takeCheckpoint(
  shell: Pick<Shell, 'config' | 'codec'>,
  fold: PartitionState,
  meta: Outgoing,
  records: RecordBuffer,
): Promise<Checkpointed> {
  records.clear()
  records.reserve(Math.ceil(fold.dirtyBytes * roomFactor))
  const states: (readonly [key: string, bytes: Uint8Array | null])[] = []
  for (const portion of takeDirtyIn(fold, encodedAtOnce)) {
    for (const state of portion) {
      states.push(state)
      records.add(...state)
    }
    await turn()
  }
  const control = [checkpointRecord(shell.codec, checkpointOf(shell, fold)), meta]
  for (const { key, value } of control) records.add(key, value)
  return { states, control }
}
