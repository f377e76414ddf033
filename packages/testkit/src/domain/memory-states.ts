import { NEVER, type ColdDue, type ColdStates, type Millis } from '@cairn/domain'

interface Stored {
  readonly bytes: Uint8Array
  /** Where it stands in the index of each queue. */
  readonly places: readonly Millis[]
}

/** A cold store without a disk: what the one on disk must be indistinguishable from. */
export class MemoryStates implements ColdStates {
  readonly #places: (state: Uint8Array, before: readonly Millis[]) => readonly Millis[]
  readonly #stored = new Map<string, Stored>()

  /** @param places where a state is to stand in the index of each queue; `before` is where it stands, nothing for nowhere */
  constructor(places: (state: Uint8Array, before: readonly Millis[]) => readonly Millis[]) {
    this.#places = places
  }

  /** Takes over what is to be stored: states, null for one that is forgotten. */
  write(states: Iterable<readonly [key: string, bytes: Uint8Array | null]>): void {
    for (const [key, bytes] of states) {
      const before = this.#stored.get(key)?.places ?? []
      if (bytes === null) this.#stored.delete(key)
      else this.#stored.set(key, { bytes, places: this.#places(bytes, before) })
    }
  }

  get(key: string): Uint8Array | undefined {
    return this.#stored.get(key)?.bytes
  }

  dues(queue: number, from: Millis, atLeast: number): readonly ColdDue[] {
    const all = [...this.#stored]
      .map(([key, { places }]) => ({ key, due: places[queue] ?? NEVER }))
      .filter(({ due }) => due >= from && due < NEVER)
      .sort((a, b) => a.due - b.due)
    const last = all[atLeast - 1]
    return last === undefined ? all : all.filter(({ due }) => due <= last.due)
  }

  states(): (readonly [key: string, bytes: Uint8Array])[] {
    return [...this.#stored].map(([key, { bytes }]) => [key, bytes] as const)
  }
}
