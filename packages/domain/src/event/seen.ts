import type { Millis } from './event.ts'

/**
 * The event ids of a visitor that can still be recognised when they come again: parallel arrays, in order of first
 * arrival. `seen_id` is {@link hash53} of the event id, `seen_content` the content hash, `seen_at` the stream time.
 */
export interface Seen {
  seen_id: number[]
  seen_content: number[]
  seen_at: Millis[]
}

/** A visitor's memory is bounded: the oldest ids are forgotten first. */
const MAX_SEEN = 10_000

export type Repeat = 'new' | 'duplicate' | 'duplicate_conflict'

/** Whether an event that is still remembered came before, and with the same content. */
export function recognise(seen: Seen, id: number, content: number): Repeat {
  const at = seen.seen_id.lastIndexOf(id)
  if (at < 0) return 'new'
  return seen.seen_content[at] === content ? 'duplicate' : 'duplicate_conflict'
}

export function remember(seen: Seen, id: number, content: number, now: Millis): void {
  if (seen.seen_id.length >= MAX_SEEN) dropOldest(seen, seen.seen_id.length - MAX_SEEN + 1)
  seen.seen_id.push(id)
  seen.seen_content.push(content)
  seen.seen_at.push(now)
}

/** Forgets the ids that first came before `from`. */
export function forgetSeen(seen: Seen, from: Millis): void {
  let expired = 0
  for (const since of seen.seen_at) {
    if (since >= from) break
    expired++
  }
  if (expired > 0) dropOldest(seen, expired)
}

function dropOldest(seen: Seen, count: number): void {
  seen.seen_id.splice(0, count)
  seen.seen_content.splice(0, count)
  seen.seen_at.splice(0, count)
}
