import type { Credit } from '../conversion/conversion.ts'
import type { Session } from '../session/session.ts'
import { direct, isSameSource } from '../session/source.ts'

/** What the conversions of a session take from it. */
export function creditOf(session: Session): Credit {
  const { channel, source, medium, campaign } = session.origin ?? direct
  return { session_id: session.id, channel, source, medium, campaign, is_bot: session.is_bot }
}

/** What the conversions of an event take that is in no session. */
export function sessionlessCredit({ is_bot }: { readonly is_bot: boolean }): Credit {
  return { session_id: null, channel: '', source: '', medium: '', campaign: '', is_bot }
}

export function isSameCredit(a: Credit, b: Credit): boolean {
  return a.session_id === b.session_id && a.is_bot === b.is_bot && isSameSource(a, b)
}
