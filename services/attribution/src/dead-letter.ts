import { fittedDeadLetter, type DeadLetter, type Incoming } from '@cairn/runtime'

/** Where a record came from, for its dead letter. */
export interface Origin {
  readonly topic: string
  readonly partition: number
}

/** The letter of a record that could not be processed, with the record as it came. */
export function letterOf(origin: Origin, source: Incoming, reason: string, detail: string): DeadLetter {
  return fittedDeadLetter({
    id: `${origin.topic}-${origin.partition}-${source.offset}`,
    stage: 'attribution',
    reason,
    detail,
    site: '',
    origin_topic: origin.topic,
    origin_partition: origin.partition,
    origin_offset: source.offset,
    at: source.timestamp,
    key: source.key,
    payload: source.value ?? Buffer.alloc(0),
  })
}
