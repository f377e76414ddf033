import { endWith } from '../conversion/companion.ts'
import { conversionRow, type Conversion, type ConversionOrigin } from '../conversion/conversion.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { Arrival } from '../session/session.ts'
import { changesEvent, changesSession, noteUser, type UserChange } from '../session/user.ts'
import { companionsOf } from './companions.ts'
import { originOf, sessionlessOrigin } from './conversion-origin.ts'
import { markDirty } from './settle.ts'
import type { VisitorState } from './visitor.ts'

/** Takes over the user an event names; null where that says nothing new of other events. */
export function identify(visitor: VisitorState, event: StorefrontEvent): UserChange | null {
  if (event.user_id === '' || event.visitor_id === '') return null
  const { marks, change } = noteUser(visitor.users, event)
  visitor.users = marks
  return change
}

/**
 * What another user of past events changes: the sessions whose rows no longer stand become due, and the rows of the
 * conversions are returned, save of those that have one already.
 */
export function rename(
  visitor: VisitorState,
  change: UserChange,
  told: readonly ConversionRow[],
  { offset, streamTime }: Arrival,
): ConversionRow[] {
  const ids = new Set(told.map((row) => row.conversion_id))
  const rows: ConversionRow[] = []
  const restate = (conversions: readonly Conversion[], origin: ConversionOrigin): void => {
    for (const conversion of conversions) {
      const { id, user_id, event_time, event_id } = conversion
      if (user_id !== '' || ids.has(id) || !changesEvent(change, event_time, event_id)) continue
      rows.push(conversionRow(visitor, conversion, origin, offset, 'user'))
    }
  }
  for (const session of visitor.sessions) {
    const companions = companionsOf(visitor, session)
    if (changesSession(change, endWith(session, companions))) markDirty(session, streamTime)
    restate(session.conversions, originOf(session))
  }
  for (const companion of visitor.companions) {
    if (companion.session_id === '') restate(companion.conversions, sessionlessOrigin(companion))
  }
  return rows
}
