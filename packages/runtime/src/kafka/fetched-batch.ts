/** A record as kafkajs hands it on. */
export interface FetchedMessage {
  readonly magicByte: number
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, never>>
  readonly isControlRecord: boolean
  readonly batchContext: BatchContext
}

/** Of the batch, as much as kafkajs reads to tell aborted records from others. */
export interface BatchContext {
  readonly producerId: string
  readonly inTransaction: boolean
}

const magicAt = 16
const attributesAt = 21
const firstTimestampAt = 27
const maxTimestampAt = 35
const producerIdAt = 43
const countAt = 57
const headBytes = 61
/** Of the first offset and the length, which the length does not count. */
const beforeLength = 12

const compressions = 0x07
const logAppendTime = 0x08
const transactional = 0x10
const control = 0x20

/**
 * The records of `size` bytes of record batches (format 2). The last batch may be cut off, because a broker fills the
 * answer up to the bytes that were asked for: it comes again. Undefined when a batch is compressed, of an older format
 * or has headers, which kafkajs reads itself.
 */
export function readRecordBatches(bytes: Buffer, start: number, size: number): FetchedMessage[] | undefined {
  const messages: FetchedMessage[] = []
  const end = start + size
  if (end > bytes.length) return messages
  let at = start
  while (at + headBytes <= end) {
    const next = at + beforeLength + bytes.readInt32BE(at + 8)
    if (bytes[at + magicAt] !== 2) return undefined
    if (next > end) break
    if (!readBatch(bytes, at, messages)) return undefined
    at = next
  }
  return messages
}

function readBatch(bytes: Buffer, at: number, messages: FetchedMessage[]): boolean {
  const attributes = bytes.readInt16BE(at + attributesAt)
  if ((attributes & compressions) !== 0) return false
  const firstOffset = Number(bytes.readBigInt64BE(at))
  const firstTimestamp = Number(bytes.readBigInt64BE(at + firstTimestampAt))
  const appendedAt =
    (attributes & logAppendTime) === 0 ? undefined : bytes.readBigInt64BE(at + maxTimestampAt).toString()
  const batchContext = {
    producerId: bytes.readBigInt64BE(at + producerIdAt).toString(),
    inTransaction: (attributes & transactional) !== 0,
  }
  const isControlRecord = (attributes & control) !== 0
  const count = bytes.readInt32BE(at + countAt)
  const from = new RecordReader(bytes, at + headBytes)
  for (let i = 0; i < count; i++) {
    const bodyEnd = from.varint() + from.at
    from.at++ // Attributes of a record are not used.
    const timestampDelta = from.varint()
    const offsetDelta = from.varint()
    const key = from.field()
    const value = from.field()
    if (from.varint() !== 0) return false
    from.at = bodyEnd
    messages.push({
      magicByte: 2,
      attributes: 0,
      timestamp: appendedAt ?? String(firstTimestamp + timestampDelta),
      offset: String(firstOffset + offsetDelta),
      key,
      value,
      headers: {},
      isControlRecord,
      batchContext,
    })
  }
  return true
}

class RecordReader {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** Zig-zag. A delta of timestamps is a long: it is read as a number, which holds it exactly. */
  varint(): number {
    const first = this.#bytes[this.at++] as number
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let value = first & 0x7f
    let scale = 0x80
    for (;;) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new RangeError('a fetched record goes on beyond its batch')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      scale *= 0x80
    }
  }

  field(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }
}
