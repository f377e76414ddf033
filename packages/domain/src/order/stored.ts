import type { ColdStates } from '../state/cold.ts'
import type { Millis } from '../event/event.ts'
import type { OrderCodec } from './state.ts'
import type { OrderStore } from './store.ts'

/** Entries of the index looked at at once. */
const PAGE = 256
/** Of an order in memory beside its state, for an estimate. */
const ENTRY_BYTES = 200

type Orders = Map<string, Uint8Array | null>

/**
 * Orders in a cold store, whose queue 0 is the time of their last change: all are kept for equally long. In memory are only
 * those the store does not have yet as they are, null for those it still has and must forget. Which of the two an order is in can't
 * be seen in what the fold says.
 */
export class StoredOrders implements OrderStore {
  readonly #codec: Pick<OrderCodec, 'touchedAt'>
  readonly #cold: ColdStates
  #unstored: Orders = new Map()
  #unstoredBytes = 0
  /** On their way to the store. */
  #storing: Orders = new Map()
  /** Whatever stands before it in the index is of no interest: it was forgotten, or has changed since. */
  #from: Millis = 0

  constructor(codec: Pick<OrderCodec, 'touchedAt'>, cold: ColdStates) {
    this.#codec = codec
    this.#cold = cold
  }

  /** About how much memory those take that are not on their way to the store yet. */
  get unstoredBytes(): number {
    return this.#unstoredBytes
  }

  get(key: string): Uint8Array | undefined {
    const recent = this.#recent(key)
    return recent === undefined ? this.#cold.get(key) : (recent ?? undefined)
  }

  put(key: string, bytes: Uint8Array | null): void {
    const before = this.#unstored.get(key)
    this.#unstoredBytes += (bytes?.length ?? 0) - (before?.length ?? 0)
    if (before === undefined) this.#unstoredBytes += key.length + ENTRY_BYTES
    this.#unstored.set(key, bytes)
  }

  *touchedBefore(time: Millis): Generator<string, void, undefined> {
    while (this.#from < time) {
      const page = this.#cold.dues(0, this.#from, PAGE)
      for (const { due: touched, key } of page) {
        this.#from = touched
        if (touched >= time) return
        // In memory it may have changed since, or be forgotten already.
        const recent = this.#recent(key)
        if (recent === undefined || (recent !== null && this.#codec.touchedAt(recent) < time)) yield key
      }
      if (page.length > 0) this.#from++
      if (page.length < PAGE) return
    }
  }

  /** What the store does not have yet, to be written to it. Before `noteStored` it must not be asked for more. */
  takeUnstored(): Iterable<readonly [key: string, bytes: Uint8Array | null]> {
    this.#storing = this.#unstored
    this.#unstored = new Map()
    this.#unstoredBytes = 0
    return this.#storing
  }

  /** The store has what was taken last. */
  noteStored(): void {
    this.#storing = new Map()
    // Some of these may have been forgettable before they were stored.
    this.#from = 0
  }

  /** An order that is in memory, null where it is forgotten; undefined where the store knows. */
  #recent(key: string): Uint8Array | null | undefined {
    const unstored = this.#unstored.get(key)
    return unstored === undefined ? this.#storing.get(key) : unstored
  }
}
