import type { Millis, StorefrontEvent } from '../event/event.ts'
import { precedes, type Mark } from './session.ts'

/**
 * Users that a visitor's events have named, oldest first by (event time, event id). Of those at or before an event the
 * last says whose it is. Empty for visitors who never logged in.
 */
export type UserMarks = readonly Mark[]

/** What naming a user changes: whose the events from `from` on are, up to the next mark; null where there is none. */
export interface UserChange {
  readonly from: Mark
  readonly until: Mark | null
}

export interface Noted {
  readonly marks: UserMarks
  /** Null where every event is of the same user as before. */
  readonly change: UserChange | null
}

/**
 * Most marks kept of a visitor. Beyond it one goes whose neighbours name the same user: it is only missed where an event
 * of another user comes late, to stand between the two.
 */
export const MOST_USER_MARKS = 8

/** Characters of a user and an event id together; longer ones are no ids, and eight of them would swell the state. */
const MOST_CHARACTERS = 1_000

type Naming = Pick<StorefrontEvent, 'event_time' | 'event_id' | 'user_id'>

/** Takes the user an event names into the marks of its visitor. */
export function noteUser(marks: UserMarks, { event_time: time, event_id, user_id: value }: Naming): Noted {
  if (value.length + event_id.length > MOST_CHARACTERS) return { marks, change: null }
  let at = marks.length
  while (at > 0 && precedes(time, event_id, marks[at - 1] as Mark)) at--
  const before = marks[at - 1]
  const until = marks[at] ?? null
  const from: Mark = { time, event_id, value }
  const noted = marks.slice()
  noted.splice(at, 0, from)
  if (noted.length > MOST_USER_MARKS) noted.splice(superfluous(noted), 1)
  return { marks: noted, change: before?.value === value ? null : { from, until } }
}

/** The oldest mark between two of the same user, else the oldest of all. */
function superfluous(marks: UserMarks): number {
  for (let at = 1; at < marks.length - 1; at++) {
    const value = marks[at]?.value
    if (marks[at - 1]?.value === value && marks[at + 1]?.value === value) return at
  }
  return 0
}

/** Whose an event without a user is; empty where none is known. */
export function userOf(marks: UserMarks, time: Millis, eventId: string): string {
  for (let at = marks.length - 1; at >= 0; at--) {
    const mark = marks[at] as Mark
    if (!precedes(time, eventId, mark)) return mark.value
  }
  return ''
}

/** How a session ends, as far as its user depends on it: the time of its last event, and the last user its events name. */
export interface SessionEnd {
  readonly time: Millis
  readonly user: Mark | null
}

/** Whose a session is: the last user known when it ends, whichever session or server event named it. */
export function sessionUser(marks: UserMarks, { time, user }: SessionEnd): string {
  for (let at = marks.length - 1; at >= 0; at--) {
    const mark = marks[at] as Mark
    if (mark.time > time) continue
    // Marks are fewer than the events of a session, so its own may be the later one.
    return user !== null && precedes(mark.time, mark.event_id, user) ? user.value : mark.value
  }
  return user?.value ?? ''
}

/** Whether a change gives a session another user. */
export function changesSession({ from, until }: UserChange, { time, user }: SessionEnd): boolean {
  if (time < from.time || (until !== null && until.time <= time)) return false
  return user === null || !precedes(from.time, from.event_id, user)
}

/** Whether a change gives an event another user that names none itself. */
export function changesEvent({ from, until }: UserChange, time: Millis, eventId: string): boolean {
  return !precedes(time, eventId, from) && (until === null || precedes(time, eventId, until))
}

/** Forgets what no event from `from` on can be told by: all marks before it but the last. */
export function pruneUsers(marks: UserMarks, from: Millis): UserMarks {
  let gone = 0
  while ((marks[gone + 1]?.time ?? Infinity) < from) gone++
  return gone === 0 ? marks : marks.slice(gone)
}
