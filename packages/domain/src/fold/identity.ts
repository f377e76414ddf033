import type { Conversion } from '../conversion/conversion.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { Arrival } from '../session/session.ts'
import { changesEvent, changesSession, noteUser, type UserChange } from '../session/user.ts'
import { markDirty } from './settle.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** Takes over the user an event names; null where that says nothing new of other events. */
export function identify(visitor: VisitorState, event: StorefrontEvent): UserChange | null {
  if (event.user_id === '' || event.visitor_id === '') return null
  const { marks, change } = noteUser(visitor.users, event)
  visitor.users = marks
  return change
}

export interface Renamed {
  readonly session: TrackedSession
  readonly conversion: Conversion
}

/**
 * What another user of past events changes: the sessions whose rows no longer stand, which become due, and the
 * conversions, which are returned. Those of events in no session are final.
 */
export function rename(visitor: VisitorState, change: UserChange, { streamTime }: Arrival): readonly Renamed[] {
  const renamed: Renamed[] = []
  for (const session of visitor.sessions) {
    if (changesSession(change, session)) markDirty(session, streamTime)
    for (const conversion of session.conversions) {
      const { user_id, event_time, event_id } = conversion
      if (user_id === '' && changesEvent(change, event_time, event_id)) renamed.push({ session, conversion })
    }
  }
  return renamed
}
