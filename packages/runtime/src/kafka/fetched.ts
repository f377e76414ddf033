import type { Batch } from 'kafkajs'
import type { FetchedMessage } from './fetch-response.ts'
import type { FetchedRecords } from './fetched-records.ts'
import type { Incoming } from './record.ts'

/** What one fetch brought of a topic-partition. */
export interface Fetched {
  /** First offset fetched, whether its record is passed on or not. */
  readonly first: number
  /** Offset after the last one fetched. */
  readonly next: number
  readonly highWatermark: number
  readonly records: Iterator<Incoming, undefined>
  /** About how much memory the records hold. */
  readonly bytes: number
}

/** What is in a batch of kafkajs: the records `decodeFetch` has put there, or those it has read itself. */
export function fetchedIn(batch: Batch): Fetched {
  const next = Number(batch.lastOffset()) + 1
  const highWatermark = Number(batch.highWatermark)
  const records = recordsOf(batch)
  if (records !== undefined) return { first: records.first, next, highWatermark, records, bytes: records.byteLength }
  const listed = batch.messages.map(incoming)
  const bytes = listed.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
  return { first: Number(batch.firstOffset()), next, highWatermark, records: listed.values(), bytes }
}

function recordsOf({ messages }: Batch): FetchedRecords | undefined {
  return (messages as unknown as readonly FetchedMessage[])[0]?.records
}

function incoming({ offset, timestamp, key, value }: Batch['messages'][number]): Incoming {
  return { offset: Number(offset), timestamp: Number(timestamp), key: key === null ? '' : key.toString(), value }
}
