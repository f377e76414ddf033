import { crc32c } from '@node-rs/crc32'
import type { RecordBuffer, RecordRange } from './record-buffer.ts'

/** What kafkajs hands to the encoder of one topic-partition, which it passes on from `toOnePartition`. */
export interface PartitionData {
  readonly partition: number
  readonly firstSequence: number
  readonly messages: RecordRange
}

/** Ids of a transactional or idempotent producer. kafkajs has longs of its own; they print as decimal numbers. */
export interface ProducerIds {
  readonly isTransactional: boolean
  readonly id: bigint
  readonly epoch: number
}

/** Bytes from the start of a batch to its first record. */
const headBytes = 61
/** A varint of up to 32 bits. */
const longestVarint = 5
/** Of a record: length, attributes, two deltas, two lengths and the number of headers. */
const mostRecordOverhead = 5 * longestVarint + 2
const magic = 2
const transactional = 0x10
const crcAt = 17
const checkedFrom = 21

/** Bytes that surely hold the batch. */
export function roomFor({ messages }: PartitionData): number {
  return headBytes + messages.byteLength + messages.length * mostRecordOverhead
}

/**
 * Writes an uncompressed record batch (format 2) at `at`, every record with the batch's own timestamp and without
 * headers. Returns where it ends.
 */
export function writeRecordBatch(
  target: Buffer,
  at: number,
  { messages, firstSequence }: PartitionData,
  producer: ProducerIds,
  timestamp: number,
): number {
  const firstOffset = 0n
  const leaderEpoch = 0
  let to = target.writeBigInt64BE(firstOffset, at)
  const lengthAt = to
  to = target.writeInt32BE(leaderEpoch, lengthAt + 4)
  to = target.writeInt8(magic, to)
  to = target.writeInt16BE(producer.isTransactional ? transactional : 0, at + checkedFrom)
  to = target.writeInt32BE(messages.length - 1, to)
  to = target.writeBigInt64BE(BigInt(timestamp), to)
  to = target.writeBigInt64BE(BigInt(timestamp), to)
  to = target.writeBigInt64BE(producer.id, to)
  to = target.writeInt16BE(producer.epoch, to)
  to = target.writeInt32BE(firstSequence, to)
  to = target.writeInt32BE(messages.length, to)
  const { buffer, from } = messages
  for (let i = 0; i < messages.length; i++) to = writeRecord(target, to, i, buffer, from + i)
  target.writeInt32BE(to - lengthAt - 4, lengthAt)
  target.writeUInt32BE(crc32c(target.subarray(at + checkedFrom, to)), at + crcAt)
  return to
}

function writeRecord(target: Buffer, at: number, offsetDelta: number, records: RecordBuffer, i: number): number {
  const start = records.startOf(i)
  const keyEnd = records.keyEndOf(i)
  const valueEnd = records.valueEndOf(i)
  const keyLength = keyEnd - start
  const valueLength = valueEnd < 0 ? -1 : valueEnd - keyEnd
  const attributes = 0
  const noHeaders = 0
  const lengths = sizeOf(offsetDelta) + sizeOf(keyLength) + sizeOf(valueLength)
  let to = writeVarint(target, at, 1 + 1 + lengths + keyLength + Math.max(0, valueLength) + 1)
  target[to++] = attributes
  to = writeVarint(target, to, 0)
  to = writeVarint(target, to, offsetDelta)
  to = records.copy(target, writeVarint(target, to, keyLength), start, keyEnd)
  to = writeVarint(target, to, valueLength)
  if (valueEnd >= 0) to = records.copy(target, to, keyEnd, valueEnd)
  return writeVarint(target, to, noHeaders)
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

function sizeOf(value: number): number {
  let size = 1
  for (let left = zigZag(value); left > 0x7f; left >>>= 7) size++
  return size
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let to = at
  let left = zigZag(value)
  for (; left > 0x7f; left >>>= 7) target[to++] = (left & 0x7f) | 0x80
  target[to++] = left
  return to
}
