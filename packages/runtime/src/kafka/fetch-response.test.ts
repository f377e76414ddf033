import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeFetch, type FetchResponse } from './fetch-response.ts'
import { roomFor, writeRecordBatch } from './record-batch.ts'
import { RecordBuffer, RecordRange } from './record-buffer.ts'
import type { Outgoing } from './record.ts'

const original = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/response') as {
  decode: (bytes: Buffer) => Promise<FetchResponse>
}

interface Batch {
  readonly firstOffset: number
  readonly timestamp: number
  readonly producer: { readonly id: bigint; readonly epoch: number; readonly isTransactional: boolean }
  readonly isControl: boolean
  readonly isLogAppendTime: boolean
  readonly messages: readonly Outgoing[]
}

const attributesAt = 21

function bytesOf({ firstOffset, timestamp, producer, isControl, isLogAppendTime, messages }: Batch): Buffer {
  const range = new RecordRange(RecordBuffer.of(messages), 0, messages.length)
  const data = { partition: 0, firstSequence: 0, messages: range }
  const buffer = Buffer.alloc(roomFor(data))
  const bytes = buffer.subarray(0, writeRecordBatch(buffer, 0, data, producer, timestamp))
  bytes.writeBigInt64BE(BigInt(firstOffset))
  bytes[attributesAt + 1]! |= (isControl ? 0x20 : 0) | (isLogAppendTime ? 0x08 : 0)
  return bytes
}

interface Partition {
  readonly partition: number
  readonly highWatermark: number
  readonly aborted: readonly (readonly [number, number])[]
  readonly records: Buffer
}

function responseOf(topics: readonly { readonly name: string; readonly partitions: readonly Partition[] }[]): Buffer {
  return Buffer.concat([
    numbers(['32', 7], ['16', 0], ['32', 99], ['32', topics.length]),
    ...topics.flatMap(({ name, partitions }) => [
      numbers(['16', Buffer.byteLength(name)]),
      Buffer.from(name),
      numbers(['32', partitions.length]),
      ...partitions.flatMap(({ partition, highWatermark, aborted, records }) => [
        numbers(['32', partition], ['16', 0], ['64', highWatermark], ['64', highWatermark - 1], ['64', 0]),
        numbers(['32', aborted.length === 0 ? -1 : aborted.length], ...aborted.flat().map((n) => ['64', n] as const)),
        numbers(['32', -1], ['32', records.length]),
        records,
      ]),
    ]),
  ])
}

function numbers(...given: readonly (readonly ['16' | '32' | '64', number])[]): Buffer {
  return Buffer.concat(
    given.map(([bits, value]) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(BigInt(value))
      return bytes.subarray(8 - Number(bits) / 8)
    }),
  )
}

const sum = (batches: readonly Buffer[]) => batches.reduce((length, one) => length + one.length, 0)

const offset = fc.nat(2 ** 31).chain((n) => fc.constantFrom(n, n * 1000))
const batch: fc.Arbitrary<Batch> = fc.record({
  firstOffset: offset,
  timestamp: fc.integer({ min: 0, max: 2 ** 42 }),
  producer: fc.record({
    id: fc.bigInt({ min: -1n, max: 2n ** 40n }),
    epoch: fc.nat(32_767),
    isTransactional: fc.boolean(),
  }),
  isControl: fc.boolean(),
  isLogAppendTime: fc.boolean(),
  messages: fc.array<Outgoing>(
    fc.record<Outgoing>({
      key: fc.string({ maxLength: 80 }),
      value: fc.option(fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))),
    }),
    { minLength: 1, maxLength: 100 },
  ),
})
const partition: fc.Arbitrary<Partition> = fc.record({
  partition: fc.nat(100),
  highWatermark: offset,
  aborted: fc.array(fc.tuple(offset, offset), { maxLength: 3 }),
  records: fc
    .tuple(fc.array(batch.map(bytesOf), { maxLength: 4 }), fc.nat(200))
    // Brokers cut off the last batch where the answer is full; the first is always whole.
    .map(([batches, cut]) => Buffer.concat(batches, Math.max(batches[0]?.length ?? 0, sum(batches) - cut))),
})
const response = fc
  .array(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 30 }),
      partitions: fc.array(partition, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  )
  .map(responseOf)

/** kafkajs keeps all of the batch with each record and reads two fields of it. */
function withShortContext(decoded: FetchResponse): FetchResponse {
  const shortened = decoded.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map((one) => ({
      ...one,
      messages: one.messages.map(({ batchContext: { producerId, inTransaction }, ...message }) => ({
        ...message,
        batchContext: { producerId, inTransaction },
      })),
    })),
  }))
  return { ...decoded, responses: shortened }
}

const oneBatch: Batch = {
  firstOffset: 5,
  timestamp: 1,
  producer: { id: 1n, epoch: 0, isTransactional: false },
  isControl: false,
  isLogAppendTime: true,
  messages: [{ key: 'k', value: Buffer.from('v') }],
}

function withBatch(change: (bytes: Buffer) => void): Buffer {
  const records = bytesOf(oneBatch)
  change(records)
  return responseOf([{ name: 't', partitions: [{ partition: 0, highWatermark: 6, aborted: [], records }] }])
}

describe('decodeFetch', () => {
  it('reads what kafkajs reads', async () => {
    await fc.assert(
      fc.asyncProperty(response, async (bytes) => {
        expect(decodeFetch(bytes)).toEqual(withShortContext(await original.decode(bytes)))
      }),
      { numRuns: 200 },
    )
  })

  it('reads time deltas of more than 31 bits', async () => {
    const delta = 2 ** 33
    const varlong = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x40])
    const short = bytesOf({ ...oneBatch, isLogAppendTime: false })
    const head = short.subarray(0, 61)
    const body = short.subarray(62)
    const records = Buffer.concat([
      head,
      Buffer.from([(body.length + varlong.length - 1) * 2]),
      body.subarray(0, 1),
      varlong,
      body.subarray(2),
    ])
    records.writeInt32BE(records.length - 12, 8)
    const bytes = responseOf([{ name: 't', partitions: [{ partition: 0, highWatermark: 6, aborted: [], records }] }])
    const decoded = decodeFetch(bytes)
    expect(decoded?.responses[0]?.partitions[0]?.messages[0]?.timestamp).toBe(String(1 + delta))
    expect(decoded).toEqual(withShortContext(await original.decode(bytes)))
  })

  it('leaves compressed batches, older formats and headers to kafkajs', () => {
    expect(decodeFetch(withBatch((bytes) => (bytes[attributesAt + 1]! |= 1)))).toBeUndefined()
    expect(decodeFetch(withBatch((bytes) => (bytes[16] = 1)))).toBeUndefined()
    expect(decodeFetch(withBatch((bytes) => (bytes[bytes.length - 1] = 2)))).toBeUndefined()
  })
})
