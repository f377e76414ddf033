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
