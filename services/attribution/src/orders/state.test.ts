import { describe, expect, it } from '@jest/globals'
import { PartitionStopped } from '@cairn/runtime'
import { checkState } from './state.ts'

const expected = { partitions: 4, foldVersion: 2 }
const meta = { position: 10, stream_time: 0, fold_version: 2, partitions: 4 }

function stopReason(over: Partial<typeof meta>): string | undefined {
  try {
    checkState({ meta: { ...meta, ...over } }, expected)
    return undefined
  } catch (error) {
    return error instanceof PartitionStopped ? error.reason : String(error)
  }
}

describe('the state of the orders of a partition', () => {
  it('is taken over from this version of their fold and from earlier ones', () => {
    expect(stopReason({})).toBeUndefined()
    expect(stopReason({ fold_version: 1 })).toBeUndefined()
    expect(() => checkState({ meta: undefined }, expected)).not.toThrow()
  })

  it('of a later version stops the partition', () => {
    expect(stopReason({ fold_version: 3 })).toBe('fold_version')
    expect(() => checkState({ meta: { ...meta, fold_version: 3 } }, expected)).toThrow(
      'the state of orders is of version 3, this is version 2: run the version that wrote it, or a later one',
    )
  })

  it('of another number of partitions stops the partition, whatever its version', () => {
    expect(stopReason({ partitions: 8 })).toBe('partition_count')
    expect(stopReason({ partitions: 8, fold_version: 3 })).toBe('partition_count')
  })
})
