import type { StoredOrders } from '@cairn/domain'
import type { Outgoing } from '@cairn/runtime'
import type { StoredState } from '../stored/stored-state.ts'
import type { SavedState } from './state.ts'

/** Bytes of changed orders that are written to the disk together, whatever the time: about 3,000 orders. */
const writtenAtOnce = 4 * 1024 * 1024

/** What is committed to order-state, and the disk does not have yet. */
interface Committed {
  readonly meta: Outgoing
  /** The offset after its last record; undefined where the broker did not say. */
  readonly next: number | undefined
  /** A time before its transaction began, UTC milliseconds. */
  readonly at: number
}

/**
 * Has committed orders written to the disk, many batches together, while the fold goes on. Until then they are in memory,
 * twice `writtenAtOnce` and a batch at most.
 */
export class WriteBehind {
  readonly #stored: StoredState<SavedState>
  readonly #orders: StoredOrders
  readonly #everyMs: number
  readonly #onStored: () => void
  #committed: Committed | undefined
  #beganAt = performance.now()
  #storing: Promise<void> = Promise.resolve()
  #failure: Error | undefined

  constructor(stored: StoredState<SavedState>, orders: StoredOrders, everyMs: number, onStored: () => void) {
    this.#stored = stored
    this.#orders = orders
    this.#everyMs = everyMs
    this.#onStored = onStored
  }

  noteCommitted(committed: Committed): void {
    this.#committed = committed
    this.#stored.disk.proven()
  }

  /** Begins to write where that is due; nothing may have changed that is not committed. Rejects when a write has failed. */
  async goOn(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#committed === undefined) return
    const isDue = this.#orders.unstoredBytes >= writtenAtOnce || performance.now() - this.#beganAt >= this.#everyMs
    if (isDue) await this.#begin(this.#committed)
  }

  /** Writes all that is committed. */
  async finish(): Promise<void> {
    if (this.#committed !== undefined) await this.#begin(this.#committed)
    await this.#storing
  }

  /** Waits until nothing of it is under way any more, however it ended. */
  async ended(): Promise<void> {
    await this.#storing.catch(() => undefined)
  }

  async #begin({ meta, next, at }: Committed): Promise<void> {
    await this.#storing
    this.#committed = undefined
    this.#beganAt = performance.now()
    this.#storing = this.#stored.store(this.#orders.takeUnstored(), [meta], next, at).then(() => {
      this.#orders.noteStored()
      this.#onStored()
    })
    this.#storing.catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    })
  }
}
