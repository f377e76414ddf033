/**
 * Memory that the requests of one producer are written into one after the other. Half a megabyte a request, made anew for
 * each, was what drove the garbage collector of attribution most: it counts such memory and does not see it be short-lived.
 */
export class RequestRoom {
  #bytes = Buffer.alloc(0)
  /** Requests written since one was last answered. */
  #open = 0

  /** Room for a request; of its own where the last one was not answered, since a socket may still be sending that. */
  take(size: number): Buffer {
    this.#open++
    if (this.#open > 1) return Buffer.allocUnsafe(size)
    if (this.#bytes.length < size) this.#bytes = Buffer.allocUnsafeSlow(size * 2)
    return this.#bytes
  }

  /** The last request was answered. If it was a repetition, the memory of the first is left to whoever still reads it. */
  free(): void {
    if (this.#open > 1) this.#bytes = Buffer.alloc(0)
    this.#open = 0
  }
}
