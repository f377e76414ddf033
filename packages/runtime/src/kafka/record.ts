/** A record as read from a topic-partition. */
export interface Incoming {
  readonly offset: number
  /** Broker append time on topics with LogAppendTime, else the producer's; UTC milliseconds. */
  readonly timestamp: number
  readonly key: string
  readonly value: Buffer | null
}

/** A record to write; a null value is a tombstone on a compacted topic. */
export interface Outgoing {
  readonly key: string
  readonly value: Buffer | null
}

/** Bytes a record counts for in bounded buffers: its value and what holding it costs. */
export function weight(record: Incoming | Outgoing): number {
  return (record.value?.length ?? 0) + record.key.length + 64
}

/** Brokers refuse a record batch over 1 MiB. */
const maxBytes = 512 * 1024

/** Cuts records into what one send may carry, in order. */
export function* sendable(records: readonly Outgoing[]): Generator<Outgoing[]> {
  let chunk: Outgoing[] = []
  let bytes = 0
  for (const record of records) {
    const size = weight(record)
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(record)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}
