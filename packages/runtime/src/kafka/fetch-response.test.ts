import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeFetch, type FetchResponse } from './fetch-response.ts'
import { FetchedRecords } from './fetched-records.ts'
import { roomFor, writeRecordBatch } from './record-batch.ts'
import { RecordBuffer, RecordRange } from './record-buffer.ts'
import type { Incoming, Outgoing } from './record.ts'

interface OriginalMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord: boolean
}

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
  aborted: fc.constant([]),
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

/** A response with the records that are passed on in place of what carries them. */
function readOut(
  decoded: FetchResponse,
  recordsIn: (partition: FetchResponse['responses'][0]['partitions'][0]) => Incoming[],
) {
  const responses = decoded.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map((one) => ({ ...one, abortedTransactions: [], messages: recordsIn(one) })),
  }))
  return { ...decoded, responses }
}

const ours = (decoded: FetchResponse) => readOut(decoded, ({ messages }) => all(messages[0]?.records))

const kafkajs = (decoded: FetchResponse) =>
  readOut(decoded, ({ messages }) =>
    (messages as unknown as readonly OriginalMessage[])
      .filter((message) => !message.isControlRecord)
      .map(({ offset, timestamp, key, value }) => ({
        offset: Number(offset),
        timestamp: Number(timestamp),
        key: key?.toString() ?? '',
        value,
      })),
  )

function all(records: Iterator<Incoming, undefined> | undefined): Incoming[] {
  const found: Incoming[] = []
  for (let one = records?.next(); one?.done === false; one = records?.next()) found.push(one.value)
  return found
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
        expect(ours(decodeFetch(bytes)!)).toEqual(kafkajs(await original.decode(bytes)))
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
    const decoded = ours(decodeFetch(bytes)!)
    expect(decoded.responses[0]?.partitions[0]?.messages[0]?.timestamp).toBe(1 + delta)
    expect(decoded).toEqual(kafkajs(await original.decode(bytes)))
  })

  it('leaves compressed batches and older formats to kafkajs, and steps over headers', () => {
    expect(decodeFetch(withBatch((bytes) => (bytes[attributesAt + 1]! |= 1)))).toBeUndefined()
    expect(decodeFetch(withBatch((bytes) => (bytes[16] = 1)))).toBeUndefined()
    const withHeader = ours(decodeFetch(withBatch((bytes) => (bytes[bytes.length - 1] = 2)))!)
    expect(withHeader.responses[0]?.partitions[0]?.messages).toMatchObject([{ offset: 5, key: 'k' }])
  })
})

interface Step {
  readonly producer: number
  readonly what: 'write' | 'commit' | 'abort'
  readonly records: number
}

/** A log of producers whose transactions overlap, as its batches; what of it is committed; what was aborted. */
function logOf(steps: readonly Step[]) {
  const open = new Map<number, { first: number; offsets: number[] }>()
  const batches: { bytes: Buffer; first: number }[] = []
  const committed: number[] = []
  const aborted: { producerId: bigint; firstOffset: number; end: number }[] = []
  let next = 0
  const append = (producer: number, isControl: boolean, messages: readonly Outgoing[]) => {
    const ids = { id: BigInt(producer), epoch: 0, isTransactional: producer > 0 }
    const made = { firstOffset: next, timestamp: 1, producer: ids, isControl, isLogAppendTime: false, messages }
    batches.push({ bytes: bytesOf(made), first: next })
    next += messages.length
  }
  for (const { producer, what, records } of steps) {
    const transaction = open.get(producer)
    if (what === 'write') {
      const offsets = Array.from({ length: records }, (_, i) => next + i)
      if (producer === 0) committed.push(...offsets)
      else if (transaction === undefined) open.set(producer, { first: next, offsets })
      else transaction.offsets.push(...offsets)
      append(
        producer,
        false,
        offsets.map(() => ({ key: 'k', value: Buffer.from('v') })),
      )
    } else if (transaction !== undefined) {
      if (what === 'commit') committed.push(...transaction.offsets)
      else aborted.push({ producerId: BigInt(producer), firstOffset: transaction.first, end: next })
      append(producer, true, [{ key: `\0\0\0${what === 'commit' ? '\u0001' : '\0'}`, value: Buffer.alloc(6) }])
      // What compaction leaves of an older marker: a batch without its record.
      if (records > 3) batches.push({ bytes: emptied(next++), first: next - 1 })
      open.delete(producer)
    }
  }
  // Brokers give out nothing from the first transaction on that is still open.
  const stable = Math.min(next, ...[...open.values()].map(({ first }) => first))
  return { batches: batches.filter(({ first }) => first < stable), committed, aborted, stable }
}

function emptied(firstOffset: number): Buffer {
  const bytes = bytesOf({
    ...oneBatch,
    firstOffset,
    isControl: true,
    producer: { id: 1n, epoch: 0, isTransactional: true },
  })
  bytes.writeInt32BE(61 - 12, 8)
  bytes.writeInt32BE(0, 57)
  return bytes.subarray(0, 61)
}

describe('FetchedRecords', () => {
  it('refuses a record that goes on beyond its batch', () => {
    const bytes = bytesOf({ ...oneBatch, messages: [{ key: 'k', value: Buffer.alloc(50) }] })
    bytes[61] = 2 * 60
    const records = FetchedRecords.in(Buffer.concat([bytes, bytes]), 0, 2 * bytes.length, [])!
    expect(() => all(records)).toThrow('beyond its batch')
  })

  it('copies a small part of a large answer, so as not to hold all of it', () => {
    const bytes = bytesOf({ ...oneBatch, messages: [{ key: 'k', value: Buffer.alloc(1000) }] })
    // Beyond the pool that small buffers share.
    const answer = Buffer.concat([bytes, Buffer.alloc(50_000)])
    const [small] = all(FetchedRecords.in(answer, 0, bytes.length, [])!)
    expect(small?.value?.buffer).not.toBe(answer.buffer)
    const [whole] = all(FetchedRecords.in(answer.subarray(0, bytes.length), 0, bytes.length, [])!)
    expect(whole?.value?.buffer).toBe(answer.buffer)
  })

  it('passes on what is committed, wherever the fetch begins and in whatever order the aborted are named', () => {
    const step = fc.record<Step>({
      producer: fc.nat(3),
      what: fc.constantFrom('write', 'write', 'commit', 'abort'),
      records: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(), fc.boolean(), (steps, at, isReversed) => {
        const { batches, committed, aborted, stable } = logOf(steps)
        fc.pre(batches.length > 0)
        const fetched = batches.slice(at % batches.length)
        const from = fetched[0]!.first
        const bytes = Buffer.concat(fetched.map((one) => one.bytes))
        const named = aborted.filter(({ end, firstOffset }) => end >= from && firstOffset < stable)
        const records = FetchedRecords.in(bytes, 0, bytes.length, isReversed ? named.reverse() : named)!
        const expected = committed.filter((offset) => offset >= from && offset < stable).sort((a, b) => a - b)
        expect(all(records).map(({ offset }) => offset)).toEqual(expected)
        expect([records.first, records.last + 1]).toEqual([from, stable])
      }),
      { numRuns: 500 },
    )
  })
})
