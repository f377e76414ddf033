import type { Millis } from '../event/event.ts'
import { NEVER } from './visitor.ts'

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
