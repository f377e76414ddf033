import { setFlagsFromString } from 'node:v8'

/** V8 of Node 24: engines before it do not know the flag, those after it need not. */
const versionsWithFlag = /^13\./

/** Garbage in percent of what is alive: at most what the engine would allow by itself, and at least what collecting it is worth. */
const [leastPercent, mostPercent] = [50, 300]
/** Garbage that may gather at least, whatever a process may hold. */
const leastRoomBytes = 192 * 1024 * 1024
/** Code, connections and buffers, of which nobody tells. */
const elseBytes = 64 * 1024 * 1024

/**
 * Bounds the garbage in the heap by what the parts of a process tell that they hold: it may come to half of the memory that is
 * given to what they keep, or of what is alive where that is more. The engine by itself waits for up to three times as much as
 * is alive where its processor time says so, whatever that takes: a worker with 500 MB of live state came to 3.5 GB as it caught
 * up. The more seldom it collects the less that costs, for most of what it visits is alive: so whoever gives memory for state
 * gives some for garbage, too.
 */
export class GarbageBound {
  readonly #roomBytes: number
  readonly #setFlag: (flag: string) => void
  readonly #held = new Map<number, number>()
  #heldBytes = 0
  #percent = 0

  /** @param givenBytes for what the parts keep together; what they hold for a while comes on top, and has no room of its own */
  constructor(givenBytes: number, setFlag: (flag: string) => void = setFlagsFromString) {
    this.#roomBytes = Math.max(leastRoomBytes, givenBytes / 2)
    this.#setFlag = setFlag
    this.#bound()
  }

  /** @param bytes about how many a part of the process holds now; 0 once it is gone */
  note(part: number, bytes: number): void {
    this.#heldBytes += bytes - (this.#held.get(part) ?? 0)
    if (bytes === 0) this.#held.delete(part)
    else this.#held.set(part, bytes)
    this.#bound()
  }

  #bound(): void {
    // In steps, so that not every note asks something of the engine.
    const room = 10 * Math.round((10 * this.#roomBytes) / (elseBytes + this.#heldBytes))
    const percent = Math.min(mostPercent, Math.max(leastPercent, room))
    if (percent === this.#percent) return
    this.#percent = percent
    this.#setFlag(`--heap-growing-percent=${percent}`)
  }
}

/**
 * Has the engine count buffers against the limit of its heap. As it is, it collects all of the heap whenever buffers have
 * grown by 64 MiB, however much room there is: a worker that catches up reads that much in a second, and a quarter of its
 * processor time went there (54,000 events a second became 64,000).
 *
 * @param v8 version of the engine
 */
export function countBuffersAsHeap(v8: string, setFlag = setFlagsFromString): void {
  if (versionsWithFlag.test(v8)) setFlag('--external-memory-accounted-in-global-limit')
}
