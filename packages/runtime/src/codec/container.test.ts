import { describe, expect, it } from '@jest/globals'
import { crc32 } from 'node:zlib'
import avro from 'avsc'
import { entry } from './catalog.ts'
import { createContainerBuilder, type Container } from './container.ts'
import type { AvroRecord } from './schema.ts'
import { headerBytes, writeHeaderAt } from './wire.ts'

const schema: AvroRecord = {
  type: 'record',
  name: 'Fact',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'text', type: 'string' },
    { name: 'n', type: ['null', 'long'] },
  ],
}
const type = avro.Type.forSchema(schema as unknown as avro.Schema)
const fact = entry(7, 'fact', schema)
const id = '0190a8f3-1234-8000-8000-0123456789ab'

function message(value: unknown): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(headerBytes), type.toBuffer(value)])
  writeHeaderAt(encoded, 0, 7)
  return encoded
}

/** Reads a container with avsc's own file reader. */
async function rowsOf(container: Container): Promise<unknown[]> {
  const decoder = new avro.streams.BlockDecoder()
  const rows: unknown[] = []
  decoder.on('data', (row: object) => rows.push({ ...row }))
  const ended = new Promise((resolve, reject) => decoder.on('end', resolve).on('error', reject))
  decoder.end(container.body)
  await ended
  return rows
}

describe('container', () => {
  it('holds each message after the partition and offset it came from', async () => {
    const builder = createContainerBuilder(fact, 3, 1000)
    const facts = [
      { id, text: '', n: null },
      { id, text: 'ü'.repeat(5000), n: 2 ** 52 },
      { id, text: 'x', n: -1 },
    ]
    const offsets = [0, 8191, 2 ** 45]
    facts.forEach((value, i) => expect(builder.add(offsets[i]!, message(value))).toBeUndefined())
    const container = builder.build()
    expect(container.columns).toEqual(['_gen', '_partition', '_offset', 'id', 'text', 'n'])
    expect(container.rows).toBe(3)
    expect(await rowsOf(container)).toEqual(
      facts.map((value, i) => ({ _gen: 3, _partition: 1000, _offset: offsets[i], ...value })),
    )
  })

  it('can leave out rows that are stored already', async () => {
    const builder = createContainerBuilder(fact, 1, 0)
    for (const offset of [10, 11, 12]) builder.add(offset, message({ id, text: `${offset}`, n: null }))
    const rows = await rowsOf(builder.build({ only: (offset) => offset !== 11 }))
    expect(rows.map((row) => (row as { text: string }).text)).toEqual(['10', '12'])
  })

  it('is equal byte for byte when built again', () => {
    const build = () => {
      const builder = createContainerBuilder(fact, 1, 2)
      builder.add(5, message({ id, text: 'a', n: null }))
      return builder.build()
    }
    expect(build().body.equals(build().body)).toBe(true)
  })

  it('leaves out a message that is cut off, too long or not what its schema says, and keeps its neighbours', async () => {
    const good = message({ id, text: 'good', n: 1 })
    const builder = createContainerBuilder(fact, 1, 0)
    expect(builder.add(0, good)).toBeUndefined()
    expect(builder.add(1, good.subarray(0, -1))).toBe('truncated')
    expect(builder.add(2, Buffer.concat([good, Buffer.from([0])]))).toBe('trailing_bytes')
    expect(builder.add(3, message({ id: 'not a uuid', text: '', n: null }))).toBe('truncated')
    expect(builder.add(4, good)).toBeUndefined()
    const offsets = (await rowsOf(builder.build())).map((row) => (row as { _offset: number })._offset)
    expect(offsets).toEqual([0, 4])
  })

  it('has a checksum of its rows that differs with their offsets and goes on from a seed', () => {
    const crcAt = (offset: number, seed?: number) => {
      const builder = createContainerBuilder(fact, 1, 0)
      builder.add(offset, message({ id, text: 'a', n: null }))
      return builder.build({ crcSeed: seed ?? 0 }).crc
    }
    expect(crcAt(1)).toBe(crcAt(1))
    expect(crcAt(1)).not.toBe(crcAt(2))
    expect(crcAt(1, crc32('before'))).not.toBe(crcAt(1))
  })
})
