import { isBy, sessionOf, type Companion } from '../conversion/companion.ts'
import type { Millis } from '../event/event.ts'
import type { SessionRules } from '../session/rules.ts'
import { withItem, withItems } from '../state/list.ts'
import { keepLonely } from './journey.ts'
import { MAX_SESSION_SIZE } from './size.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/**
 * Companions of a visitor are bounded: the one longest without a session goes first, and is final. A back end that sends
 * all its events under one name must not cost the walk over thousands with each of them.
 */
const MAX_COMPANIONS = 250
const NONE: readonly never[] = []

/** Finds the companions of a session where they are sorted already. */
export type CompanionsOf = (session: TrackedSession) => readonly Companion[]

export function companionsOf({ companions }: VisitorState, { id }: TrackedSession): readonly Companion[] {
  return companions.length === 0 ? NONE : companions.filter(({ session_id }) => session_id === id)
}

/** Whether one more can be kept; those that have no session give way. */
export function makeRoom(visitor: VisitorState, streamTime: Millis): boolean {
  let size = visitor.companions.reduce((sum, companion) => sum + companion.size, 0)
  while (visitor.companions.length >= MAX_COMPANIONS || size > MAX_SESSION_SIZE) {
    const lonely = visitor.companions.find(({ session_id }) => session_id === '')
    if (lonely === undefined) return false
    size -= lonely.size
    keepLonely(visitor, lonely, streamTime)
    visitor.companions = visitor.companions.filter((companion) => companion !== lonely)
  }
  return true
}

/** Forgets those that have found no session in their time. */
export function forgetLonely(visitor: VisitorState, streamTime: Millis): void {
  const isKept = ({ session_id, forget_due }: Companion): boolean => session_id !== '' || streamTime < forget_due
  if (visitor.companions.every(isKept)) return
  for (const companion of visitor.companions) if (!isKept(companion)) keepLonely(visitor, companion, streamTime)
  visitor.companions = visitor.companions.filter(isKept)
}

export function forgetCompanionsOf(visitor: VisitorState, gone: readonly TrackedSession[]): void {
  const ids = new Set(gone.map(({ id }) => id))
  visitor.companions = visitor.companions.filter(({ session_id }) => !ids.has(session_id))
}

/**
 * Puts every companion where it belongs after sessions have changed. It takes along what it has made. One that has a
 * session stays in it where none covers it any more, which only other rules can do.
 *
 * @param replacedBy the sessions that stand for retracted ones, by their ids
 * @returns the sessions that have won or lost one
 */
export function placeAgain(
  visitor: VisitorState,
  replacedBy: ReadonlyMap<string, string>,
  rules: SessionRules,
): Set<TrackedSession> {
  const changed = new Set<TrackedSession>()
  for (const companion of visitor.companions) {
    companion.session_id = replacedBy.get(companion.session_id) ?? companion.session_id
    const target = sessionOf(visitor.sessions, companion, rules)
    if (target === undefined || target.id === companion.session_id) continue
    const from = visitor.sessions.find(({ id }) => id === companion.session_id)
    if (from !== undefined) changed.add(from)
    changed.add(target)
    move(companion, from, target)
  }
  // Its purchase has come: from here on it goes where that goes, as the conversions of any event do.
  const isPlaced = ({ is_own, session_id }: Companion): boolean => is_own && session_id !== ''
  if (visitor.companions.some(isPlaced)) visitor.companions = visitor.companions.filter((one) => !isPlaced(one))
  return changed
}

function move(companion: Companion, from: TrackedSession | undefined, to: TrackedSession): void {
  const source = from ?? companion
  const made = source.conversions.filter((conversion) => isBy(companion, conversion))
  source.conversions = source.conversions.filter((conversion) => !isBy(companion, conversion))
  to.conversions = withItems(to.conversions, made)
  companion.session_id = to.id
  // No event has the offset of a verdict.
  if (companion.order_id !== '') return
  if (from !== undefined) from.moved = from.moved.filter((offset) => offset !== companion.offset)
  to.moved = withItem(to.moved, companion.offset)
}
