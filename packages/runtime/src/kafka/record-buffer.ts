import type { Outgoing } from './record.ts'
import type { RequestRoom } from './request-room.ts'

/** Writes a value at `at` and returns where it ends; an end beyond `bytes` asks for more room and to be called again. */
export type WriteBytes = (bytes: Buffer, at: number) => number

/** Brokers refuse a record batch over 1 MiB. */
const rangeBytes = 512 * 1024
const firstBytes = 64 * 1024
/** Most values fit into what is left, so that hardly one has to be written again. */
const headroom = 16 * 1024
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const mostUtf8 = 3
/** A key up to here is written and copied byte by byte, which takes less than a call out of JavaScript. */
const shortKey = 64

/**
 * Records to write to one topic-partition, as bytes in one piece: key, value, key, value. Values are written in place,
 * and the memory is used again after `clear`: a buffer an output costs more to allocate and to collect than to fill.
 */
export class RecordBuffer {
  #bytes: Buffer
  #end = 0
  #length = 0
  /** Where each record's key ends and where its value does; a tombstone's value ends at -1. */
  #keyEnds: Int32Array = new Int32Array(256)
  #valueEnds: Int32Array = new Int32Array(256)

  /** @param room bytes to start with */
  constructor(room: number = firstBytes) {
    this.#bytes = Buffer.allocUnsafeSlow(room)
  }

  static of(records: readonly Outgoing[]): RecordBuffer {
    let room = 0
    for (const { key, value } of records) room += key.length * mostUtf8 + (value?.length ?? 0)
    const made = new RecordBuffer(room)
    for (const { key, value } of records) made.add(key, value)
    return made
  }

  /** Records. */
  get length(): number {
    return this.#length
  }

  /** Of keys and values. */
  get byteLength(): number {
    return this.#end
  }

  /** Keys and values one after the other: valid until more is written. */
  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#end)
  }

  /** Copies a value in; null is a tombstone. */
  add(key: string, value: Uint8Array | null): void {
    const keyEnd = this.#writeKey(key, value?.length ?? 0)
    if (value !== null) this.#bytes.set(value, keyEnd)
    this.#note(keyEnd, value === null ? -1 : keyEnd + value.length)
  }

  /** Has a value written in place. Returns its length. */
  write(key: string, write: WriteBytes): number {
    const keyEnd = this.#writeKey(key, headroom)
    let end = write(this.#bytes, keyEnd)
    while (end > this.#bytes.length) {
      this.#grow(end)
      end = write(this.#bytes, keyEnd)
    }
    this.#note(keyEnd, end)
    return end - keyEnd
  }

  /** Forgets the records and keeps the memory, unless they needed little of it. Nobody may still read ranges of them. */
  clear(): void {
    const least = Math.max(firstBytes, this.#end * 4)
    if (this.#bytes.length > least) this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length / 2)
    this.#end = 0
    this.#length = 0
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
      const end = this.#endOf(i)
      if (i > from && end - start > rangeBytes) {
        yield new RecordRange(this, from, i, room)
        from = i
        start = this.#endOf(i - 1)
      }
    }
    if (from < this.#length) yield new RecordRange(this, from, this.#length, room)
  }

  /** The records, copied out. */
  *[Symbol.iterator](): Generator<Outgoing> {
    for (let i = 0; i < this.#length; i++) {
      const keyEnd = this.keyEndOf(i)
      const valueEnd = this.valueEndOf(i)
      const key = this.#bytes.toString('utf8', this.startOf(i), keyEnd)
      yield { key, value: valueEnd < 0 ? null : Buffer.from(this.#bytes.subarray(keyEnd, valueEnd)) }
    }
  }

  /** Where record `i` starts: with its key. */
  startOf(i: number): number {
    return i === 0 ? 0 : this.#endOf(i - 1)
  }

  keyEndOf(i: number): number {
    return this.#keyEnds[i] as number
  }

  /** -1 for a tombstone. */
  valueEndOf(i: number): number {
    return this.#valueEnds[i] as number
  }

  /** Copies bytes of it to `at` in `target`; returns where they end there. */
  copy(target: Buffer, at: number, from: number, to: number): number {
    const length = to - from
    if (length > shortKey) this.#bytes.copy(target, at, from, to)
    else for (let i = 0; i < length; i++) target[at + i] = this.#bytes[from + i] as number
    return at + length
  }

  #endOf(i: number): number {
    const end = this.#valueEnds[i] as number
    return end < 0 ? (this.#keyEnds[i] as number) : end
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

  #note(keyEnd: number, valueEnd: number): void {
    if (this.#length === this.#keyEnds.length) {
      this.#keyEnds = doubled(this.#keyEnds)
      this.#valueEnds = doubled(this.#valueEnds)
    }
    this.#keyEnds[this.#length] = keyEnd
    this.#valueEnds[this.#length] = valueEnd
    this.#length++
    this.#end = valueEnd < 0 ? keyEnd : valueEnd
  }

  #grow(least: number): void {
    let length = Math.max(firstBytes, this.#bytes.length)
    while (length < least) length *= 2
    const grown = Buffer.allocUnsafeSlow(length)
    this.#bytes.copy(grown)
    this.#bytes = grown
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

  /** Of keys and values. */
  get byteLength(): number {
    return this.buffer.startOf(this.to) - this.buffer.startOf(this.from)
  }
}
