import { conversionRow, withdrawnRow, type Conversion, type ConversionOrigin } from '../conversion/conversion.ts'
import { countGoals, type Holder, type Tally } from '../conversion/count.ts'
import type { Goal } from '../conversion/goal.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { Arrival } from '../session/session.ts'
import type { SessionRow } from '../session/row.ts'
import { withItem, withItems } from '../state/list.ts'
import { makeRoom } from './companions.ts'
import { countCompounds, mergeGoals, noteMatches, reachesOthers } from './compounds.ts'
import { originOf, sessionlessOrigin } from './conversion-origin.ts'
import { identify, rename } from './identity.ts'
import { join, type Joined } from './join.ts'
import { noteChange, visitAgain, visitByServer } from './revisit.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** What an event does to its visitor, beyond the rows that become due later. */
export interface Visit {
  readonly sessionId: string | null
  readonly conversions: readonly ConversionRow[]
  readonly retractions: readonly SessionRow[]
}

/**
 * Applies a new event to its visitor: the session it joins, starts or merges, then the conversions it makes. Where events
 * may change their sessions, all that is counted is looked at again; else, which is faster, only what the event changes.
 */
export function visit(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const change = identify(visitor, event)
  const visited = visitUnnamed(visitor, event, goals, key, arrival)
  if (change === null) return visited
  const { sessionId, conversions, retractions } = visited
  const renamed = rename(visitor, change, conversions, arrival)
  return { sessionId, retractions, conversions: [...conversions, ...renamed] }
}

function visitUnnamed(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  // An alias says who somebody is. That is no visit: a session for it would be a touchpoint, and take credit.
  if (event.visitor_id === '' || event.type === 'alias') return visitByNobody(visitor, event, goals, key, arrival)
  if (event.is_server) {
    if (!makeRoom(visitor, arrival.streamTime)) return visitByNobody(visitor, event, goals, key, arrival)
    return visitByServer(visitor, event, goals, key, arrival)
  }
  if (visitor.companions.length > 0 || arrival.rules.cutOnCampaign)
    return visitAgain(visitor, event, goals, key, arrival)
  const joined = join(visitor, event, arrival, mergeGoals)
  const { session, retractions } = joined
  const plain = countGoals(visitor, visitor.sessions, session, event, goals, key, arrival)
  const noted = noteMatches(visitor, session, event, goals, arrival)
  const recounted = retractions.length > 0 && session.matches.length > 0 ? null : noted
  const reached = reachesOthers(event, goals) ? visitor.sessions : [session]
  const tally = both(
    plain,
    countCompounds(visitor, reached, () => NOTHING, recounted, arrival),
  )
  noteChange(session, arrival.streamTime)
  for (const corrected of tally.corrected) noteChange(corrected, arrival.streamTime)
  const conversions = conversionRows(visitor, event, joined, tally, session, arrival)
  return { sessionId: session.id, retractions, conversions }
}

function both(a: Tally<TrackedSession>, b: Tally<TrackedSession>): Tally<TrackedSession> {
  return {
    made: withItems(a.made, b.made),
    withdrawn: withItems(a.withdrawn, b.withdrawn),
    corrected: withItems(a.corrected, b.corrected),
  }
}

/**
 * An event without a visitor, an alias, or one more of a server than can be kept is in no session for good; it counts all
 * the same.
 */
function visitByNobody(
  visitor: VisitorState,
  event: StorefrontEvent,
  goals: readonly Goal[],
  key: string,
  arrival: Arrival,
): Visit {
  const { sessions, companions } = visitor
  const tally = countGoals<Holder>(visitor, [...sessions, ...companions], null, event, goals, key, arrival)
  if (tally.corrected.length > 0) {
    for (const session of sessions) if (tally.corrected.includes(session)) noteChange(session, arrival.streamTime)
  }
  const conversions = conversionRows(visitor, event, NOT_JOINED, tally, null, arrival)
  return { sessionId: null, retractions: NOTHING, conversions }
}

const NOTHING: readonly never[] = []
const NONE_GONE: ReadonlySet<string> = new Set()
const NOT_JOINED = { restated: NOTHING, withdrawn: NOTHING }

function conversionRows(
  visitor: VisitorState,
  event: StorefrontEvent,
  { restated, withdrawn }: Pick<Joined, 'restated' | 'withdrawn'>,
  tally: Tally<Holder>,
  session: TrackedSession | null,
  { offset: version }: Arrival,
): readonly ConversionRow[] {
  if (restated.length + withdrawn.length + tally.made.length + tally.withdrawn.length === 0) return NOTHING
  const origin = session === null ? sessionlessOrigin(event) : originOf(session)
  let rows: readonly ConversionRow[] = NOTHING
  for (const conversion of withdrawn) rows = withItem(rows, withdrawnRow(visitor, conversion, version, 'session'))
  for (const conversion of tally.withdrawn)
    rows = withItem(rows, withdrawnRow(visitor, conversion, version, 'conversion'))
  const gone = rows.length === 0 ? NONE_GONE : new Set(rows.map(({ conversion_id }) => conversion_id))
  for (const conversion of restated)
    if (!gone.has(conversion.id)) rows = withItem(rows, conversionRow(visitor, conversion, origin, version, 'session'))
  for (const conversion of tally.made) {
    if (gone.has(conversion.id)) continue
    const own = session === null ? origin : originOfMade(visitor, conversion, session)
    rows = withItem(rows, conversionRow(visitor, conversion, own, version, 'conversion'))
  }
  return rows
}

/** An event may complete a goal in another session than its own. */
function originOfMade({ sessions }: VisitorState, conversion: Conversion, session: TrackedSession): ConversionOrigin {
  const isIn = ({ conversions }: TrackedSession) => conversions.includes(conversion)
  return originOf(isIn(session) ? session : (sessions.find(isIn) ?? session))
}
