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

type Noted = { readonly [key in 'refused' | 'ended']: TrackedSession[] }
type IsFull = (session: TrackedSession) => boolean

const NOTHING: readonly never[] = []

/** Puts an event among the visitor's events and cuts these anew: it may extend, merge and split sessions at once. */
export function regroup(visitor: VisitorState, event: StorefrontEvent, arrival: Arrival, isFull: IsFull): Regrouped {
  const { rules } = arrival
  const fact = factOf(event, arrival)
  const isWall = (session: TrackedSession): boolean => isFull(session) || session.events >= rules.maxEvents
  const cuttable = visitor.sessions.filter(({ facts }) => facts.length > 0).sort(byFirst)
  const { near, before, after } = around(cuttable, fact, isWall)
  const chain = chainOf(near, event, rules).sort(byFirst)
  const last = chain.at(-1)
  if (last !== undefined && wouldTake(last, fact) && fact.time - last.started_at <= rules.maxDurationMs) {
    append(last, event, fact, arrival)
    const regrouped = { session: last, changed: NOTHING, retractions: NOTHING, refused: [], ended: [] }
    noteBorder(last, after, event, arrival, regrouped)
    return regrouped
  }
  const room = roomFor(chain, event, fact, arrival)
  const [first] = room.taken
  const previous = first !== undefined && beginsBefore(first, fact) ? cuttable[cuttable.indexOf(first) - 1] : undefined
  const rehoming = new Rehoming(visitor, event, room.taken, arrival)
  const sessions = rehoming.assign(room.parts)
  const { changed, ended, retractions } = rehoming
  const refused = room.refused === undefined ? [] : [room.refused]
  const regrouped = { session: rehoming.sessionOf(fact.offset), changed, retractions, refused, ended }
  if (before !== undefined && chainOf([before], event, rules).length > 0) noteWall(before, fact, regrouped)
  noteBorder(previous, sessions[0], event, arrival, regrouped)
  noteBorder(sessions.at(-1), room.next ?? after, event, arrival, regrouped)
  return regrouped
}

interface Around {
  /** The sessions about the event up to the walls. */
  readonly near: TrackedSession[]
  /** The last session that begins before the event, if that is a wall. */
  readonly before: TrackedSession | undefined
  /** The first wall that begins after the event. */
  readonly after: TrackedSession | undefined
}

/**
 * What is about an event, of sessions in order. A session that is a wall parts those before it from those after it: what
 * it has no room for belongs to nothing on its other side.
 */
function around(sessions: readonly TrackedSession[], fact: Fact, isWall: (session: TrackedSession) => boolean): Around {
  let near: TrackedSession[] = []
  let before: TrackedSession | undefined
  for (const session of sessions) {
    if (!isWall(session)) {
      if (beginsBefore(session, fact)) before = undefined
      near.push(session)
    } else if (beginsBefore(session, fact)) {
      before = session
      near = []
    } else {
      return { near, before, after: session }
    }
  }
  return { near, before, after: undefined }
}

/** Notes what a wall did to an event behind its beginning: parted by another campaign, it has refused nothing. */
function noteWall(wall: TrackedSession, fact: Fact, { refused, ended }: Noted): void {
  if (!isBehind(wall, fact) || !startsAnother(wall.facts, fact)) refused.push(wall)
  else noteCampaign(wall, ended)
}

/** Notes what parts a session from the next, if it is within its reach: another campaign, or that one has no room. */
function noteBorder(
  session: TrackedSession | undefined,
  next: TrackedSession | undefined,
  event: StorefrontEvent,
  { rules }: Arrival,
  { refused, ended }: Noted,
): void {
  const first = next?.facts[0]
  if (session === undefined || next === undefined || first === undefined) return
  if (chainOf([session, next], event, rules).length < 2) return
  if (startsAnother(session.facts, first)) noteCampaign(session, ended)
  else if (!session.capped && !refused.includes(session)) refused.push(next)
}

function noteCampaign(session: TrackedSession, ended: TrackedSession[]): void {
  if (session.cut === 'campaign') return
  session.cut = 'campaign'
  ended.push(session)
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

interface Room {
  /** The sessions that are cut together with the event, in order. */
  readonly taken: readonly TrackedSession[]
  readonly parts: readonly Fact[][]
  /** The session before the event that has no room for it. */
  readonly refused: TrackedSession | undefined
  /** The first session behind those taken that is not. */
  readonly next: TrackedSession | undefined
}

/**
 * Of the sessions that an event stands in a row with, those that may be cut together with it: all of them, or, where that
 * would make one too large, as many as there is room for. Asked are, as if the events came in order, first the session
 * before the event, then those behind it, as far as the event can matter to them.
 */
function roomFor(chain: readonly TrackedSession[], event: StorefrontEvent, fact: Fact, arrival: Arrival): Room {
  const all = partsWithin(chain, fact, arrival)
  if (all !== null) return { taken: chain, parts: all, refused: undefined, next: undefined }
  const behind = chain.filter((session) => !beginsBefore(session, fact))
  const before = chain.slice(0, chain.length - behind.length)
  // The one before that again may have room for what the event cuts off.
  let taken = before.slice(-2)
  let parts = partsWithin(taken, fact, arrival)
  while (parts === null && taken.length > 0) {
    taken = taken.slice(1)
    parts = partsWithin(taken, fact, arrival)
  }
  parts ??= [[fact]]
  const refused = taken.length > 0 ? undefined : before.at(-1)
  for (const session of taken.length > 0 ? behind : chainOf(behind, event, arrival.rules).sort(byFirst)) {
    if (beginsBehind(parts.at(-1), fact)) return { taken, parts, refused, next: session }
    const more = [...taken, session]
    const grown = partsWithin(more, fact, arrival)
    if (grown === null) return { taken, parts, refused, next: session }
    taken = more
    parts = grown
  }
  return { taken, parts, refused, next: undefined }
}

/** Whether a part is all behind an event: then it ends that of the event, and is what it was without it. */
function beginsBehind(part: readonly Fact[] | undefined, fact: Fact): boolean {
  const first = part?.[0]
  return first !== undefined && inOrder(fact, first) < 0
}

/** The parts that sessions with one more event come to; null where one of them would be more than a session may be. */
function partsWithin(chain: readonly TrackedSession[], fact: Fact, arrival: Arrival): readonly Fact[][] | null {
  const parts = partsOf(chain, fact)
  const asTheyAre = new Map(chain.map((session) => [session.facts[0], session]))
  const fits = (part: Fact[]): boolean => isSame(asTheyAre.get(part[0]), part) || !isTooMuch(part, arrival)
  return parts.every(fits) ? parts : null
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
