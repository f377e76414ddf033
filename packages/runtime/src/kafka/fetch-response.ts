import { createRequire } from 'node:module'
import { FetchedRecords } from './fetched-records.ts'

/** What kafkajs makes of a Fetch response (src/protocol/requests/fetch/v11/response.js). */
export interface FetchResponse {
  readonly throttleTime: number
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly lastStartOffset: string
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[]
  readonly preferredReadReplica: number
  readonly messages: readonly FetchedMessage[]
}

/** A record as kafkajs hands it on, as far as it looks at it; with `records`, all of an answer in its place. */
export interface FetchedMessage {
  readonly offset: string
  readonly key: Buffer | null
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
  readonly records?: FetchedRecords
}

interface FetchProtocol {
  readonly response: { readonly decode: (bytes: Buffer) => Promise<FetchResponse> }
}

interface FetchDefinition {
  protocol: (version: { readonly version: number }) => (given: unknown) => FetchProtocol
}

/** What kafkajs asks brokers for as long as they know it; every broker since Kafka 2.3 does. */
const knownVersion = 11

/**
 * Has kafkajs read Fetch responses through `decodeFetch`: what it takes for one message stands for all records of a
 * topic-partition, which `recordsOf` finds there. Its own decoder makes two readers and half a dozen big integers for
 * each record, and where transactions overlap it tells aborted records from others wrongly: it takes at most one off the
 * list of aborted transactions per message, in the order of their markers.
 * The version of kafkajs is pinned, and a test holds the two against each other.
 */
export function decodeFetchQuickly(): void {
  const definition = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch') as FetchDefinition
  const { protocol } = definition
  definition.protocol = ({ version }) => {
    const original = protocol({ version })
    if (version !== knownVersion) return original
    return (given) => {
      const known = original(given)
      const decode = async (bytes: Buffer) => decodeFetch(bytes) ?? known.response.decode(bytes)
      return { ...known, response: { ...known.response, decode } }
    }
  }
}

/** Undefined for a response with record batches of another kind than `FetchedRecords` reads. */
export function decodeFetch(bytes: Buffer): FetchResponse | undefined {
  const from = new Reader(bytes)
  const clientSideThrottleTime = from.int32()
  const errorCode = from.int16()
  const sessionId = from.int32()
  const unread: number[] = []
  const responses = from.array(() => ({
    topicName: from.text(),
    partitions: from.array((): FetchedPartition => {
      const partition = {
        partition: from.int32(),
        errorCode: from.int16(),
        highWatermark: from.int64(),
        lastStableOffset: from.int64(),
        lastStartOffset: from.int64(),
      }
      const aborted = from.array(() => ({ producerId: BigInt(from.int64()), firstOffset: Number(from.int64()) }))
      const preferredReadReplica = from.int32()
      const size = Math.max(0, from.int32())
      const records = FetchedRecords.in(bytes, from.at, size, aborted)
      if (records === undefined) unread.push(partition.partition)
      from.at += size
      // Aborted records are left out already.
      return { ...partition, abortedTransactions: [], preferredReadReplica, messages: messagesOf(records) }
    }),
  }))
  // Brokers throttle before they answer only in versions of long ago.
  return unread.length === 0 ? { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses } : undefined
}

function messagesOf(records: FetchedRecords | null | undefined): FetchedMessage[] {
  if (records === null || records === undefined) return []
  const batchContext = { producerId: '-1', inTransaction: false }
  return [{ offset: String(records.last), key: null, isControlRecord: false, batchContext, records }]
}

class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    this.at += 2
    return this.#bytes.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.#bytes.readInt32BE(this.at - 4)
  }

  /** As kafkajs passes longs on. */
  int64(): string {
    this.at += 8
    return this.#bytes.readBigInt64BE(this.at - 8).toString()
  }

  text(): string {
    const length = this.int16()
    this.at += length
    return this.#bytes.toString('utf8', this.at - length, this.at)
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }
}
