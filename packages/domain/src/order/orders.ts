import type { Millis } from '../event/event.ts'
import type { PoisonReason } from '../event/poison.ts'
import { foldOrder, type AddressedVerdict, type OrderResult, type SentEvent } from './fold.ts'
import { orderKey } from './order-event.ts'
import type { OrderCodec, OrderState } from './state.ts'
import { HeldOrders, type OrderStore } from './store.ts'

/** Counts up when the same log would give other verdicts or states. */
export const orderFoldVersion = 2

/**
 * How long an order is remembered after the last record that changed it; stream time of order-events. Two days more than
 * refunds count by their own time: those of the last day may come late.
 */
export const orderKeptMs: Millis = 182 * 24 * 60 * 60 * 1000

/** Forgotten orders that are let go of at once: after a long silence they would not fit into one transaction. */
const MAX_FORGOTTEN = 1_000

/** Of a refund in Avro, of all else in a state, and of the id of a purchase, for an estimate. */
const refundBytes = 24
const otherBytes = 200
const purchaseBytes = 8

/** A record of topic `order-events`, decoded. */
export interface OrderRecord {
  readonly offset: number
  readonly appendedAt: Millis
  readonly key: string
  readonly body: OrderBody
}

export type OrderBody =
  | ({ readonly kind: 'event' } & SentEvent)
  | { readonly kind: 'tick'; readonly flush_id: string; readonly hold_ms: number }
  | { readonly kind: 'poison'; readonly reason: PoisonReason; readonly detail: string }

export interface OrderStep {
  readonly result: OrderResult
  readonly verdicts: readonly AddressedVerdict[]
  /** About how many bytes the state takes that it changed; 0 where it changed none. */
  readonly changedBytes: number
}

/** Where the fold of a partition's orders goes on. */
export interface OrdersPlace {
  readonly position: number
  readonly stream_time: Millis
}

const genesis: OrdersPlace = { position: 0, stream_time: 0 }

/**
 * The fold of one partition of `order-events`. It depends on nothing but the records so far: not on the clock, on batches
 * or on restores. Where what it gives is not written after all, it is thrown away and restored.
 */
export class Orders {
  #position: number
  #streamTime: Millis
  readonly #codec: OrderCodec
  /** As of the last `takeChanged`. */
  readonly #store: OrderStore
  /** Changed since then, in the order of their last change. */
  readonly #changed = new Map<string, OrderState>()

  /** @param store what was taken as changed before that place */
  constructor(codec: OrderCodec, { position, stream_time }: OrdersPlace = genesis, store?: OrderStore) {
    this.#codec = codec
    this.#position = position
    this.#streamTime = stream_time
    this.#store = store ?? new HeldOrders(codec)
  }

  /** Next offset of order-events. */
  get position(): number {
    return this.#position
  }

  /** Highest append time seen. */
  get streamTime(): Millis {
    return this.#streamTime
  }

  step({ offset, appendedAt, body }: OrderRecord): OrderStep {
    this.#position = offset + 1
    this.#streamTime = Math.max(this.#streamTime, appendedAt)
    if (body.kind === 'tick') return { result: 'control', verdicts: [], changedBytes: 0 }
    if (body.kind === 'poison') return { result: 'poison', verdicts: [], changedBytes: 0 }
    const key = orderKey(body.event)
    const before = this.#find(key)
    const { state, result, verdicts } = foldOrder(before, body, offset, this.#streamTime)
    if (state === null || state === before) return { result, verdicts, changedBytes: 0 }
    this.#changed.delete(key)
    this.#changed.set(key, state)
    return { result, verdicts, changedBytes: sizeOf(state) }
  }

  /**
   * The orders that changed or were forgotten since this was asked last, in the order to write them in; null for a
   * forgotten one. They count as saved from here on: a fold whose changes are not written must not go on.
   */
  takeChanged(): (readonly [key: string, bytes: Uint8Array | null])[] {
    const taken: [string, Uint8Array | null][] = this.#forget()
    for (const [key, state] of this.#changed) {
      const bytes = this.#codec.encode(state)
      this.#store.put(key, bytes)
      taken.push([key, bytes])
    }
    this.#changed.clear()
    return taken
  }

  /** Whether an order is forgotten is decided when it is asked for: when its bytes go can't be seen in what is said. */
  #find(key: string): OrderState | null {
    const changed = this.#changed.get(key)
    if (changed !== undefined) return this.#isForgotten(changed) ? null : changed
    const bytes = this.#store.get(key)
    if (bytes === undefined) return null
    const state = this.#codec.decode(bytes)
    return this.#isForgotten(state) ? null : state
  }

  #isForgotten({ touched_at }: OrderState): boolean {
    return this.#streamTime > touched_at + orderKeptMs
  }

  #forget(): [string, null][] {
    const gone: [string, null][] = []
    for (const key of this.#store.touchedBefore(this.#streamTime - orderKeptMs)) {
      if (gone.length >= MAX_FORGOTTEN) break
      if (!this.#changed.has(key)) gone.push([key, null])
    }
    for (const [key] of gone) this.#store.put(key, null)
    return gone
  }
}

/** What of a state can be large: the purchase it keeps, refunds, and the ids of purchases. */
function sizeOf({ buyer, refunds, purchases }: OrderState): number {
  const lists = refunds.length * refundBytes + purchases.length * purchaseBytes
  return (buyer?.wire.length ?? 0) + lists + otherBytes
}
