import { describe, expect, it } from '@jest/globals'
import { createCodec, readCatalog, type Incoming } from '@cairn/runtime'
import { routes } from '../routes.ts'
import { BatchBuilder } from './batch.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const sessions = routes.find((route) => route.kind === 'sessions')!
const barrier = codec.encode('barrier', { flush_id: 'f', hold_ms: 7, input_offset: 3 })
const fence = codec.encode('fence', { owner: 'x' })

function record(offset: number, value: Buffer | null, timestamp = 1000 + offset): Incoming {
  return { offset, timestamp, key: 'shop:v', value }
}

function newBuilder(): BatchBuilder {
  return new BatchBuilder({ route: sessions, catalog, codec, generation: 1, partition: 0 })
}

describe('a batch', () => {
  it('ends with a barrier and remembers it', () => {
    const builder = newBuilder()
    expect(builder.add(record(5, barrier))).toBe('barrier')
    expect(builder.build()).toMatchObject({
      begin: 5,
      end: 6,
      rows: 0,
      barrier: { flush_id: 'f', hold_ms: 7, offset: 5, at: 1005 },
    })
  })

  it('does not take a record whose schema the catalog lacks', () => {
    const builder = newBuilder()
    const unknown = Buffer.from([0, 0, 0, 3, 231, 1])
    expect(builder.add(record(5, unknown))).toBe('unknown_schema')
    expect(builder.records).toBe(0)
  })

  it.each([
    ['no_value', null],
    ['not_wire_format', Buffer.from('{}')],
    ['unexpected_schema', fence],
    ['undecodable', barrier.subarray(0, -1)],
  ])('takes a message that is no row as a dead letter: %s', (reason, value) => {
    const builder = newBuilder()
    expect(builder.add(record(5, value))).toBe('taken')
    const { dead, rows } = builder.build()
    expect(rows).toBe(0)
    expect(dead).toEqual([{ record: record(5, value), reason }])
  })

  it('cannot be built out of nothing', () => {
    expect(() => newBuilder().build()).toThrow('a batch needs at least one record')
  })
})
