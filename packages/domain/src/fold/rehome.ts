import { retractionRow } from '../aggregate/session-row.ts'
import type { Conversion } from '../conversion/conversion.ts'
import { compareMatches, type Match } from '../conversion/match.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { sumUp, type Fact } from '../session/fact.ts'
import type { SessionRow } from '../session/row.ts'
import { splitIdOf, touch, type Arrival } from '../session/session.ts'
import { newTrackedSession, type TrackedSession, type VisitorState } from './visitor.ts'

/** Gives the parts their sessions, and all that was kept with the old ones its place. */
export class Rehoming {
  readonly changed: TrackedSession[] = []
  readonly ended: TrackedSession[] = []
  readonly retractions: SessionRow[] = []
  private readonly visitor: VisitorState
  private readonly event: StorefrontEvent
  private readonly chain: readonly TrackedSession[]
  private readonly arrival: Arrival
  private readonly byFirstOffset: ReadonlyMap<number, TrackedSession>
  /** Of the events of sessions that are not as they were. */
  private readonly byOffset = new Map<number, TrackedSession>()
  private readonly byEvent = new Map<string, TrackedSession>()

  constructor(visitor: VisitorState, event: StorefrontEvent, chain: readonly TrackedSession[], arrival: Arrival) {
    this.visitor = visitor
    this.event = event
    this.chain = chain
    this.arrival = arrival
    this.byFirstOffset = new Map(chain.map((session) => [session.first_offset, session]))
  }

  /** @returns the sessions of the parts */
  assign(parts: readonly Fact[][]): readonly TrackedSession[] {
    const before = new Map(this.chain.map((session) => [session, session.facts]))
    const lastCut = this.chain.at(-1)?.cut ?? ''
    const sessions = parts.map((part) => this.sessionFor(part))
    const standing = new Set(sessions)
    const gone = new Set(this.chain.filter((session) => !standing.has(session)))
    for (const session of gone) this.retract(session)
    const known = new Set(this.visitor.sessions)
    const kept = this.visitor.sessions.filter((session) => !gone.has(session))
    this.visitor.sessions = [...kept, ...sessions.filter((session) => !known.has(session))]
    const touched = this.chain.filter((session) => gone.has(session) || session.facts !== before.get(session))
    const moved = touched.map((session) => session.moved)
    for (const session of touched) session.moved = []
    for (const [at, session] of touched.entries()) this.moveEvents(session, before.get(session) ?? [], moved[at] ?? [])
    this.moveConversions(touched)
    this.noteEnds(sessions, lastCut)
    return sessions
  }

  sessionOf(offset: number): TrackedSession {
    const session = this.byOffset.get(offset)
    if (session === undefined) throw new Error(`the event at offset ${offset} is in no part`)
    return session
  }

  /**
   * The session a part goes on as: the first of those whose first-arrived event it has. A part that has none's gets an id
   * of its own.
   */
  private sessionFor(part: Fact[]): TrackedSession {
    let keeper: TrackedSession | undefined
    for (const { offset } of part) {
      const session = this.byFirstOffset.get(offset)
      if (session !== undefined && offset < (keeper?.first_offset ?? Infinity)) keeper = session
    }
    if (keeper !== undefined && isSame(keeper, part)) return keeper
    const session = keeper ?? this.newSession(part)
    for (const fact of part) {
      this.byOffset.set(fact.offset, session)
      this.byEvent.set(nameOf(fact.time, fact.event_id), session)
    }
    sumUp(session, part)
    touch(session, this.arrival)
    this.changed.push(session)
    return session
  }

  private newSession(part: readonly Fact[]): TrackedSession {
    const { arrival, event, visitor } = this
    const started = newTrackedSession(event, arrival)
    const first = part.reduce((a, b) => (b.offset < a.offset ? b : a))
    if (first.offset === arrival.offset) return started
    const id = splitIdOf(visitor.site, visitor.visitor_id, first, arrival.offset)
    return { ...started, id, first_offset: first.offset }
  }

  /** A session whose first-arrived event is in the part that goes on as another one. */
  private retract(session: TrackedSession): void {
    const { definitionsNumber, offset } = this.arrival
    const into = this.sessionOf(session.first_offset)
    into.absorbed = [...into.absorbed, session.id, ...session.absorbed]
    into.capped ||= session.capped
    for (const gone of [session, ...session.absorbed.map((id) => ({ id, emitted: null }))]) {
      this.retractions.push(retractionRow(this.visitor, gone, into.id, definitionsNumber, offset))
    }
  }

  /** Notes the events that are in another session than the one that stands for theirs, and moves not yet told. */
  private moveEvents(old: TrackedSession, facts: readonly Fact[], moved: readonly number[]): void {
    const standing = this.sessionOf(old.first_offset)
    const own = new Set(facts.map(({ offset }) => offset))
    const pending = new Set(moved)
    // Those of companions stay with what stands for the session until the companions are placed again.
    add(
      standing,
      moved.filter((offset) => !own.has(offset)),
    )
    for (const { offset } of facts) {
      const now = this.sessionOf(offset)
      if (now !== standing || pending.has(offset)) add(now, [offset])
    }
  }

  /** Conversions go with their events; those of companions stay with what stands for their session until these move. */
  private moveConversions(touched: readonly TrackedSession[]): void {
    const counted = new Map<TrackedSession, Conversion[]>()
    const standby = new Map<TrackedSession, Conversion[]>()
    for (const old of touched) {
      const standing = this.sessionOf(old.first_offset)
      for (const [lists, conversions] of [
        [counted, old.conversions],
        [standby, old.standby],
      ] as const) {
        for (const conversion of conversions) {
          const now = this.byEvent.get(nameOf(conversion.event_time, conversion.event_id)) ?? standing
          lists.set(now, [...(lists.get(now) ?? []), conversion])
        }
      }
    }
    for (const session of this.changed) {
      session.conversions = counted.get(session) ?? []
      session.standby = standby.get(session) ?? []
    }
    if (touched.some(({ matches }) => matches.length > 0)) this.moveMatches(touched)
  }

  /** What events match goes with them, too. */
  private moveMatches(touched: readonly TrackedSession[]): void {
    const moved = new Map<TrackedSession, Match[]>()
    for (const old of touched) {
      const standing = this.sessionOf(old.first_offset)
      for (const match of old.matches) {
        const { event_time, event_id } = match
        const now = this.byEvent.get(nameOf(event_time, event_id)) ?? standing
        const others = moved.get(now)
        if (others === undefined) moved.set(now, [match])
        else others.push(match)
      }
    }
    for (const session of this.changed) session.matches = (moved.get(session) ?? []).sort(compareMatches)
  }

  /** Each part but the last was cut by the campaign of the next; the last ended for what the last session ended for. */
  private noteEnds(sessions: readonly TrackedSession[], lastCut: TrackedSession['cut']): void {
    for (const [at, session] of sessions.entries()) {
      const cut = at < sessions.length - 1 ? 'campaign' : lastCut
      if (session.cut === cut) continue
      session.cut = cut
      this.ended.push(session)
    }
  }
}

function add(session: TrackedSession, offsets: readonly number[]): void {
  if (offsets.length > 0) session.moved = [...session.moved, ...offsets]
}

function nameOf(time: number, eventId: string): string {
  return `${time} ${eventId}`
}

/** Whether a part is a session as it is: nothing leaves a session but its end, so its ends tell. */
export function isSame(session: TrackedSession | undefined, part: readonly Fact[]): boolean {
  if (session === undefined) return false
  const { facts } = session
  return facts.length === part.length && facts[0] === part[0] && facts.at(-1) === part.at(-1)
}
