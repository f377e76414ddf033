import { describe, expect, it } from '@jest/globals'
import { createCodec, PartitionStopped, readCatalog } from '@cairn/runtime'
import { readControlRecord } from './control-record.ts'

const codec = createCodec(readCatalog())
const fence = codec.encode('fence', { owner: 'o' })

describe('a control record', () => {
  it('is what it says', () => {
    expect(readControlRecord(codec, { key: 'k', value: fence, offset: 7 }, 'fence')).toEqual({ owner: 'o' })
  })

  it.each([
    ['of another kind', fence, 'it is a fence'],
    ['that is none', Buffer.from('?'), ''],
    ['without a value', null, ''],
  ])('%s stops the partition, which says where it stands', (_, value, detail) => {
    const read = () => readControlRecord(codec, { key: 'k', value, offset: 7 }, 'order-meta')
    expect(read).toThrow(PartitionStopped)
    expect(read).toThrow('the order-meta record at offset 7 of the state topic cannot be read')
    expect(read).toThrow(detail)
  })
})
