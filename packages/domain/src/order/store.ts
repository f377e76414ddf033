import type { Millis } from '../event/event.ts'
import type { OrderCodec } from './state.ts'

/** The encoded orders of a partition by key. */
export interface OrderStore {
  get(key: string): Uint8Array | undefined
  /** Null to forget an order. Orders are put in the order of their changes. */
  put(key: string, bytes: Uint8Array | null): void
  /** Orders last changed before a time, the earliest first. Nothing may be put until the caller has had enough of them. */
  touchedBefore(time: Millis): Iterable<string>
}

/** All orders in memory. */
export class HeldOrders implements OrderStore {
  readonly #codec: Pick<OrderCodec, 'touchedAt'>
  /** In the order of their last change. */
  readonly #held: Map<string, Uint8Array>

  /** @param held in the order of their last change */
  constructor(codec: Pick<OrderCodec, 'touchedAt'>, held: Iterable<readonly [key: string, bytes: Uint8Array]> = []) {
    this.#codec = codec
    this.#held = new Map(held)
  }

  get(key: string): Uint8Array | undefined {
    return this.#held.get(key)
  }

  put(key: string, bytes: Uint8Array | null): void {
    this.#held.delete(key)
    if (bytes !== null) this.#held.set(key, bytes)
  }

  *touchedBefore(time: Millis): Generator<string, void, undefined> {
    for (const [key, bytes] of this.#held) {
      if (this.#codec.touchedAt(bytes) >= time) return
      yield key
    }
  }
}
