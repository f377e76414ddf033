import type { Outgoing, StateDisk, States } from '@cairn/runtime'
import type { StoredState } from './stored-state.ts'

/** What transactions have written to the state topic, and the disk does not have yet. */
export interface Committed {
  /** The control records, as of the last transaction. */
  readonly control: readonly Outgoing[]
  /** The offset after its last record; undefined where the broker did not say. */
  readonly next: number | undefined
  /** A time before it began, UTC milliseconds. */
  readonly at: number
}

export interface WriteBehindOptions {
  /** Takes the states that the disk does not have yet. Before `onStored` it is not called again. */
  readonly take: () => States
  /** Whether these are so many that they have to be written, whatever the time. */
  readonly isMuch: () => boolean
  /** Longest time between two writes, in milliseconds. */
  readonly everyMs: number
  /** The disk has what was taken last. */
  readonly onStored: () => void
}

/** The disk as this writes to it. */
export interface Disk extends Pick<StoredState<unknown>, 'store'> {
  readonly disk: Pick<StateDisk, 'proven'>
}

/**
 * Has committed states written to the disk, those of many transactions together, while the fold goes on. One write is under
 * way at a time.
 */
export class WriteBehind {
  readonly #disk: Disk
  readonly #options: WriteBehindOptions
  #committed: Committed | undefined
  #beganAt = performance.now()
  #storing: Promise<void> = Promise.resolve()
  #failure: Error | undefined

  constructor(disk: Disk, options: WriteBehindOptions) {
    this.#disk = disk
    this.#options = options
  }

  noteCommitted(committed: Committed): void {
    this.#committed = committed
    this.#disk.disk.proven()
  }

  /** Begins to write where that is due; nothing may be there to take that is not committed. Rejects when a write has failed. */
  async goOn(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#committed === undefined) return
    const { isMuch, everyMs } = this.#options
    if (isMuch() || performance.now() - this.#beganAt >= everyMs) await this.#begin(this.#committed)
  }

  /** Waits until no write is under way. Rejects when one has failed. */
  async idle(): Promise<void> {
    await this.#storing
  }

  /** Writes all that is committed. Rejects when a write fails, or has failed. */
  async finish(): Promise<void> {
    if (this.#committed !== undefined) await this.#begin(this.#committed)
    await this.#storing
  }

  /** Waits until nothing of it is under way any more, however it ended. */
  async ended(): Promise<void> {
    await this.#storing.catch(() => undefined)
  }

  async #begin({ control, next, at }: Committed): Promise<void> {
    await this.#storing
    const { take, onStored } = this.#options
    this.#committed = undefined
    this.#beganAt = performance.now()
    this.#storing = this.#disk.store(take(), control, next, at).then(onStored)
    this.#storing.catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    })
  }
}
