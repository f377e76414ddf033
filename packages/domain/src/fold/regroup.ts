import type { StorefrontEvent } from '../event/event.ts'
import { cutOnCampaign, factOf, inOrder, startsAnother, withoutOrigin, type Fact } from '../session/fact.ts'
import { chainOf } from '../session/place.ts'
import type { SessionRow } from '../session/row.ts'
import { addEvent, type Arrival } from '../session/session.ts'
import { withItem } from '../state/list.ts'
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
type IsWall = (session: TrackedSession) => boolean

const NOTHING: readonly never[] = []

/** Puts an event among the visitor's events and cuts these anew: it may extend, merge and split sessions at once. */
export function regroup(
  visitor: VisitorState,
  event: StorefrontEvent,
  arrival: Arrival,
  isFull: (session: TrackedSession) => boolean,
): Regrouped {
  const { rules } = arrival
  const fact = factOf(event, arrival)
  const cuttable = visitor.sessions.filter(({ facts }) => facts.length > 0).sort(byFirst)
  const near = around(cuttable, fact, (session) => isFull(session) || session.events >= rules.maxEvents)
  const chain = chainOf(near, event, rules).sort(byFirst)
  const last = chain.at(-1)
  if (last !== undefined && wouldTake(last, fact) && fact.time - last.started_at <= rules.maxDurationMs) {
    append(last, event, fact, arrival)
    const regrouped = { session: last, changed: NOTHING, retractions: NOTHING, refused: [], ended: [] }
    const next = cuttable[cuttable.indexOf(last) + 1]
    noteBorder([last, next], next, event, arrival, regrouped)
    return regrouped
  }
  const { taken, parts } = roomFor(chain, event, fact, arrival)
  const rehoming = new Rehoming(visitor, event, taken, arrival)
  const sessions = rehoming.assign(parts)
  const { changed, ended, retractions } = rehoming
  const regrouped = { session: rehoming.sessionOf(fact.offset), changed, retractions, refused: [], ended }
  const own = new Set(taken)
  const others = cuttable.filter((session) => !own.has(session))
  const previous = others.findLast((session) => beginsBefore(session, parts[0]?.[0] ?? fact))
  const next = others.find((session) => !beginsBefore(session, fact))
  noteBorder([previous, sessions[0]], previous, event, arrival, regrouped)
  noteBorder([sessions.at(-1), next], next, event, arrival, regrouped)
  return regrouped
}

/**
 * The sessions about an event up to the walls, of sessions in order. A session that is a wall parts those before it from
 * those after it: what it has no room for belongs to nothing on its other side.
 */
function around(sessions: readonly TrackedSession[], fact: Fact, isWall: IsWall): readonly TrackedSession[] {
  let near: TrackedSession[] = []
  for (const session of sessions) {
    if (!isWall(session)) near.push(session)
    else if (beginsBefore(session, fact)) near = []
    else break
  }
  return near
}

/**
 * Notes what parts a session from the next, if it is within its reach: another campaign, or that one has no room. Which that
 * is the session before the event always says; the one behind only where nothing does.
 */
function noteBorder(
  [session, next]: readonly (TrackedSession | undefined)[],
  full: TrackedSession | undefined,
  event: StorefrontEvent,
  { rules }: Arrival,
  { refused, ended }: Noted,
): void {
  const first = next?.facts[0]
  if (session === undefined || next === undefined || full === undefined || first === undefined) return
  if (chainOf([session, next], event, rules).length < 2) return
  if (isBehind(session, first) && startsAnother(session.facts, first)) noteCampaign(session, ended)
  else if (session === full || !session.capped) refused.push(full)
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
  session.facts = withItem(session.facts, session.origin === null ? fact : withoutOrigin(fact))
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
}

/**
 * Of the sessions that an event stands in a row with, those that may be cut together with it: all of them, or, where that
 * would make one too large, as many as there is room for. Asked are, as if the events came in order, first the session
 * before the event, then those behind it, as far as the event can matter to them.
 */
function roomFor(chain: readonly TrackedSession[], event: StorefrontEvent, fact: Fact, arrival: Arrival): Room {
  const all = partsWithin(chain, fact, arrival)
  if (all !== null) return { taken: chain, parts: all }
  const behind = chain.filter((session) => !beginsBefore(session, fact))
  // The one before that again may have room for what the event cuts off.
  let taken = chain.slice(0, chain.length - behind.length).slice(-2)
  let parts = partsWithin(taken, fact, arrival)
  while (parts === null && taken.length > 0) {
    taken = taken.slice(1)
    parts = partsWithin(taken, fact, arrival)
  }
  parts ??= [[fact]]
  for (const session of taken.length > 0 ? behind : chainOf(behind, event, arrival.rules).sort(byFirst)) {
    if (beginsBehind(parts.at(-1), fact)) break
    const more = [...taken, session]
    const grown = partsWithin(more, fact, arrival)
    if (grown === null) break
    taken = more
    parts = grown
  }
  return { taken, parts }
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
