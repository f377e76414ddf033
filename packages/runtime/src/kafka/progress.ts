/** How far a loop is with a topic. */
export interface Progress {
  /** Offset of the first record that is not done. */
  readonly position: number
  /** Broker time of that record, where it has been read. */
  readonly oldest: number | undefined
}

/** What of a topic-partition is not done. */
export interface Lag {
  readonly records: number
  /** Age of the first of them. Of one that was not read yet, the time since it was first seen to be there. */
  readonly seconds: number
}

/**
 * How far behind one topic-partition is, also while its loop stands still, starts over or has ended: it then goes on
 * from what the loop said last.
 */
export class LagMeter {
  #progress: (() => Progress) | undefined
  #end = 0
  #first: { readonly position: number; readonly at: number } | undefined

  get isFollowing(): boolean {
    return this.#progress !== undefined
  }

  follow(progress: () => Progress): void {
    this.#progress = progress
  }

  /** Keeps what the loop said last and lets go of the loop. */
  freeze(): void {
    const last = this.#progress?.()
    if (last !== undefined) this.#progress = () => last
  }

  /** Notes an end of the log that was seen. */
  sawEnd(offset: number): void {
    this.#end = Math.max(this.#end, offset)
  }

  /** Undefined until a loop has said where it stands: what is done is not known before. */
  lag(now: number): Lag | undefined {
    if (this.#progress === undefined) return undefined
    const { position, oldest } = this.#progress()
    const records = Math.max(0, this.#end - position)
    if (records === 0 && oldest === undefined) this.#first = undefined
    else if (oldest !== undefined || this.#first?.position !== position) this.#first = { position, at: oldest ?? now }
    return { records, seconds: this.#first === undefined ? 0 : Math.max(0, (now - this.#first.at) / 1000) }
  }
}
