import type { AddressedVerdict, OrderRecord, Orders, OrderStep } from '@cairn/domain'
import {
  partitionFor,
  PartitionStopped,
  readOrderRecord,
  UnknownSchema,
  type Codec,
  type Incoming,
  type Outgoing,
} from '@cairn/runtime'
import { letterOf, type Origin } from '../dead-letter.ts'
import type { OrdersTally } from './shell.ts'
import { barrierRecord } from './state.ts'

/** Verdicts to append to one partition of topic `events`. */
export interface Appending {
  readonly partition: number
  readonly records: readonly Outgoing[]
}

/** What a batch of order-events comes to, none of it written yet. */
export interface OrdersBatch {
  readonly tally: OrdersTally
  readonly verdicts: readonly Appending[]
  /** For order-state: what changed, in order, then the barriers of flushes. */
  readonly changed: readonly Outgoing[]
  readonly letters: readonly Outgoing[]
  /** What ended it, because the catalog lacks it. */
  readonly unknownSchema: UnknownSchema | undefined
}

/** How a batch is folded. */
export interface BatchOptions {
  readonly codec: Codec
  readonly origin: Origin
  /** Of topic events. */
  readonly partitions: number
  /** Bytes of what is to be written beyond which no further record is taken. */
  readonly most: number
}

/** Folds records up to the room there is, or to one whose schema is not known. */
export function foldBatch(orders: Orders, records: Iterable<Incoming>, options: BatchOptions): OrdersBatch {
  const gathering = new Gathering(options)
  let unknownSchema: UnknownSchema | undefined
  for (const source of records) {
    if (gathering.bytes >= options.most) break
    expectNext(orders, source, options.origin)
    const record = read(options.codec, source)
    if (record instanceof UnknownSchema) {
      unknownSchema = record
      break
    }
    gathering.take(source, record, orders.step(record))
  }
  const changed = orders.takeChanged().map(([key, bytes]) => ({ key, value: bytes as Buffer | null }))
  return { ...gathering.result(), changed: [...changed, ...gathering.barriers], unknownSchema }
}

class Gathering {
  readonly #options: BatchOptions
  readonly #tally: OrdersTally = { records: 0, results: new Map(), verdicts: new Map(), dead: new Map() }
  readonly #verdicts = new Map<number, Outgoing[]>()
  readonly #letters: Outgoing[] = []
  readonly barriers: Outgoing[] = []
  bytes = 0

  constructor(options: BatchOptions) {
    this.#options = options
  }

  take(source: Incoming, { offset, body }: OrderRecord, { result, verdicts, changedBytes }: OrderStep): void {
    const { codec, origin } = this.#options
    this.bytes += changedBytes
    this.#tally.records++
    count(this.#tally.results, result)
    for (const verdict of verdicts) this.#append(verdict)
    if (body.kind === 'poison') {
      const letter = letterOf(origin, source, body.reason, body.detail)
      const value = codec.encode('dead-letter', letter)
      this.#letters.push({ key: letter.key, value })
      this.bytes += value.length
      count(this.#tally.dead, body.reason)
    }
    if (body.kind === 'tick' && body.flush_id !== '') {
      const { flush_id, hold_ms } = body
      this.barriers.push(barrierRecord(codec, { flush_id, hold_ms, input_offset: offset }))
    }
  }

  #append({ key, verdict }: AddressedVerdict): void {
    const value = this.#options.codec.encode('verdict', verdict)
    const partition = partitionFor(key, this.#options.partitions)
    const known = this.#verdicts.get(partition)
    if (known === undefined) this.#verdicts.set(partition, [{ key, value }])
    else known.push({ key, value })
    this.bytes += value.length
    count(this.#tally.verdicts, verdict.status)
  }

  result(): Pick<OrdersBatch, 'tally' | 'verdicts' | 'letters'> {
    const verdicts = [...this.#verdicts].map(([partition, records]) => ({ partition, records }))
    return { tally: this.#tally, verdicts, letters: this.#letters }
  }
}

function read(codec: Codec, source: Incoming): OrderRecord | UnknownSchema {
  try {
    return readOrderRecord(codec, source)
  } catch (error) {
    if (error instanceof UnknownSchema) return error
    throw error
  }
}

function expectNext({ position }: Orders, { offset }: Incoming, { topic, partition }: Origin): void {
  if (offset === position) return
  throw new PartitionStopped('offset_gap', `${topic}-${partition}: expected offset ${position}, got ${offset}`)
}

function count<K>(counts: Map<K, number>, what: K): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
