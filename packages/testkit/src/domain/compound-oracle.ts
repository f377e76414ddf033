import type { StorefrontEvent } from '@cairn/domain'

/** A compound goal as the oracle needs it. */
export interface OracleCompound {
  readonly kind: 'all' | 'sequence'
  readonly parts: readonly OraclePart[]
  /** `within` a window; without it, within the session. */
  readonly windowMs?: number
}

export interface OraclePart {
  readonly matches: (event: StorefrontEvent) => boolean
  readonly times: number
}

/**
 * Without the purchases that report an order once more, of those which match a part: of one that counts its buyer's own first
 * report does, else the first of a server.
 *
 * @param sorted all events of the visitor that are in a session or may be, in order
 */
export function reportedOnce(sorted: readonly StorefrontEvent[], { parts }: OracleCompound): StorefrontEvent[] {
  const first = new Map<string, StorefrontEvent>()
  const isReport = (event: StorefrontEvent) => {
    return event.name === 'purchase' && event.order_id !== '' && parts.some(({ matches }) => matches(event))
  }
  const reports = sorted.filter(isReport)
  for (const event of [...reports.filter((one) => !one.is_server), ...reports])
    if (!first.has(event.order_id)) first.set(event.order_id, event)
  return sorted.filter((event) => !isReport(event) || first.get(event.order_id) === event)
}

/**
 * The event that completes a compound goal in a session. Within the session: the last of the shortest beginning of the
 * session in which all of it is there. Within a window: the first that is the last of matches which make all of it.
 *
 * @param session its events in order
 * @param sessions the events of all sessions of the visitor, in order
 */
export function completing(
  session: readonly StorefrontEvent[],
  compound: OracleCompound,
  sessions: readonly StorefrontEvent[],
): StorefrontEvent | undefined {
  const { kind, parts, windowMs } = compound
  if (windowMs !== undefined) return session.find((event) => isLast(event, compound, until(event, windowMs, sessions)))
  const holds = kind === 'all' ? hasAll : hasSequence
  return session.find((_, at) => holds(session.slice(0, at + 1), parts))
}

/** The events of the window that ends with an event. */
function until(event: StorefrontEvent, windowMs: number, sessions: readonly StorefrontEvent[]): StorefrontEvent[] {
  return sessions
    .slice(0, sessions.indexOf(event) + 1)
    .filter(({ event_time }) => event_time > event.event_time - windowMs)
}

/** Whether all parts can be had from a window with its last event among them, in a sequence at its end. */
function isLast(event: StorefrontEvent, { kind, parts }: OracleCompound, window: readonly StorefrontEvent[]): boolean {
  if (kind === 'all') return parts.some(({ matches }) => matches(event)) && hasAll(window, parts)
  return parts.at(-1)?.matches(event) === true && hasSequence(window, parts)
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
