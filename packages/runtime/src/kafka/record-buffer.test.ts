import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { RecordBuffer } from './record-buffer.ts'

const record = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 90 }),
  value: fc.option(
    fc.oneof(
      fc.uint8Array({ maxLength: 60_000 }).map((bytes) => Buffer.from(bytes)),
      // Where the length takes another byte.
      fc.constantFrom(0, 1, 62, 63, 64, 8191, 8192).map((length) => Buffer.alloc(length, 7)),
    ),
  ),
})

describe('a record buffer', () => {
  it('gives back what was added or written in place, also where it was used before', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), fc.array(record, { maxLength: 30 }), (before, records) => {
        const buffer = RecordBuffer.of(before)
        expect([...buffer]).toEqual(before)
        buffer.clear()
        if (before.length % 2 === 0) buffer.reserve(1_000)
        for (const { key, value } of records) {
          buffer.reserve(before.length * 100)
          if (value === null) buffer.add(key, null)
          else buffer.write(key, writeWhole, value)
        }
        expect([...buffer]).toEqual(records)
        expect(buffer.byteLength).toBe(buffer.contents.length)
      }),
    )
  })

  it('has ranges of what one send may carry, and one of its own for a record that is larger', () => {
    const sizes = [300_000, 300_000, 100_000, 900_000, 1]
    const buffer = RecordBuffer.of(sizes.map((size) => ({ key: 'k', value: Buffer.alloc(size) })))
    expect([...buffer.ranges()].map(({ from, to, byteLength }) => [from, to, byteLength])).toEqual([
      [0, 1, 300_004],
      [1, 3, 400_008],
      [3, 4, 900_004],
      [4, 5, 3],
    ])
  })

  it('gives memory back once little of it is needed', () => {
    const buffer = RecordBuffer.of([{ key: 'k', value: Buffer.alloc(1_000_000) }])
    for (let i = 0; i < 10; i++) {
      buffer.clear()
      buffer.add('k', null)
    }
    expect(buffer.contents.buffer.byteLength).toBeLessThan(100_000)
  })
})

function writeWhole(value: Uint8Array, bytes: Buffer, at: number): number {
  if (at + value.length <= bytes.length) bytes.set(value, at)
  return at + value.length
}
