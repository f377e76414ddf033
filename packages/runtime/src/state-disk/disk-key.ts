import { createHash } from 'node:crypto'
import { NEVER } from '@cairn/domain'
import { seal, sealBytes } from './seal.ts'

/** LMDB takes keys of up to 1,978 bytes, an index key being seven longer than the state's. */
const LONGEST = 1_900
const DUE_BYTES = 6
/** Due times are below 2^48 for the next 6,000 years. */
const NEVER_ON_DISK = 2 ** (8 * DUE_BYTES) - 1

/** A state's key as the disk knows it: its bytes, and of one that is too long the beginning and a hash. */
export function diskKey(key: string): Buffer {
  const bytes = Buffer.from(key)
  if (bytes.length <= LONGEST) return bytes
  const hash = createHash('sha256').update(bytes).digest()
  return Buffer.concat([bytes.subarray(0, LONGEST), hash])
}

/** Whether the key itself must be kept beside its {@link diskKey}. */
export function isCut(diskKey: Buffer): boolean {
  return diskKey.length > LONGEST
}

/** A key of the index: queue, due time, state. In order of bytes it is in order of these. */
export function indexKey(queue: number, due: number, diskKey: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(1 + DUE_BYTES + diskKey.length)
  key[0] = queue
  writeDue(key, due, 1)
  key.set(diskKey, 1 + DUE_BYTES)
  return key
}

export function dueOf(indexKey: Buffer): number {
  return readDue(indexKey, 1)
}

export function keyOf(indexKey: Buffer): string {
  return indexKey.toString('utf8', 1 + DUE_BYTES)
}

/** Bytes before a state on disk: its seal, and where it stands in the index of each queue. */
export function headBytesOf(queues: number): number {
  return sealBytes + queues * DUE_BYTES
}

export function valueOf(diskKey: Buffer, dues: readonly number[], state: Uint8Array): Buffer {
  const headBytes = headBytesOf(dues.length)
  const value = Buffer.allocUnsafe(headBytes + state.length)
  for (const [queue, due] of dues.entries()) writeDue(value, due, headBytesOf(queue))
  value.set(state, headBytes)
  return seal(value, diskKey)
}

export function duesOf(value: Buffer, queues: number): number[] {
  return Array.from({ length: queues }, (_, queue) => readDue(value, headBytesOf(queue)))
}

function writeDue(bytes: Buffer, due: number, at: number): void {
  bytes.writeUIntBE(due >= NEVER ? NEVER_ON_DISK : due, at, DUE_BYTES)
}

function readDue(bytes: Buffer, at: number): number {
  const due = bytes.readUIntBE(at, DUE_BYTES)
  return due === NEVER_ON_DISK ? NEVER : due
}
