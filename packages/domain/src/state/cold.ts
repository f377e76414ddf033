/**
 * Where states lie that are not in memory, by key: as of what was stored last, and indexes of their due times, in epoch
 * milliseconds. Synchronous, since the folds are.
 */
export interface ColdStates {
  /** An encoded state; undefined when there is none. */
  get(key: string): Uint8Array | undefined
  /**
   * The index of a queue from a due time on, in order of due time: `atLeast` entries, where there are so many, and then all
   * that have the same due time as the last. A state that is never due does not stand there.
   */
  dues(queue: number, from: number, atLeast: number): readonly ColdDue[]
}

export interface ColdDue {
  readonly due: number
  readonly key: string
}
