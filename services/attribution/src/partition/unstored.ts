import type { States } from '@cairn/runtime'

/**
 * What committed checkpoints have written and the disk does not have yet. A visitor who comes often is in most of them, and
 * writing one to the disk takes longer than all that an event costs: of several checkpoints only the last state is written.
 */
export class Unstored {
  #states = new Map<string, Uint8Array | null>()
  #bytes = 0

  /** What one who starts over has to read of the state topic, about. */
  get bytes(): number {
    return this.#bytes
  }

  add(states: States): void {
    for (const [key, bytes] of states) {
      this.#states.set(key, bytes)
      this.#bytes += key.length + (bytes?.length ?? 0)
    }
  }

  /** The last state of each visitor; there are none afterwards. */
  take(): States {
    const states = this.#states
    this.#states = new Map()
    this.#bytes = 0
    return states
  }
}
