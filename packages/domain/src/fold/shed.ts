import type { Companion } from '../conversion/companion.ts'
import { companionsOf } from './companions.ts'
import type { Output } from './output.ts'
import { forgetSessions, type Now } from './settle.ts'
import { claimSize, retainedSize } from './size.ts'
import type { VisitorState } from './visitor.ts'

/**
 * What a visitor's sessions, companions and claims may take in the state, a character counted as a byte. A visitor that invents
 * sessions or orders without end must not make a state beyond the 4 MiB of a record of the state topic: it could not be
 * written, which would stop the partition for good.
 */
const MAX_RETAINED = 384 * 1024
/**
 * Sessions of a visitor that can be corrected. An event may change all of them where campaigns cut: a bot that begins one with
 * each event must not cost the others of its partition more than a little.
 */
const MAX_SESSIONS = 50

/**
 * Forgets the sessions, with their companions, and then the claims of an overgrown visitor before their time, longest
 * untouched first; one session stays. What is forgotten is final, as if its grace were over.
 */
export function shed(visitor: VisitorState, key: string, now: Now, outputs: Output[]): void {
  let excess = retainedSize(visitor) - MAX_RETAINED
  let surplus = visitor.sessions.length - MAX_SESSIONS
  if (excess <= 0 && surplus <= 0) return
  const sessions = [...visitor.sessions].sort((a, b) => a.forget_due - b.forget_due || a.first_offset - b.first_offset)
  const gone = sessions.slice(0, -1).filter((session) => {
    if (excess <= 0 && surplus <= 0) return false
    surplus--
    excess -= session.size + sizeOf(companionsOf(visitor, session))
    return true
  })
  forgetSessions(visitor, gone, key, now, outputs)
  const claims = [...visitor.claims].sort((a, b) => a.touched_at - b.touched_at)
  visitor.claims = claims.filter((claim) => {
    if (excess <= 0) return true
    excess -= claimSize(claim)
    return false
  })
}

function sizeOf(companions: readonly Companion[]): number {
  return companions.reduce((size, companion) => size + companion.size, 0)
}
