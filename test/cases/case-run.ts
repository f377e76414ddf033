import { randomUUID } from 'node:crypto'
import {
  createPartition,
  eventKey,
  isOrderEvent,
  noteStored,
  orderKey,
  Orders,
  restorePartition,
  StoredOrders,
  takeDirty,
  type Millis,
  type Outcome,
  type PartitionState,
  type StorefrontEvent,
} from '@cairn/domain'
import {
  createCodec,
  createOrderCodec,
  createVisitorCodec,
  readCatalog,
  readEventInput,
  readOrderRecord,
} from '@cairn/runtime'
import { foldWhole, MemoryStates, MemoryVisitors, Warehouse } from '@cairn/testkit/domain'
import { toEvent } from '../../services/ingest/src/segment/event.ts'
import type { Arriving } from './case-folder.ts'

const codec = createCodec(readCatalog())
const visitors = createVisitorCodec(readCatalog())
const orders = createOrderCodec(codec)

/** An event of the log that is no repetition, and its offset there. */
export interface Accepted {
  readonly event: StorefrontEvent
  readonly offset: number
  readonly isLate: boolean
}

/** What became of a case: the warehouse as it stands in the end, and the events it is of. */
export interface Ended {
  readonly warehouse: Warehouse
  readonly accepted: readonly Accepted[]
}

/** From the last arrival to where every session is closed and can't be corrected any more. */
const untilFinal: Millis = 26 * 60 * 60 * 1000

/**
 * Takes messages through ingest's mapping, the wire and both folds: the topics are lists, everything else is the product.
 *
 * @param arriving in order of arrival
 * @param restarts whether both folds are saved, thrown away and restored between any two records
 *
 * @throws Error when a message is refused or a record is poison
 */
export function runCase(arriving: readonly Arriving[], definitions: string, restarts = false): Ended {
  const folds = new BothFolds(restarts)
  const [first, last] = [arriving[0]?.at ?? 0, arriving.at(-1)?.at ?? 0]
  folds.append('', codec.encode('definitions', { number: 0, json: definitions }), first)
  const accepted: Accepted[] = []
  for (const one of arriving) {
    const event = eventOf(one)
    const { offset, outcome, isLate } = folds.take(event, one.at)
    if (outcome === 'accepted') accepted.push({ event, offset, isLate })
  }
  // Ticks close sessions where no event comes any more.
  folds.append('', codec.encode('tick', { flush_id: '', hold_ms: 0 }), last + untilFinal)
  folds.append('', codec.encode('tick', { flush_id: 'end', hold_ms: 0 }), last + untilFinal)
  return { warehouse: folds.warehouse, accepted }
}

function eventOf({ message, at: receivedAt, site, isServer: server }: Arriving): StorefrontEvent {
  const request = { type: undefined, address: '127.0.0.1', userAgent: '', country: '' }
  const batch = { sentAt: undefined, context: undefined, hasEscapes: false }
  const arrival = { ...request, ...batch, receivedAt, newId: randomUUID }
  const verdict = toEvent(message, arrival, { site, server, defaultCurrency: '' })
  if (!verdict.ok) throw new Error(`${JSON.stringify(message)} is refused: ${verdict.refusal.message}`)
  return verdict.event
}

/** What became of a record; late is said of an event only. */
interface Appended {
  readonly outcome: Outcome
  readonly isLate: boolean
}

/** The fold of visitors and that of orders, each behind a topic of one partition, and a disk that outlives them. */
class BothFolds {
  readonly warehouse = new Warehouse()
  readonly #restarts: boolean
  readonly #disk = new MemoryVisitors(visitors)
  readonly #orderDisk = new MemoryStates((bytes) => [orders.touchedAt(bytes)])
  #partition: PartitionState
  #orders = new Orders(orders)

  constructor(restarts: boolean) {
    this.#restarts = restarts
    this.#partition = restarts ? createPartition(visitors, { cold: this.#disk }) : createPartition(visitors)
  }

  /** Appends an event, and after it the verdicts that it brings about. */
  take(event: StorefrontEvent, at: Millis): Appended & { readonly offset: number } {
    const wire = codec.encodeEvent(event)
    const offset = this.#partition.position
    const appended = this.append(eventKey(event), wire, at)
    if (!isOrderEvent(event)) return { offset, ...appended }
    const source = { key: orderKey(event), value: wire, offset: this.#orders.position, timestamp: at }
    const { verdicts, result } = this.#orders.step(readOrderRecord(codec, source))
    if (result === 'poison') throw new Error(`${event.event_id} is poison to the fold of orders`)
    if (this.#restarts) this.#restartOrders()
    for (const { key, verdict } of verdicts) this.append(key, codec.encode('verdict', verdict), at)
    return { offset, ...appended }
  }

  append(key: string, value: Buffer, timestamp: Millis): Appended {
    const { record } = readEventInput(codec, { key, value, offset: this.#partition.position, timestamp }, 'skim')
    if (record.body.kind === 'poison') throw new Error(`a record of ${key} is poison: ${record.body.detail}`)
    const { outputs, outcome } = foldWhole(this.#partition, record)
    this.warehouse.apply(outputs)
    if (this.#restarts) this.#restartVisitors()
    const isLate = outputs.some((output) => output.kind === 'labelled' && output.label.is_late)
    return { outcome, isLate }
  }

  #restartVisitors(): void {
    this.#disk.write(takeDirty(this.#partition))
    noteStored(this.#partition)
    const { position, parts, streamTime, eventClock, definitions } = this.#partition
    const clocks = { stream_time: streamTime, event_clock: eventClock }
    const deployed = { definitions_number: definitions.number, definitions: definitions.json }
    this.#partition = restorePartition(visitors, { position, parts, ...clocks, ...deployed }, { cold: this.#disk })
  }

  #restartOrders(): void {
    this.#orderDisk.write(this.#orders.takeChanged())
    const { position, streamTime } = this.#orders
    const stored = new StoredOrders(orders, this.#orderDisk)
    this.#orders = new Orders(orders, { position, stream_time: streamTime }, stored)
  }
}
