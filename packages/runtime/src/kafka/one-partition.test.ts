import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import type { Message } from 'kafkajs'
import { toOnePartition } from './one-partition.ts'
import { RecordBuffer } from './record-buffer.ts'

type Sort = (given: {
  topic: string
  partitionMetadata: readonly object[]
  messages: readonly Message[]
  partitioner: (given: { message: Message }) => number
}) => Record<number, readonly Message[]>
const sort = createRequire(import.meta.url)('kafkajs/src/producer/groupMessagesPerPartition') as Sort

const messages = ['a', 'b', 'c'].map((key) => ({ key, value: Buffer.from(key) }))
const [range] = RecordBuffer.of(messages).ranges()
const sorted = (given: readonly Message[], partitioner: () => number) =>
  sort({ topic: 't', partitionMetadata: [{}], messages: given, partitioner })

describe('toOnePartition', () => {
  it('leaves kafkajs with the partition that its own sorting comes to, and all records for it', () => {
    const neverAsked = () => {
      throw new Error('kafkajs sorts message by message')
    }
    expect(sorted(toOnePartition(3, range!), neverAsked)).toEqual({ 3: range })
    expect(Object.keys(sorted(messages, () => 3))).toEqual(['3'])
  })

  it('has as many messages as there are records', () => {
    const given = toOnePartition(3, range!)
    expect(given).toHaveLength(3)
  })
})
