import type { Millis } from './event.ts'

/**
 * The event ids of a visitor that can still be recognised when they come again: parallel arrays, in order of first
 * arrival. `seen_id` is {@link hash53} of the event id, `seen_content` the content hash, `seen_at` the stream time, or -1
 * where it is forgotten.
 */
export interface Seen {
  seen_id: number[]
  seen_content: number[]
  seen_at: Millis[]
}

/** A visitor's memory is bounded: the oldest ids are forgotten first. */
const MAX_SEEN = 10_000

/** From so many ids on they are found by an index: a bot's thousands would have to be gone through for each of its events. */
const INDEXED_FROM = 256

/**
 * What is forgotten is taken out once it is more than one in so many: taking out moves all that stays, and an active
 * visitor forgets an id with nearly every event.
 */
const TAKEN_OUT_FROM = 8

/**
 * Stands in `seen_at` for what is forgotten and not taken out yet. It stays forgotten though later an old session may keep
 * ids from an earlier time on: else what is known again would follow from when others were taken out.
 */
const FORGOTTEN: Millis = -1

/** Where ids stand, counted from the first that ever was. Kept beside the state: it says nothing that the arrays do not. */
interface SeenIndex {
  /** Ids taken out before the first that is there. */
  gone: number
  readonly places: Map<number, number>
}

const indexes = new WeakMap<Seen, SeenIndex>()

export type Repeat = 'new' | 'duplicate' | 'duplicate_conflict'

/**
 * Whether an event that is still remembered came before, and with the same content.
 *
 * @param from stream time before which ids are forgotten
 */
export function recognise(seen: Seen, id: number, content: number, from: Millis): Repeat {
  const at = placeOf(seen, id)
  const isForgotten = at < seen.seen_id.length - MAX_SEEN || (seen.seen_at[at] ?? FORGOTTEN) < Math.max(0, from)
  if (at < 0 || isForgotten) return 'new'
  return seen.seen_content[at] === content ? 'duplicate' : 'duplicate_conflict'
}

export function remember(seen: Seen, id: number, content: number, now: Millis): void {
  const index = indexes.get(seen)
  if (index !== undefined) index.places.set(id, index.gone + seen.seen_id.length)
  if (seen.seen_id.length === 0) {
    // An empty list may be that of others too.
    seen.seen_id = [id]
    seen.seen_content = [content]
    seen.seen_at = [now]
    return
  }
  seen.seen_id.push(id)
  seen.seen_content.push(content)
  seen.seen_at.push(now)
  const excess = seen.seen_id.length - MAX_SEEN
  if (excess > MAX_SEEN / TAKEN_OUT_FROM) takeOut(seen, excess)
}

/** Forgets the ids that first came before `from`, for good; they are taken out at once, or with others that follow. */
export function forgetSeen(seen: Seen, from: Millis): void {
  const { seen_at } = seen
  const first = seen_at[0]
  if (first === undefined || first >= from) return
  const expired = countBefore(seen_at, from)
  if (expired * TAKEN_OUT_FROM >= seen_at.length) takeOut(seen, expired)
  else for (let at = expired - 1; at >= 0 && seen_at[at] !== FORGOTTEN; at--) seen_at[at] = FORGOTTEN
}

function placeOf(seen: Seen, id: number): number {
  if (seen.seen_id.length < INDEXED_FROM) return lastPlaceOf(seen.seen_id, id)
  const { gone, places } = indexes.get(seen) ?? indexed(seen)
  return (places.get(id) ?? -1) - gone
}

/** As `lastIndexOf`, which for so few takes most of its time to be called. */
function lastPlaceOf(ids: readonly number[], id: number): number {
  for (let at = ids.length - 1; at >= 0; at--) if (ids[at] === id) return at
  return -1
}

function indexed(seen: Seen): SeenIndex {
  const index: SeenIndex = { gone: 0, places: new Map() }
  for (const [at, id] of seen.seen_id.entries()) index.places.set(id, at)
  indexes.set(seen, index)
  return index
}

function takeOut(seen: Seen, count: number): void {
  const index = indexes.get(seen)
  if (index !== undefined) {
    for (let at = 0; at < count; at++) {
      const id = seen.seen_id[at] as number
      // Forgotten and come again, it stands further on.
      if (index.places.get(id) === index.gone + at) index.places.delete(id)
    }
    index.gone += count
  }
  seen.seen_id.splice(0, count)
  seen.seen_content.splice(0, count)
  seen.seen_at.splice(0, count)
}

/** How many times are before `from`; they are in order. */
function countBefore(times: readonly Millis[], from: Millis): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as Millis) < from) low = middle + 1
    else high = middle
  }
  return low
}
