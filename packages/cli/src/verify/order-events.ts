import { isOrderEvent, orderKey, type StorefrontEvent } from '@cairn/domain'
import type { Difference } from './compare.ts'

/** The order events of one partition of topic `events`. */
export class SentOrderEvents {
  /** Those up to the flush. */
  readonly before = new Set<string>()
  /** Those after it, as far as was read. */
  readonly after = new Set<string>()

  add(event: StorefrontEvent, isPastFlush: boolean): void {
    if (isOrderEvent(event)) (isPastFlush ? this.after : this.before).add(idOf(event))
  }
}

/**
 * Which order events one of the topics `events` and `order-events` has and the other has not. Ingest acknowledges an event
 * when both have it, so what is in one alone was lost, or was never acknowledged and not sent again. One that was being
 * written at the flush may be before it in one and after it in the other.
 */
export class OrderEventTopics {
  /** Up to the flush in `events`, with their partitions there; not met in `order-events` so far. */
  readonly #open = new Map<string, number>()
  readonly #sent: readonly SentOrderEvents[]
  readonly #lost = new Map<string, number>()

  /** @param sent by partition of `events` */
  constructor(sent: readonly SentOrderEvents[]) {
    this.#sent = sent
    for (const [partition, { before }] of sent.entries()) for (const id of before) this.#open.set(id, partition)
  }

  /** Takes an event of `order-events`, in that partition there. */
  meet(event: StorefrontEvent, partition: number, isPastFlush: boolean): void {
    const id = idOf(event)
    this.#open.delete(id)
    if (isPastFlush || this.#sent.some(({ before, after }) => before.has(id) || after.has(id))) return
    this.#lost.set(id, partition)
  }

  /** Once all of `order-events` was met. */
  differences(): Difference[] {
    const differ = (found: ReadonlyMap<string, number>, what: Difference['what'], detail: string): Difference[] =>
      [...found].map(([row, partition]) => ({ table: 'order-events', partition, row, what, detail }))
    return [
      ...differ(this.#open, 'missing', 'topic events has it'),
      ...differ(this.#lost, 'extra', 'topic events lacks it'),
    ]
  }
}

function idOf(event: StorefrontEvent): string {
  return `${event.name} ${event.event_id} of ${orderKey(event)}`
}
