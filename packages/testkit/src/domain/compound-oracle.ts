import type { StorefrontEvent } from '@cairn/domain'

/** A compound goal as the oracle needs it. */
export interface OracleCompound {
  readonly kind: 'all' | 'sequence'
  readonly parts: readonly OraclePart[]
}

export interface OraclePart {
  readonly matches: (event: StorefrontEvent) => boolean
  readonly times: number
}

/**
 * The event that completes a compound goal in a session: the last of the shortest beginning of the session in which all
 * of it is there.
 *
 * @param session its events in order
 */
export function completing(
  session: readonly StorefrontEvent[],
  { kind, parts }: OracleCompound,
): StorefrontEvent | undefined {
  const holds = kind === 'all' ? hasAll : hasSequence
  return session.find((_, at) => holds(session.slice(0, at + 1), parts))
}

function hasAll(events: readonly StorefrontEvent[], parts: readonly OraclePart[]): boolean {
  return parts.every((part) => has(events, part))
}

/** Whether the events can be cut into pieces, one a part, each with the matches of its part. */
function hasSequence(events: readonly StorefrontEvent[], [first, ...others]: readonly OraclePart[]): boolean {
  if (first === undefined) return true
  return events.some((event, at) => {
    return first.matches(event) && has(events.slice(0, at + 1), first) && hasSequence(events.slice(at + 1), others)
  })
}

function has(events: readonly StorefrontEvent[], { matches, times }: OraclePart): boolean {
  return events.filter(matches).length >= times
}
