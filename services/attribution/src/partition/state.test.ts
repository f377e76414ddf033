import { describe, expect, it } from '@jest/globals'
import { PartitionStopped, type AttributionCheckpoint, type AttributionMeta } from '@cairn/runtime'
import { checkState, type SavedState } from './state.ts'

const expected = { partitions: 4, foldVersion: 6 }

/** A checkpoint at position 10 and a commit at `committed`, both of a fold version. */
function saved(fold_version: number, committed: { position: number; parts?: number }, parts = 0): SavedState {
  const at = { stream_time: 0, definitions_number: -1, fold_version }
  const checkpoint: AttributionCheckpoint = {
    ...at,
    position: 10,
    parts,
    event_clock: 0,
    definitions: '',
    partitions: 4,
  }
  const meta: AttributionMeta = { ...at, parts, ...committed, crc: 0, checkpoint: 10 }
  return { checkpoint, meta }
}

function stopReason(state: SavedState, of = expected): string | undefined {
  try {
    checkState(state, of)
    return undefined
  } catch (error) {
    return error instanceof PartitionStopped ? error.reason : String(error)
  }
}

describe('the state of a partition', () => {
  it('is taken over from any fold version where nothing was written since its checkpoint', () => {
    for (const version of [5, 6, 7]) {
      expect(stopReason(saved(version, { position: 10 }))).toBeUndefined()
      expect(stopReason(saved(version, { position: 10, parts: 3 }, 3))).toBeUndefined()
    }
  })

  it('of another fold version stops the partition where a record or a part of one was written since', () => {
    for (const version of [5, 7]) {
      expect(stopReason(saved(version, { position: 11 }))).toBe('fold_version')
      expect(stopReason(saved(version, { position: 10, parts: 1 }))).toBe('fold_version')
      expect(stopReason(saved(version, { position: 10, parts: 4 }, 3))).toBe('fold_version')
    }
    expect(() => checkState(saved(5, { position: 11 }), expected)).toThrow(
      'fold version 5 has outputs after its checkpoint that version 6 cannot repeat: start version 5 and stop it cleanly first',
    )
  })

  it('of another fold version stops it, too, where there has been no checkpoint yet', () => {
    const { meta } = saved(5, { position: 3 })
    const first = { checkpoint: undefined, meta: { ...meta!, checkpoint: 0 } }
    expect(stopReason(first)).toBe('fold_version')
    expect(stopReason({ ...first, meta: { ...first.meta, position: 0 } })).toBeUndefined()
  })

  it('of this fold version is folded again from its checkpoint on, and a new partition has none', () => {
    expect(stopReason(saved(6, { position: 11 }))).toBeUndefined()
    expect(stopReason({ checkpoint: undefined, meta: undefined })).toBeUndefined()
  })

  it('of another number of partitions stops the partition wherever its checkpoint is', () => {
    expect(stopReason(saved(6, { position: 10 }), { ...expected, partitions: 8 })).toBe('partition_count')
    expect(stopReason(saved(5, { position: 11 }), { ...expected, partitions: 8 })).toBe('partition_count')
  })
})
