import { crc32c } from '@node-rs/crc32'
import type { RecordBuffer, RecordRange } from './record-buffer.ts'
import { longestVarint, sizeOfVarint, writeVarint } from './varint.ts'

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
/** Of a record: length, attributes, two deltas, the key's length and the number of headers. */
const mostRecordOverhead = 4 * longestVarint + 2
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
  const end = records.endOf(i)
  const keyLength = records.keyEndOf(i) - start
  const attributes = 0
  const noHeaders = 0
  const lengths = sizeOfVarint(offsetDelta) + sizeOfVarint(keyLength)
  let to = writeVarint(target, at, 1 + 1 + lengths + (end - start) + 1)
  target[to++] = attributes
  to = writeVarint(target, to, 0)
  to = writeVarint(target, to, offsetDelta)
  to = records.copy(target, writeVarint(target, to, keyLength), start, end)
  return writeVarint(target, to, noHeaders)
}
