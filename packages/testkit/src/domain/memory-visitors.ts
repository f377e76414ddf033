import { indexedDue, NEVER, type ColdDue, type ColdVisitors, type VisitorCodec } from '@cairn/domain'

interface Stored {
  readonly bytes: Uint8Array
  /** Where it stands in the index of each queue. */
  readonly dues: readonly number[]
}

const nowhere = [NEVER, NEVER, NEVER]

/** A cold store without a disk: what the one on disk must be indistinguishable from. */
export class MemoryVisitors implements ColdVisitors {
  readonly #codec: VisitorCodec
  readonly #stored = new Map<string, Stored>()

  constructor(codec: VisitorCodec) {
    this.#codec = codec
  }

  /** Takes over what a checkpoint wrote: states, null for a visitor that is forgotten. */
  write(states: Iterable<readonly [key: string, bytes: Uint8Array | null]>): void {
    for (const [key, bytes] of states) {
      const before = this.#stored.get(key)?.dues ?? nowhere
      if (bytes === null) {
        this.#stored.delete(key)
        continue
      }
      const { emit_due, close_due, expire_due } = this.#codec.peekDues(bytes)
      const dues = [emit_due, close_due, expire_due].map((due, at) => indexedDue(before[at] ?? NEVER, due))
      this.#stored.set(key, { bytes, dues })
    }
  }

  get(key: string): Uint8Array | undefined {
    return this.#stored.get(key)?.bytes
  }

  dues(queue: number, from: number, atLeast: number): readonly ColdDue[] {
    const all = [...this.#stored]
      .map(([key, { dues }]) => ({ key, due: dues[queue] ?? NEVER }))
      .filter(({ due }) => due >= from && due < NEVER)
      .sort((a, b) => a.due - b.due)
    const last = all[atLeast - 1]
    return last === undefined ? all : all.filter(({ due }) => due <= last.due)
  }

  states(): (readonly [key: string, bytes: Uint8Array])[] {
    return [...this.#stored].map(([key, { bytes }]) => [key, bytes] as const)
  }
}
