import type { ConversionOrigin } from '../conversion/conversion.ts'
import type { Session } from '../session/session.ts'
import { direct, isSameSource } from '../session/source.ts'

/** What the conversions of a session take from it. */
export function originOf(session: Session): ConversionOrigin {
  const { channel, source, medium, campaign } = session.origin ?? direct
  return { session_id: session.id, channel, source, medium, campaign, is_bot: session.is_bot }
}

/** What the conversions of an event take that is in no session. */
export function sessionlessOrigin({ is_bot }: { readonly is_bot: boolean }): ConversionOrigin {
  return { session_id: null, channel: '', source: '', medium: '', campaign: '', is_bot }
}

export function isSameOrigin(a: ConversionOrigin, b: ConversionOrigin): boolean {
  return a.session_id === b.session_id && a.is_bot === b.is_bot && isSameSource(a, b)
}
