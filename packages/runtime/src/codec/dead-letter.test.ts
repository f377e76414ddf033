import { describe, expect, it } from '@jest/globals'
import { readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import { fittedDeadLetter } from './dead-letter.ts'
import type { DeadLetter } from './records.ts'

const letter: DeadLetter = {
  id: 'l-1',
  stage: 'attribution',
  reason: 'not_wire_format',
  detail: 'why',
  site: '',
  origin_topic: 'cairn.events',
  origin_partition: 0,
  origin_offset: 7,
  at: 0,
  key: 'shop:v',
  payload: Buffer.from('as it came'),
}
const recordLimit = 1024 * 1024

describe('a dead letter', () => {
  it('is kept as it is when it fits', () => {
    expect(fittedDeadLetter(letter)).toEqual(letter)
  })

  it('says in its detail what was cut', () => {
    const fitted = fittedDeadLetter({ ...letter, key: '漢'.repeat(9000), payload: Buffer.alloc(1_048_400, 7) })
    expect(fitted.detail).toBe('why (payload cut to 900000 bytes, key cut to 8000 characters)')
    expect(fitted.payload).toEqual(Buffer.alloc(900_000, 7))
    expect(fitted.key).toBe('漢'.repeat(8000))
  })

  it('fits one record with its key, whatever came', () => {
    const huge = '漢'.repeat(1_000_000)
    const { key, ...rest } = fittedDeadLetter({ ...letter, key: huge, detail: huge, payload: Buffer.alloc(1 << 21) })
    const value = createCodec(readCatalog()).encode('dead-letter', { ...rest, key })
    expect(value.length + Buffer.byteLength(key)).toBeLessThan(recordLimit)
  })
})
