import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { murmur2, partitionFor } from './partitioner.ts'

const byClient = Partitioners.DefaultPartitioner()

describe('the partition of a key', () => {
  // Published in org.apache.kafka.common.utils.UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('comes from the same hash as in the Java client: %s', (key, hash) => {
    expect(murmur2(key)).toBe(hash)
  })

  it('is the one the client library gives any key', () => {
    const key = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 300, maxLength: 600 }))
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 1024 }), (text, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 0,
          replicas: [],
          isr: [],
          offlineReplicas: [],
        }))
        const expected = byClient({ topic: 't', partitionMetadata, message: { key: text, value: null } })
        expect(partitionFor(text, partitions)).toBe(expected)
      }),
    )
  })
})
