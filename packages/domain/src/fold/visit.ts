import { retractionRow } from '../aggregate/session-row.ts'
import {
  conversionRow,
  withdrawnRow,
  type Conversion,
  type Credit,
  type Owner,
  type Withdrawn,
} from '../conversion/conversion.ts'
import { countGoals, mergeConversions } from '../conversion/count.ts'
import type { Goal } from '../conversion/goal.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { place, survivorOf } from '../session/place.ts'
import type { SessionRow } from '../session/row.ts'
import { absorb, addEvent, newSession, type Arrival } from '../session/session.ts'
import { direct } from '../session/source.ts'
import { markDirty } from './settle.ts'
import { NEVER, type TrackedSession, type VisitorState } from './visitor.ts'

/** What an event does to its visitor, beyond the rows that become due later. */
export interface Visit {
  readonly sessionId: string | null
  readonly conversions: readonly ConversionRow[]
  readonly retractions: readonly SessionRow[]
}

/** Applies a new event to its visitor: the session it joins, starts or merges, then the conversions it makes. */
export function visit(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const owner: Owner = { key, site: event.site, visitor_id: event.visitor_id }
  if (event.is_server || event.visitor_id === '') return sessionless(visitor, event, goals, owner, arrival)
  const joined = join(visitor, event, arrival)
  const { session, withdrawn } = joined
  const tally = countGoals(visitor, visitor.sessions, session, event, goals, key, arrival)
  for (const other of [session, ...tally.corrected]) markDirty(other, arrival.streamTime)
  const credit = creditOf(session)
  const gone = [...withdrawn, ...tally.withdrawn]
  return {
    sessionId: session.id,
    retractions: joined.retractions,
    conversions: [
      ...gone.map((conversion) => withdrawnRow(owner, conversion, arrival.offset)),
      ...stillCounted(session, [...joined.restated, ...tally.made]).map((conversion) =>
        conversionRow(owner, conversion, credit, arrival.offset),
      ),
    ],
  }
}

/** What the event itself displaced is withdrawn, not restated. */
function stillCounted(session: TrackedSession, restated: readonly Conversion[]): readonly Conversion[] {
  if (restated.length === 0) return restated
  const counted = new Set(session.conversions)
  return restated.filter((conversion) => counted.has(conversion))
}

/** Server events and events without a visitor belong to no session; their conversions count all the same. */
function sessionless(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  owner: Owner,
  arrival: Arrival,
): Visit {
  const tally = countGoals(visitor, visitor.sessions, null, event, goals, owner.key, arrival)
  for (const other of tally.corrected) markDirty(other, arrival.streamTime)
  const credit = { session_id: null, channel: '', source: '', medium: '', campaign: '', is_bot: event.is_bot }
  return {
    sessionId: null,
    retractions: [],
    conversions: [
      ...tally.withdrawn.map((w) => withdrawnRow(owner, w, arrival.offset)),
      ...tally.made.map((conversion) => conversionRow(owner, conversion, credit, arrival.offset)),
    ],
  }
}

interface Joined {
  readonly session: TrackedSession
  /** Conversions whose rows now say something else: another session, or its source changed. */
  readonly restated: readonly Conversion[]
  readonly withdrawn: readonly Withdrawn[]
  readonly retractions: readonly SessionRow[]
}

function join(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival): Joined {
  const { takers, refused } = place(visitor.sessions, event, arrival.rules)
  for (const session of refused) refuse(session, arrival)
  const survivor = survivorOf(takers)
  if (survivor === undefined) {
    const session = newTrackedSession(event, arrival)
    addEvent(session, event, arrival)
    visitor.sessions = [...visitor.sessions, session]
    return { session, restated: [], withdrawn: [], retractions: [] }
  }
  const before = creditOf(survivor)
  if (takers.length === 1) {
    addEvent(survivor, event, arrival)
    const restated = sameCredit(before, creditOf(survivor)) ? [] : survivor.conversions
    return { session: survivor, restated, withdrawn: [], retractions: [] }
  }
  const own = new Set(survivor.conversions)
  const losers = takers.filter((taker) => taker !== survivor)
  const retractions = losers.flatMap((loser) => retract(visitor, loser, survivor, arrival))
  const withdrawn = losers.flatMap((loser) => mergeConversions(survivor, loser))
  for (const loser of losers) absorb(survivor, loser)
  addEvent(survivor, event, arrival)
  visitor.sessions = visitor.sessions.filter((session) => !losers.includes(session))
  const isSame = sameCredit(before, creditOf(survivor))
  const restated = isSame ? survivor.conversions.filter((conversion) => !own.has(conversion)) : survivor.conversions
  return { session: survivor, restated, withdrawn, retractions }
}

function refuse(session: TrackedSession, arrival: Arrival): void {
  if (session.capped) return
  session.capped = true
  if (session.closed) markDirty(session, arrival.streamTime)
}

/** The rows that take a merged session away, and those that point its own earlier losers at the survivor. */
function retract(
  visitor: VisitorState,
  loser: TrackedSession,
  survivor: TrackedSession,
  { offset, definitionsNumber }: Arrival,
): SessionRow[] {
  const into = { id: survivor.id, definitions_number: definitionsNumber }
  const earlier = loser.absorbed.map((id) => ({ id, emitted: null }))
  return [loser, ...earlier].map((retracted) => retractionRow(visitor, retracted, into, offset))
}

function newTrackedSession(event: StorefrontEvent, arrival: Arrival): TrackedSession {
  return { ...newSession(event, arrival), conversions: [], dirty_due: NEVER, emitted_at: -1, emitted: null }
}

function creditOf(session: TrackedSession): Credit {
  const { channel, source, medium, campaign } = session.origin ?? direct
  return { session_id: session.id, channel, source, medium, campaign, is_bot: session.is_bot }
}

function sameCredit(a: Credit, b: Credit): boolean {
  return (
    a.source === b.source &&
    a.medium === b.medium &&
    a.campaign === b.campaign &&
    a.channel === b.channel &&
    a.is_bot === b.is_bot
  )
}
