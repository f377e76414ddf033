import type { Millis } from '../event/event.ts'
import type { PoisonReason } from '../event/poison.ts'
import { foldOrder, type AddressedVerdict, type OrderResult, type SentEvent } from './fold.ts'
import { orderKey } from './order-event.ts'
import type { OrderCodec, OrderState } from './state.ts'

/** Counts up when the same log would give other verdicts or states. */
export const orderFoldVersion = 1

/**
 * How long an order is remembered after the last record that changed it; stream time of order-events. Two days more than
 * refunds count by their own time: those of the last day may come late.
 */
const keptMs: Millis = 182 * 24 * 60 * 60 * 1000

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
export interface SavedOrders {
  readonly position: number
  readonly stream_time: Millis
  /** In the order they were last changed in. */
  readonly states: Iterable<readonly [key: string, bytes: Uint8Array]>
}

const genesis: SavedOrders = { position: 0, stream_time: 0, states: [] }

/**
 * The fold of one partition of `order-events`. It depends on nothing but the records so far: not on the clock, on batches
 * or on restores. Where what it gives is not written after all, it is thrown away and restored.
 */
export class Orders {
  #position: number
  #streamTime: Millis
  readonly #codec: OrderCodec
  /** In the order of their last change, so that those to forget stand first. */
  readonly #saved: Map<string, Uint8Array>
  /** Of the values of `#saved`. */
  #bytes = 0
  /** Changed since the last `takeChanged`, in the same order. */
  readonly #changed = new Map<string, OrderState>()

  constructor(codec: OrderCodec, saved: SavedOrders = genesis) {
    this.#codec = codec
    this.#position = saved.position
    this.#streamTime = saved.stream_time
    this.#saved = new Map(saved.states)
    for (const { length } of this.#saved.values()) this.#bytes += length
  }

  /** Next offset of order-events. */
  get position(): number {
    return this.#position
  }

  /** Highest append time seen. */
  get streamTime(): Millis {
    return this.#streamTime
  }

  /** Orders held. */
  get size(): number {
    let size = this.#saved.size
    for (const key of this.#changed.keys()) if (!this.#saved.has(key)) size++
    return size
  }

  /** Bytes of the states that were taken as changed, or restored, and are held. */
  get bytes(): number {
    return this.#bytes
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
      this.#drop(key)
      this.#saved.set(key, bytes)
      this.#bytes += bytes.length
      taken.push([key, bytes])
    }
    this.#changed.clear()
    return taken
  }

  /** Whether an order is forgotten is decided when it is asked for: when its bytes go can't be seen in what is said. */
  #find(key: string): OrderState | null {
    const changed = this.#changed.get(key)
    if (changed !== undefined) return this.#isForgotten(changed) ? null : changed
    const bytes = this.#saved.get(key)
    if (bytes === undefined) return null
    const state = this.#codec.decode(bytes)
    return this.#isForgotten(state) ? null : state
  }

  #isForgotten({ touched_at }: OrderState): boolean {
    return this.#streamTime > touched_at + keptMs
  }

  #forget(): [string, null][] {
    const gone: [string, null][] = []
    for (const [key, bytes] of this.#saved) {
      if (gone.length >= MAX_FORGOTTEN) break
      if (this.#changed.has(key)) continue
      if (!this.#isForgotten(this.#codec.decode(bytes))) break
      this.#drop(key)
      gone.push([key, null])
    }
    return gone
  }

  #drop(key: string): void {
    this.#bytes -= this.#saved.get(key)?.length ?? 0
    this.#saved.delete(key)
  }
}

/** What of a state can be large: the purchase it keeps, refunds, and the ids of purchases. */
function sizeOf({ buyer, refunds, purchases }: OrderState): number {
  const lists = refunds.length * refundBytes + purchases.length * purchaseBytes
  return (buyer?.wire.length ?? 0) + lists + otherBytes
}
