import type { Incoming } from './record.ts'

/** A transaction that was aborted, as an answer to a fetch names it. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const magicAt = 16
const attributesAt = 21
const lastDeltaAt = 23
const firstTimestampAt = 27
const maxTimestampAt = 35
const producerIdAt = 43
const countAt = 57
const headBytes = 61
/** Of the first offset and the length, which the length does not count. */
const beforeLength = 12

/** Parts of an answer up to one in so many are copied. */
const smallPart = 8

const compressions = 0x07
const logAppendTime = 0x08
const transactional = 0x10
const control = 0x20

/**
 * Records of one answer to a fetch, read one after the other out of its bytes (record batches of format 2). Nothing is
 * made of a record before it is taken: records that wait as objects outlive the garbage collector's young generation,
 * and moving them there took a tenth of attribution's time.
 *
 * Passes on what is committed and neither a marker nor aborted, as the Java client does it: a transaction counts as
 * aborted from its first offset to its abort marker.
 */
export class FetchedRecords implements Iterator<Incoming, undefined> {
  /** First offset fetched, whether its record is passed on or not. */
  readonly first: number
  /** Last offset fetched. */
  readonly last: number
  readonly byteLength: number
  readonly #bytes: Buffer
  readonly #end: number
  readonly #aborted: AbortedTransaction[]
  readonly #abortedProducers = new Set<bigint>()
  /** Where the next batch starts. */
  #batchAt: number
  /** Where the next record of the batch starts. */
  #at = 0
  #left = 0
  #baseOffset = 0
  #baseTimestamp = 0
  #isAppendTime = false

  private constructor(bytes: Buffer, start: number, end: number, last: number, aborted: readonly AbortedTransaction[]) {
    this.#bytes = bytes
    this.#batchAt = start
    this.#end = end
    this.#aborted = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset)
    this.first = offsetAt(bytes, start)
    this.last = last
    this.byteLength = end - start
  }

  /**
   * The records of the whole batches among `size` bytes; null when there is none. A broker fills its answer up to the
   * bytes that were asked for, so the last batch may be cut off: it comes again. Undefined where a batch is compressed or
   * of an older format, which kafkajs reads itself.
   */
  static in(
    bytes: Buffer,
    start: number,
    size: number,
    aborted: readonly AbortedTransaction[],
  ): FetchedRecords | null | undefined {
    const most = Math.min(bytes.length, start + size)
    let end = start
    let last = -1
    while (end + headBytes <= most) {
      const next = end + beforeLength + bytes.readInt32BE(end + 8)
      if (bytes[end + magicAt] !== 2 || next < end + headBytes) return undefined
      if (next > most) break
      if ((bytes.readInt16BE(end + attributesAt) & compressions) !== 0) return undefined
      last = offsetAt(bytes, end) + bytes.readInt32BE(end + lastDeltaAt)
      end = next
    }
    if (end === start) return null
    // Whoever holds a record holds all of the answer: a small part of a large one is copied out of it.
    if ((end - start) * smallPart > bytes.length) return new FetchedRecords(bytes, start, end, last, aborted)
    return new FetchedRecords(Buffer.from(bytes.subarray(start, end)), 0, end - start, last, aborted)
  }

  next(): IteratorResult<Incoming, undefined> {
    while (this.#left === 0) if (!this.#openBatch()) return { done: true, value: undefined }
    this.#left--
    return { done: false, value: this.#read() }
  }

  /** Goes to the next batch; its records are left out where they are not to be passed on. False behind the last one. */
  #openBatch(): boolean {
    const bytes = this.#bytes
    const at = this.#batchAt
    if (at >= this.#end) return false
    this.#batchAt = at + beforeLength + bytes.readInt32BE(at + 8)
    this.#at = at + headBytes
    this.#baseOffset = offsetAt(bytes, at)
    const attributes = bytes.readInt16BE(at + attributesAt)
    this.#isAppendTime = (attributes & logAppendTime) !== 0
    this.#baseTimestamp = Number(bytes.readBigInt64BE(at + (this.#isAppendTime ? maxTimestampAt : firstTimestampAt)))
    const isPlain = (attributes & (transactional | control)) === 0
    const isPassedOn = isPlain || this.#isCommitted(at, (attributes & control) !== 0)
    this.#left = isPassedOn ? bytes.readInt32BE(at + countAt) : 0
    return true
  }

  #isCommitted(at: number, isControl: boolean): boolean {
    const producerId = this.#bytes.readBigInt64BE(at + producerIdAt)
    const last = this.#baseOffset + this.#bytes.readInt32BE(at + lastDeltaAt)
    for (let next = this.#aborted.at(-1); next !== undefined && next.firstOffset <= last; next = this.#aborted.at(-1)) {
      this.#abortedProducers.add(next.producerId)
      this.#aborted.pop()
    }
    // Brokers that compact a log keep the head of a marker without its record.
    const isEmpty = this.#bytes.readInt32BE(at + countAt) === 0
    if (isControl && !isEmpty && this.#isAbortMarker()) this.#abortedProducers.delete(producerId)
    return !isControl && !this.#abortedProducers.has(producerId)
  }

  /** A marker's key is its version and its kind, 0 for an abort. */
  #isAbortMarker(): boolean {
    this.#varint()
    this.#at++
    this.#varint()
    this.#varint()
    const length = this.#varint()
    return length >= 4 && this.#bytes.readInt16BE(this.#at + 2) === 0
  }

  #read(): Incoming {
    const bodyEnd = this.#varint() + this.#at
    if (bodyEnd > this.#batchAt)
      throw new RangeError(`a record at offset ${this.#baseOffset} or after goes on beyond its batch`)
    this.#at++ // Attributes of a record are not used.
    const timestampDelta = this.#varint()
    const offset = this.#baseOffset + this.#varint()
    const keyLength = this.#varint()
    const keyEnd = this.#at + Math.max(0, keyLength)
    const key = keyLength > 0 ? this.#bytes.toString('utf8', this.#at, keyEnd) : ''
    this.#at = keyEnd
    const length = this.#varint()
    if (this.#at + length > bodyEnd) throw new RangeError(`the value at offset ${offset} goes on beyond its record`)
    const value = length < 0 ? null : this.#bytes.subarray(this.#at, this.#at + length)
    // Over the headers, which nobody here writes or reads.
    this.#at = bodyEnd
    return {
      offset,
      timestamp: this.#isAppendTime ? this.#baseTimestamp : this.#baseTimestamp + timestampDelta,
      key,
      value,
    }
  }

  /** Zig-zag. A delta of timestamps is a long: it is read as a number, which holds it exactly. */
  #varint(): number {
    const first = this.#bytes[this.#at++] as number
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let value = first & 0x7f
    let scale = 0x80
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('a fetched record goes on beyond its answer')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      scale *= 0x80
    }
  }
}

function offsetAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at))
}
