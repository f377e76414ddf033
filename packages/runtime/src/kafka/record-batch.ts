import { crc32c } from './crc32c.ts'

/** What kafkajs hands to the encoder of one topic-partition. */
export interface PartitionData {
  readonly partition: number
  readonly firstSequence: number
  readonly messages: readonly Message[]
}

export interface Message {
  readonly key?: string | Buffer | null
  readonly value: string | Buffer | null
  readonly timestamp?: string
  readonly headers?: Readonly<Record<string, unknown>>
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
  let room = headBytes
  for (const { key, value } of messages) room += mostRecordOverhead + mostBytes(key) + mostBytes(value)
  return room
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
  for (let i = 0; i < messages.length; i++) to = writeRecord(target, to, i, messages[i] as Message)
  target.writeInt32BE(to - lengthAt - 4, lengthAt)
  target.writeUInt32BE(crc32c(target, at + checkedFrom, to), at + crcAt)
  return to
}

function writeRecord(target: Buffer, at: number, offsetDelta: number, { key, value }: Message): number {
  const keyLength = lengthOf(key)
  const valueLength = lengthOf(value)
  const attributes = 0
  const body =
    1 +
    1 +
    sizeOf(offsetDelta) +
    sizeOf(keyLength) +
    sizeOf(valueLength) +
    Math.max(0, keyLength) +
    Math.max(0, valueLength) +
    1
  let to = writeVarint(target, at, body)
  target[to++] = attributes
  to = writeVarint(target, to, 0)
  to = writeVarint(target, to, offsetDelta)
  to = writeField(target, writeVarint(target, to, keyLength), key)
  to = writeField(target, writeVarint(target, to, valueLength), value)
  return writeVarint(target, to, 0)
}

function writeField(target: Buffer, at: number, field: string | Buffer | null | undefined): number {
  if (field === null || field === undefined) return at
  if (typeof field === 'string') return at + target.write(field, at)
  target.set(field, at)
  return at + field.length
}

/** In UTF-8; -1 for none, as the format counts. */
function lengthOf(field: string | Buffer | null | undefined): number {
  if (field === null || field === undefined) return -1
  return typeof field === 'string' ? Buffer.byteLength(field) : field.length
}

/** UTF-8 takes at most three bytes for one UTF-16 unit. */
function mostBytes(field: string | Buffer | null | undefined): number {
  if (field === null || field === undefined) return 0
  return typeof field === 'string' ? field.length * 3 : field.length
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
