import type { Millis } from '../event/event.ts'
import { NEVER } from './visitor.ts'

/**
 * Where visitors lie that are not in memory: their states as of the last checkpoint that was stored, and an index of their
 * due times. Synchronous, since the fold is.
 */
export interface ColdVisitors {
  /** The encoded state of a visitor; undefined when there is none. */
  get(key: string): Uint8Array | undefined
  /**
   * The index of a queue (0 emit, 1 close, 2 expire) from a due time on, in order of due time: `atLeast` entries, where
   * there are so many, and then all that have the same due time as the last. A visitor stands there once, at its
   * {@link indexedDue}, and not at all when it is never due.
   */
  dues(queue: number, from: Millis, atLeast: number): readonly ColdDue[]
}

export interface ColdDue {
  readonly due: Millis
  readonly key: string
}

/** How much earlier than it is due a visitor may stand in the index. */
const INDEX_SPREAD_MS = 60_000

/**
 * Where a visitor stands in the index of a queue, NEVER for nowhere: at its due time, or still where it stood `before` when
 * that is within the same minute and not later. An active visitor's due times move with each of its events; so the index
 * is written once a minute for it, not at every checkpoint.
 */
export function indexedDue(before: Millis, due: Millis): Millis {
  if (due >= NEVER) return NEVER
  return before <= due && before >= earliestIndexed(due) ? before : due
}

/** The earliest place a visitor that is due then can have in the index. */
export function earliestIndexed(due: Millis): Millis {
  return due >= NEVER ? NEVER : due - (due % INDEX_SPREAD_MS)
}
