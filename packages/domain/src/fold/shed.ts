import type { Output } from './output.ts'
import { forgetSessions, type Now } from './settle.ts'
import { claimSize, retainedSize, sessionSize } from './size.ts'
import type { VisitorState } from './visitor.ts'

/**
 * What a visitor's sessions and claims may take in the state. A Kafka record holds 1 MiB: a visitor that invents
 * sessions or orders without end must not make a state that can't be written, which would stop the partition for good.
 */
const MAX_RETAINED_BYTES = 384 * 1024

/**
 * Forgets the sessions and then the claims of an overgrown visitor before their time, longest untouched first; one
 * session stays. What is forgotten is final, as if its grace were over.
 */
export function shed(visitor: VisitorState, key: string, now: Now, outputs: Output[]): void {
  let excess = retainedSize(visitor) - MAX_RETAINED_BYTES
  if (excess <= 0) return
  const sessions = [...visitor.sessions].sort((a, b) => a.forget_due - b.forget_due || a.first_offset - b.first_offset)
  let sessionsGone = 0
  while (excess > 0 && sessionsGone < sessions.length - 1) excess -= sizeAt(sessions, sessionsGone++, sessionSize)
  forgetSessions(visitor, sessions.slice(0, sessionsGone), key, now, outputs)
  const claims = [...visitor.claims].sort((a, b) => a.touched_at - b.touched_at)
  let claimsGone = 0
  while (excess > 0 && claimsGone < claims.length) excess -= sizeAt(claims, claimsGone++, claimSize)
  visitor.claims = claims.slice(claimsGone)
}

function sizeAt<T>(items: readonly T[], at: number, sizeOf: (item: T) => number): number {
  const item = items[at]
  return item === undefined ? 0 : sizeOf(item)
}
