import type { StorefrontEvent } from '../event/event.ts'
import { cutOnCampaign, factOf, inOrder, startsAnother, withoutOrigin, type Fact } from '../session/fact.ts'
import { chainOf } from '../session/place.ts'
import type { SessionRow } from '../session/row.ts'
import { addEvent, type Arrival } from '../session/session.ts'
import { isSame, Rehoming } from './rehome.ts'
import { factsSize, MAX_SESSION_SIZE } from './size.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** What an event did to sessions that campaigns cut. */
export interface Regrouped {
  readonly session: TrackedSession
  /** Sessions that have other events than before. */
  readonly changed: readonly TrackedSession[]
  readonly retractions: readonly SessionRow[]
  /** Sessions that may take no more. */
  readonly refused: readonly TrackedSession[]
  /** Sessions that have ended for another reason than before. */
  readonly ended: readonly TrackedSession[]
}

type IsFull = (session: TrackedSession) => boolean

const NOTHING: readonly never[] = []

/** Puts an event among the visitor's events and cuts these anew: it may extend, merge and split sessions at once. */
export function regroup(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival, isFull: IsFull): Regrouped {
  const { rules } = arrival
  const fact = factOf(event, arrival)
  const takes = (session: TrackedSession): boolean => !isFull(session) && session.events < rules.maxEvents
  const cuttable = visitor.sessions.filter(({ facts }) => facts.length > 0).sort(byFirst)
  const { near, before } = around(cuttable, fact, (session) => !takes(session))
  const chain = chainOf(near, event, rules).sort(byFirst)
  const last = chain.at(-1)
  if (last !== undefined && wouldTake(last, fact) && fact.time - last.started_at <= rules.maxDurationMs) {
    append(last, event, fact, arrival)
    return { session: last, changed: NOTHING, retractions: NOTHING, refused: NOTHING, ended: NOTHING }
  }
  const isStopped = before !== undefined && !takes(before) && chainOf([before], event, rules).length > 0
  if (!isStopped) return cutAnew(visitor, event, fact, chain, NOTHING, arrival)
  if (!isBehind(before, fact) || !startsAnother(before.facts, fact))
    return cutAnew(visitor, event, fact, chain, [before], arrival)
  const cut = cutAnew(visitor, event, fact, chain, NOTHING, arrival)
  if (before.cut === 'campaign') return cut
  before.cut = 'campaign'
  return { ...cut, ended: [...cut.ended, before] }
}

interface Around {
  /** The sessions about the event up to the walls. */
  readonly near: TrackedSession[]
  /** The last session that begins before the event, be it a wall. */
  readonly before: TrackedSession | undefined
}

/**
 * What is about an event, of sessions in order. A session that is a wall parts those before it from those after it: what
 * it has no room for belongs to nothing on its other side.
 */
function around(sessions: readonly TrackedSession[], fact: Fact, isWall: (session: TrackedSession) => boolean): Around {
  let near: TrackedSession[] = []
  let before: TrackedSession | undefined
  for (const session of sessions) {
    const isBefore = beginsBefore(session, fact)
    if (isBefore) before = session
    if (!isWall(session)) near.push(session)
    else if (isBefore) near = []
    else break
  }
  return { near, before }
}

function beginsBefore({ facts: [first] }: TrackedSession, fact: Fact): boolean {
  return first !== undefined && inOrder(first, fact) < 0
}

/** Whether an event is behind all of a session and does not begin another. */
function wouldTake(session: TrackedSession, fact: Fact): boolean {
  return isBehind(session, fact) && !startsAnother(session.facts, fact)
}

function isBehind({ facts }: TrackedSession, fact: Fact): boolean {
  const last = facts.at(-1)
  return last !== undefined && inOrder(last, fact) < 0
}

function append(session: TrackedSession, event: StorefrontEvent, fact: Fact, arrival: Arrival): void {
  session.facts.push(session.origin === null ? fact : withoutOrigin(fact))
  addEvent(session, event, arrival)
}

function byFirst(a: TrackedSession, b: TrackedSession): number {
  const [one, other] = [a.facts[0], b.facts[0]]
  return one === undefined || other === undefined ? 0 : inOrder(one, other)
}

function cutAnew(
  visitor: VisitorState,
  event: StorefrontEvent,
  fact: Fact,
  chain: readonly TrackedSession[],
  refused: readonly TrackedSession[],
  arrival: Arrival,
): Regrouped {
  const parts = partsOf(chain, fact)
  const asTheyAre = new Map(chain.map((session) => [session.facts[0], session]))
  const isNew = (part: Fact[]): boolean => !isSame(asTheyAre.get(part[0]), part)
  const tooMuch = parts.filter((part) => isNew(part) && isTooMuch(part, arrival))
  if (chain.length > 0 && tooMuch.length > 0) {
    const fewer = chainOf(withinCaps(chain, fact), event, arrival.rules)
    if (fewer.length < chain.length) return cutAnew(visitor, event, fact, fewer, refused, arrival)
    const unplaced = new Set(tooMuch.flat())
    const refusing = chain.filter(({ facts }) => facts.some((one) => unplaced.has(one)))
    return cutAnew(visitor, event, fact, [], [...refused, ...refusing], arrival)
  }
  const rehoming = new Rehoming(visitor, event, chain, arrival)
  rehoming.assign(parts)
  const { changed, ended, retractions } = rehoming
  const session = rehoming.sessionOf(fact.offset)
  return { session, changed, retractions, refused, ended }
}

/**
 * Of the sessions that an event stands in a row with, those that no cap parts from it: a session that has refused events
 * stands alone. Together with what it refused it would be too much for ever, and not even an event among its own would
 * have a place.
 */
function withinCaps(chain: readonly TrackedSession[], fact: Fact): readonly TrackedSession[] {
  const { near, before } = around(chain, fact, ({ capped }) => capped)
  return before?.capped === true ? [before] : near
}

/** All events of the sessions with one more, cut. */
function partsOf(chain: readonly TrackedSession[], fact: Fact): Fact[][] {
  const parts = cutOnCampaign([...chain.flatMap(({ facts }) => facts), fact].sort(inOrder))
  for (const part of parts) {
    const at = part.indexOf(fact)
    const isTold = part.slice(0, Math.max(0, at)).some(({ origin }) => origin !== null)
    if (isTold) part[at] = withoutOrigin(fact)
  }
  return parts
}

/** Whether a part is more than a session may be: with their facts that is about a thousand events. */
function isTooMuch(part: readonly Fact[], { rules }: Arrival): boolean {
  const [first, last] = [part[0], part.at(-1)]
  if (first === undefined || last === undefined) return false
  const isTooLong = part.length > rules.maxEvents || last.time - first.time > rules.maxDurationMs
  return isTooLong || factsSize(part) > MAX_SESSION_SIZE
}
