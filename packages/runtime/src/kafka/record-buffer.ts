import type { Outgoing } from './record.ts'
import type { RequestRoom } from './request-room.ts'
import { longestVarint, sizeOfVarint, writeVarint } from './varint.ts'

/**
 * Writes a value at `at` and returns where it ends; an end beyond `bytes` asks for more room and to be called again. It is
 * given the value, so that one function writes all of a kind: a closure for each would be an object to collect.
 */
export type WriteBytes<T> = (value: T, bytes: Buffer, at: number) => number

/** Brokers refuse a record batch over 1 MiB. */
const rangeBytes = 512 * 1024
const firstBytes = 64 * 1024
/** Most values fit into what is left, so that hardly one has to be written again. */
const headroom = 16 * 1024
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const mostUtf8 = 3
/** A key up to here is written byte by byte, which takes less than a call out of JavaScript. */
const shortKey = 64
/** Of the length of a value of 64 bytes to 8 KiB, which most have; others are moved. */
const usualVarint = 2
/** What stands for the length of a value that is not there. */
const tombstone = 1

/**
 * Records to write to one topic-partition, as bytes in one piece: key, length of the value, value, and so on, which is how
 * they stand in a Produce request, so that each is copied there by one call. Values are written in place, and the memory is
 * used again after `clear`: a buffer an output costs more to allocate and to collect than to fill.
 */
export class RecordBuffer {
  #bytes: Buffer
  #end = 0
  #length = 0
  /** Where each record's key ends, and where the record does. */
  #keyEnds: Int32Array = new Int32Array(256)
  #ends: Int32Array = new Int32Array(256)

  /** @param room bytes to start with */
  constructor(room: number = firstBytes) {
    this.#bytes = Buffer.allocUnsafeSlow(room)
  }

  static of(records: readonly Outgoing[]): RecordBuffer {
    let room = 0
    for (const { key, value } of records) room += key.length * mostUtf8 + longestVarint + (value?.length ?? 0)
    const made = new RecordBuffer(room)
    for (const { key, value } of records) made.add(key, value)
    return made
  }

  /** Records. */
  get length(): number {
    return this.#length
  }

  get byteLength(): number {
    return this.#end
  }

  /** All records one after the other: valid until more is written. */
  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#end)
  }

  /** Copies a value in; null is a tombstone. */
  add(key: string, value: Uint8Array | null): void {
    const keyEnd = this.#writeKey(key, longestVarint + (value?.length ?? 0))
    const start = writeVarint(this.#bytes, keyEnd, value === null ? -1 : value.length)
    if (value !== null) this.#bytes.set(value, start)
    this.#note(keyEnd, start + (value?.length ?? 0))
  }

  /** Has a value written in place. Returns its length. */
  write<T>(key: string, write: WriteBytes<T>, value: T): number {
    const keyEnd = this.#writeKey(key, longestVarint + headroom)
    const start = keyEnd + usualVarint
    let end = write(value, this.#bytes, start)
    while (end + longestVarint > this.#bytes.length) {
      this.#grow(end + longestVarint)
      end = write(value, this.#bytes, start)
    }
    const length = end - start
    const size = sizeOfVarint(length)
    if (size !== usualVarint) this.#bytes.copyWithin(keyEnd + size, start, end)
    writeVarint(this.#bytes, keyEnd, length)
    this.#note(keyEnd, keyEnd + size + length)
    return length
  }

  /** Forgets the records and keeps the memory, unless they needed little of it. Nobody may still read ranges of them. */
  clear(): void {
    const least = Math.max(firstBytes, this.#end * 4)
    if (this.#bytes.length > least) this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length / 2)
    this.#end = 0
    this.#length = 0
  }

  /** Makes room for so many bytes more at once, instead of growing to them again and again, which copies what is there. */
  reserve(bytes: number): void {
    const least = this.#end + bytes
    if (least <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(least)
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }

  /**
   * The records in pieces that one send may carry, in order.
   *
   * @param room where their requests are written, for sends that wait for each other
   */
  *ranges(room?: RequestRoom): Generator<RecordRange> {
    let from = 0
    let start = 0
    for (let i = 0; i < this.#length; i++) {
      const end = this.endOf(i)
      if (i > from && end - start > rangeBytes) {
        yield new RecordRange(this, from, i, room)
        from = i
        start = this.endOf(i - 1)
      }
    }
    if (from < this.#length) yield new RecordRange(this, from, this.#length, room)
  }

  /** The records, copied out. */
  *[Symbol.iterator](): Generator<Outgoing> {
    for (let i = 0; i < this.#length; i++) {
      const keyEnd = this.keyEndOf(i)
      const key = this.#bytes.toString('utf8', this.startOf(i), keyEnd)
      let start = keyEnd
      while ((this.#bytes[start++] as number) > 0x7f);
      const isTombstone = this.#bytes[keyEnd] === tombstone
      yield { key, value: isTombstone ? null : Buffer.from(this.#bytes.subarray(start, this.endOf(i))) }
    }
  }

  /** Where record `i` starts: with its key. */
  startOf(i: number): number {
    return i === 0 ? 0 : this.endOf(i - 1)
  }

  keyEndOf(i: number): number {
    return this.#keyEnds[i] as number
  }

  endOf(i: number): number {
    return this.#ends[i] as number
  }

  /** Copies bytes of it to `at` in `target`; returns where they end there. */
  copy(target: Buffer, at: number, from: number, to: number): number {
    this.#bytes.copy(target, at, from, to)
    return at + to - from
  }

  /** With room for so many bytes after it. */
  #writeKey(key: string, roomAfter: number): number {
    const least = this.#end + key.length * mostUtf8 + roomAfter
    if (least > this.#bytes.length) this.#grow(least)
    if (key.length > shortKey) return this.#end + this.#bytes.write(key, this.#end)
    let at = this.#end
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i)
      if (unit > 0x7f) return this.#end + this.#bytes.write(key, this.#end)
      this.#bytes[at++] = unit
    }
    return at
  }

  #note(keyEnd: number, end: number): void {
    if (this.#length === this.#keyEnds.length) {
      this.#keyEnds = doubled(this.#keyEnds)
      this.#ends = doubled(this.#ends)
    }
    this.#keyEnds[this.#length] = keyEnd
    this.#ends[this.#length] = end
    this.#length++
    this.#end = end
  }

  #grow(least: number): void {
    let length = Math.max(firstBytes, this.#bytes.length)
    while (length < least) length *= 2
    this.reserve(length - this.#end)
  }
}

function doubled(ends: Int32Array): Int32Array {
  const grown = new Int32Array(ends.length * 2)
  grown.set(ends)
  return grown
}

/** Records `from` up to, not including, `to` of a buffer. */
export class RecordRange {
  readonly buffer: RecordBuffer
  readonly from: number
  readonly to: number
  readonly room: RequestRoom | undefined

  constructor(buffer: RecordBuffer, from: number, to: number, room?: RequestRoom) {
    this.buffer = buffer
    this.from = from
    this.to = to
    this.room = room
  }

  get length(): number {
    return this.to - this.from
  }

  get byteLength(): number {
    return this.buffer.startOf(this.to) - this.buffer.startOf(this.from)
  }
}
