import { Orders, type AddressedVerdict } from '@cairn/domain'
import { createOrderCodec, readLog, readOrderRecord, topicName, type Codec, type Incoming } from '@cairn/runtime'
import { connectionOf } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import type { Difference } from './compare.ts'
import { OrderEventTopics, type SentOrderEvents } from './order-events.ts'
import { idOf, verdictHash, type Last, type SaidVerdicts } from './verdicts.ts'

export interface ComparedOrders {
  readonly orders: number
  readonly differences: readonly Difference[]
}

/**
 * Folds topic `order-events` again from its beginning and compares what it says with the verdicts in topic `events`, of
 * each order and buyer the last one. Both logs go on meanwhile, so `events` is given as far as the flush reaches there,
 * and this reads on to where order-events ends now: whatever brought those verdicts about stands before that. All that
 * came before the flush must have been said. On the way it compares which order events the two topics have.
 *
 * @param events by partition of `events`, up to the flush there
 */
export async function compareOrders(
  instance: Instance,
  codec: Codec,
  events: readonly { readonly verdicts: SaidVerdicts; readonly orderEvents: SentOrderEvents }[],
  flushId: string,
  signal: AbortSignal,
): Promise<ComparedOrders> {
  const found = new Found(events.map(({ verdicts }) => verdicts))
  const topics = new OrderEventTopics(events.map(({ orderEvents }) => orderEvents))
  const partitions = Array.from(
    { length: instance.partitions },
    (_, p) => new PartitionOrders(codec, p, flushId, found, topics),
  )
  const topic = topicName(instance.namespace, 'order-events')
  await readLog(connectionOf(instance, 'verify'), topic, (p, records) => partitions[p]?.add(records), { signal })
  return {
    orders: partitions.reduce((sum, one) => sum + one.orders, 0),
    differences: [...partitions.flatMap((one) => one.differences()), ...found.extra(), ...topics.differences()],
  }
}

/** The last verdicts that were said, and which of them something in order-events brought about. */
export class Found {
  readonly #last = new Map<string, Last & { readonly partition: number; isRight: boolean }>()

  constructor(said: readonly SaidVerdicts[]) {
    for (const [partition, one] of said.entries())
      for (const [id, { offset, hash }] of one.entries())
        this.#last.set(id, { offset, hash, partition, isRight: false })
  }

  /** The last verdict of an order to a key; the caller compares it where its offset is that of its own. */
  meet(id: string, offset: number): Last | undefined {
    const last = this.#last.get(id)
    if (last?.offset === offset) last.isRight = true
    return last
  }

  /** Verdicts that nothing brought about. */
  extra(): Difference[] {
    const wrong = [...this.#last].filter(([, { isRight }]) => !isRight)
    return wrong.map(([row, { offset, partition }]) => {
      return { table: 'verdicts', partition, row, what: 'extra', detail: `of offset ${offset} in order-events` }
    })
  }
}

/** One partition of order-events, folded again. */
export class PartitionOrders {
  readonly #codec: Codec
  readonly #partition: number
  readonly #flushId: string
  readonly #found: Found
  readonly #topics: OrderEventTopics
  readonly #fold: Orders
  readonly #orders = new Set<string>()
  readonly #wrong = new Map<string, Difference>()
  #isPastFlush = false

  constructor(codec: Codec, partition: number, flushId: string, found: Found, topics: OrderEventTopics) {
    this.#codec = codec
    this.#partition = partition
    this.#flushId = flushId
    this.#found = found
    this.#topics = topics
    this.#fold = new Orders(createOrderCodec(codec))
  }

  /** Orders that were decided before the flush. */
  get orders(): number {
    return this.#orders.size
  }

  add(records: readonly Incoming[]): void {
    for (const source of records) {
      const record = readOrderRecord(this.#codec, source)
      if (record.body.kind === 'tick' && record.body.flush_id === this.#flushId) this.#isPastFlush = true
      if (record.body.kind === 'event') this.#topics.meet(record.body.event, this.#partition, this.#isPastFlush)
      const { verdicts } = this.#fold.step(record)
      if (verdicts.length > 0 && !this.#isPastFlush) this.#orders.add(record.key)
      for (const verdict of verdicts) this.#take(verdict)
    }
    // Nobody writes them; taken, they are held as bytes, which take less.
    this.#fold.takeChanged()
  }

  differences(): Difference[] {
    return [...this.#wrong.values()]
  }

  #take({ key, verdict }: AddressedVerdict): void {
    const id = idOf(key, verdict.order_id)
    const last = this.#found.meet(id, verdict.order_offset)
    if (last !== undefined && verdict.order_offset === last.offset) {
      const eventId = verdict.event.length === 0 ? undefined : this.#eventIdOf(verdict.event)
      if (!last.hash.equals(verdictHash(verdict, eventId))) this.#differ(id, 'differs', said(verdict))
    } else if (!this.#isPastFlush && verdict.order_offset > (last?.offset ?? -1)) {
      this.#differ(id, 'missing', said(verdict))
    }
  }

  #eventIdOf(wire: Uint8Array): string {
    const decoded = this.#codec.decode(wire as Buffer)
    return decoded.ok && decoded.kind === 'event' ? decoded.value.event_id : ''
  }

  #differ(row: string, what: Difference['what'], detail: string): void {
    this.#wrong.set(row, { table: 'verdicts', partition: this.#partition, row, what, detail })
  }
}

function said({ number, status, order_offset }: AddressedVerdict['verdict']): string {
  return `verdict ${number}, ${status}, of offset ${order_offset} in order-events`
}
