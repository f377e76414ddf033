import { describe, expect, it } from '@jest/globals'
import avro from 'avsc'
import fc from 'fast-check'
import type { AvroRecord } from './schema.ts'
import { compileWalk } from './walk.ts'

const schema: AvroRecord = {
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'count', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'maybe', type: ['null', 'long'] },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'map', type: { type: 'map', values: 'string' } },
    { name: 'raw', type: 'bytes' },
    { name: 'real', type: 'double' },
  ],
}
const type = avro.Type.forSchema(schema as unknown as avro.Schema)
const walk = compileWalk(schema)
/** avsc refuses the last two safe integers. */
const longs = fc.maxSafeInteger().filter((n) => Math.abs(n) < Number.MAX_SAFE_INTEGER - 1)
const values = fc.record({
  flag: fc.boolean(),
  count: longs,
  text: fc.string({ unit: 'binary', maxLength: 200 }),
  maybe: fc.option(longs),
  tags: fc.array(fc.string(), { maxLength: 5 }),
  map: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  raw: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  real: fc.double(),
})

describe('walk', () => {
  it('ends exactly where the encoding ends, wherever it starts and whatever follows', () => {
    fc.assert(
      fc.property(values, fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (value, before, after) => {
        const encoded = type.toBuffer(value)
        expect(walk(Buffer.concat([before, encoded, after]), before.length)).toBe(before.length + encoded.length)
      }),
    )
  })

  it('never accepts a cut-off encoding', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const encoded = type.toBuffer(value)
        expect(walk(encoded.subarray(0, at % encoded.length), 0)).toBe(-1)
      }),
    )
  })

  it('stays inside any bytes and returns at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const end = walk(bytes, 0)
        expect(end === -1 || (end >= 0 && end <= bytes.length)).toBe(true)
      }),
    )
  })

  it('refuses a count of two billion map entries without counting to it', () => {
    const huge = avro.Type.forSchema('long').toBuffer(2_000_000_000)
    expect(compileWalk({ type: 'map', values: 'string' })(Buffer.concat([huge, Buffer.from([2, 97])]), 0)).toBe(-1)
  })

  it('refuses text that is no uuid where the schema says uuid', () => {
    const uuid = compileWalk({ type: 'string', logicalType: 'uuid' })
    const encoded = (text: string) => avro.Type.forSchema('string').toBuffer(text)
    expect(uuid(encoded('0190a8f3-1234-8000-8000-0123456789aB'), 0)).toBe(37)
    expect(uuid(encoded('0190a8f3-1234-8000-8000-0123456789ag'), 0)).toBe(-1)
    expect(uuid(encoded('0190a8f301234-8000-8000-0123456789ab'), 0)).toBe(-1)
    expect(uuid(encoded(''), 0)).toBe(-1)
  })

  it('refuses an int of more than 32 bits, which a long may have', () => {
    const encoded = (value: number) => avro.Type.forSchema('long').toBuffer(value)
    const int = compileWalk('int')
    for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) expect(int(encoded(value), 0)).toBe(encoded(value).length)
    for (const value of [2 ** 31, -(2 ** 31) - 1, 2 ** 40]) expect(int(encoded(value), 0)).toBe(-1)
    expect(compileWalk('long')(encoded(2 ** 40), 0)).toBe(encoded(2 ** 40).length)
  })

  it('refuses a block whose size in bytes and items disagree, because readers differ in what they believe', () => {
    const strings = compileWalk({ type: 'array', items: 'string' })
    const block = (size: number) => Buffer.from([1, size * 2, 2, 97, 0])
    expect(strings(block(2), 0)).toBe(5)
    expect(strings(block(1), 0)).toBe(-1)
    expect(strings(block(3), 0)).toBe(-1)
  })
})
