import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import type { Message } from 'kafkajs'
import { toOnePartition } from './one-partition.ts'

type Sort = (given: {
  topic: string
  partitionMetadata: readonly object[]
  messages: readonly Message[]
  partitioner: (given: { message: Message }) => number
}) => Record<number, readonly Message[]>
const sort = createRequire(import.meta.url)('kafkajs/src/producer/groupMessagesPerPartition') as Sort

const messages = ['a', 'b', 'c'].map((key) => ({ key, value: Buffer.from(key) }))
const sorted = (given: readonly Message[], partitioner: () => number) =>
  sort({ topic: 't', partitionMetadata: [{}], messages: given, partitioner })

describe('toOnePartition', () => {
  it('leaves kafkajs with what its own sorting comes to', () => {
    const neverAsked = () => {
      throw new Error('kafkajs sorts message by message')
    }
    expect(sorted(toOnePartition(3, messages), neverAsked)).toEqual(sorted(messages, () => 3))
  })

  it('is an array of the messages for all else kafkajs does with it', () => {
    expect([...toOnePartition(3, messages)]).toEqual(messages)
  })
})
