import {
  attribute,
  creditRow,
  withdrawnCreditRow,
  type Attribution,
  type Credited,
  type Journey,
  type PastConversion,
} from '../attribution/credit.ts'
import { keepConversion, keepTouchpoint, type SaidCredit } from '../attribution/history.ts'
import type { Touchpoint } from '../attribution/path.ts'
import type { CreditReason, CreditRow } from '../attribution/row.ts'
import type { AttributionRules } from '../attribution/rules.ts'
import type { Companion } from '../conversion/companion.ts'
import { conversionUser, type Conversion } from '../conversion/conversion.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { Millis } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { direct, isSameSource } from '../session/source.ts'
import { withItem } from '../state/list.ts'
import type { TrackedSession, VisitorState } from './visitor.ts'

/** What an event of a visitor with macro conversions is held against afterwards: the touchpoints before it. */
export type Before = readonly Touchpoint[] | null

/** The touchpoints of a visitor whose credits may have to be restated; null where there are none. */
export function beforeEvent(visitor: VisitorState): Before {
  return visitor.said.length === 0 ? null : touchpointsOf(visitor)
}

export interface Crediting {
  readonly rules: AttributionRules
  readonly streamTime: Millis
  readonly version: number
  readonly definitionsNumber: number
  /** Whether a verdict changed what the conversions are worth. */
  readonly byVerdict: boolean
}

/**
 * The credit rows that an event makes: of the macro conversions it made, and of earlier ones whose path, assists or worth
 * it changed. Nothing is computed for visitors without a macro conversion, nor where an event only goes on with a session.
 *
 * @param rows the conversion rows that the event made
 * @param divided credits that are said of some of them already
 */
export function creditVisit(
  visitor: VisitorState,
  before: Before,
  rows: readonly ConversionRow[],
  crediting: Crediting,
  divided: readonly CreditRow[] = NOTHING,
): readonly CreditRow[] {
  for (const row of rows) if (isFinal(visitor, row)) noteFinal(visitor, row, crediting.streamTime)
  if (before === null && !rows.some(isMacro)) return NOTHING
  const touchpoints = touchpointsOf(visitor)
  const since = changedSince(before ?? touchpoints, touchpoints, rows)
  if (since === undefined) return NOTHING
  const journey: Journey = { touchpoints, ...conversionsOf(visitor), omitted_days: visitor.omitted_days }
  const credits: CreditRow[] = []
  for (const row of rows) if (isMacro(row) && row.is_deleted === 1) credits.push(withdraw(visitor, row, crediting))
  const affected = creditedOf(visitor, rows, since, divided)
  for (const credited of bounded(affected, rows)) restate(visitor, credited, journey, crediting, credits)
  return credits
}

/** Lets a session go: what later conversions look back at is kept of it. */
export function keepOf(visitor: VisitorState, session: TrackedSession, streamTime: Millis): void {
  const { session_id, started_at, tie, channel, source, medium, campaign, is_bot } = touchpointOf(session)
  const { ended_at } = session
  if (!is_bot)
    keepTouchpoint(visitor, {
      session_id,
      started_at,
      tie,
      channel,
      source,
      medium,
      campaign,
      ended_at,
      since: streamTime,
    })
  keepConversions(visitor, session.conversions, is_bot, streamTime)
}

/** Lets a server event go that has found no session: what it made is final. */
export function keepLonely(visitor: VisitorState, { conversions, is_bot }: Companion, streamTime: Millis): void {
  keepConversions(visitor, conversions, is_bot, streamTime)
}

/** Nothing that people do later looks back at what a bot did, or nobody: each event of nobody has a key of its own. */
function keepConversions(
  visitor: VisitorState,
  conversions: readonly Conversion[],
  isBots: boolean,
  since: Millis,
): void {
  const isLookedBackAt = !isBots && visitor.visitor_id !== ''
  if (isLookedBackAt) {
    for (const { id: conversion_id, goal, kind, event_time } of conversions)
      keepConversion(visitor, { conversion_id, goal, kind, event_time, since })
  }
  if (visitor.said.length === 0) return
  const final = new Set(conversions.map(({ id }) => id))
  visitor.said = visitor.said.filter(({ conversion_id }) => !final.has(conversion_id))
}

const NOTHING: readonly never[] = []

/** A visitor that invents orders without end must not make each event restate all of them: the latest so many are. */
export const MAX_RESTATED = 40

/** Those that the event itself made or moved, and of the others that it affects the latest. */
function bounded(affected: readonly Due[], rows: readonly ConversionRow[]): readonly Due[] {
  if (affected.length <= MAX_RESTATED) return affected
  const own = new Set(rows.map((row) => row.conversion_id))
  const others = affected.filter(({ conversion }) => !own.has(conversion.id))
  others.sort((a, b) => b.conversion.event_time - a.conversion.event_time)
  return [...affected.filter(({ conversion }) => own.has(conversion.id)), ...others.slice(0, MAX_RESTATED)]
}

/** The earliest time that something changed at: conversions before it stand as they were. Undefined for no change. */
function changedSince(
  before: readonly Touchpoint[],
  after: readonly Touchpoint[],
  rows: readonly ConversionRow[],
): Millis | undefined {
  let since = Infinity
  for (const { event_time } of rows) since = Math.min(since, event_time)
  for (const [at, touch] of after.entries()) {
    const was = before[at]
    if (was !== undefined && isSame(touch, was)) continue
    since = Math.min(since, touch.started_at, was?.started_at ?? Infinity)
  }
  for (const gone of before.slice(after.length)) since = Math.min(since, gone.started_at)
  return since === Infinity ? undefined : since
}

/** Whether nothing holds a conversion: it is in no session and no companion's, or in a session that was let go. */
function isFinal({ sessions, companions }: VisitorState, { conversion_id, session_id }: ConversionRow): boolean {
  if (session_id !== null) return !sessions.some(({ id }) => id === session_id)
  return !companions.some(({ conversions }) => conversions.some(({ id }) => id === conversion_id))
}

/**
 * A conversion that nothing holds is final: it is kept from the start.
 *
 * @param since stream time
 */
function noteFinal(visitor: VisitorState, row: ConversionRow, since: Millis): void {
  const { conversion_id, goal, kind, event_time } = row
  // An event of nobody has a key of its own: nothing will ever look back at it.
  if (visitor.visitor_id === '') return
  const others = visitor.past.filter((past) => past.conversion_id !== conversion_id)
  if (others.length < visitor.past.length) visitor.past = others
  if (row.is_deleted === 0 && row.is_bot === 0)
    keepConversion(visitor, { conversion_id, goal, kind, event_time, since })
}

function withdraw(visitor: VisitorState, row: ConversionRow, crediting: Crediting): CreditRow {
  const { version, definitionsNumber } = crediting
  visitor.said = visitor.said.filter(({ conversion_id }) => conversion_id !== row.conversion_id)
  // No conversion is withdrawn because of its user.
  const reason = row.reason === 'user' ? 'conversion' : row.reason
  return withdrawnCreditRow(visitor, row, { version, reason, definitionsNumber })
}

function restate(
  visitor: VisitorState,
  credited: Due,
  journey: Journey,
  { rules, version, definitionsNumber, byVerdict }: Crediting,
  credits: CreditRow[],
): void {
  const attribution = attribute(journey, credited, rules)
  const now = saidOf(credited, attribution)
  const at = visitor.said.findIndex(({ conversion_id }) => conversion_id === now.conversion_id)
  const reason = reasonOf(visitor.said[at], now, byVerdict)
  if (reason === null) return
  // What nothing holds is credited from what is known when it comes, and stays so.
  if (!credited.isFinal) visitor.said = at < 0 ? withItem(visitor.said, now) : visitor.said.with(at, now)
  credits.push(creditRow(visitor, credited, attribution, rules, { version, reason, definitionsNumber }))
}

function reasonOf(last: SaidCredit | undefined, now: SaidCredit, byVerdict: boolean): CreditReason | null {
  if (last === undefined) return 'conversion'
  if (last.conversion !== now.conversion) return byVerdict ? 'order' : 'restated'
  if (last.path !== now.path) return 'path'
  return last.assists === now.assists ? null : 'assists'
}

function saidOf({ conversion, session_id, is_bot }: Credited, { path, assists }: Attribution): SaidCredit {
  const { user_id, value_minor, currency } = conversion
  return {
    conversion_id: conversion.id,
    conversion: hash53(JSON.stringify([session_id, is_bot, user_id, value_minor, currency])),
    path: hash53(JSON.stringify([path.omitted, ...path.touches.map(namesOf)])),
    assists: hash53(JSON.stringify([assists.omitted, ...assists.conversions.map((past) => past.conversion_id)])),
  }
}

function namesOf({ session_id, started_at, channel, source, medium, campaign }: Touchpoint): unknown[] {
  return [session_id, started_at, channel, source, medium, campaign]
}

/** A macro conversion to be credited; no later event changes a final one. */
interface Due extends Credited {
  readonly isFinal: boolean
}

/**
 * The macro conversions of the visitor's sessions and companions, and those of the event that nothing holds, but for those
 * that what changed at a time leaves as they are, or whose credits are said already. A server event may be in a session
 * that only began after it.
 */
function creditedOf(
  visitor: VisitorState,
  rows: readonly ConversionRow[],
  since: Millis,
  divided: readonly CreditRow[],
): Due[] {
  const due: Due[] = []
  const add = (conversions: readonly Conversion[], session: TrackedSession | null, is_bot: boolean): void => {
    const session_id = session?.id ?? null
    for (const conversion of conversions) {
      const { id, goal, kind, event_time, value_minor, currency } = conversion
      if (kind !== 'macro' || Math.max(event_time, session?.started_at ?? 0) < since) continue
      const user_id = conversionUser(visitor.users, conversion)
      const credited = { id, goal, event_time, user_id, value_minor, currency }
      due.push({ conversion: credited, session_id, is_bot, isFinal: false })
    }
  }
  for (const session of visitor.sessions) {
    if (session.conversions.length > 0) add(session.conversions, session, session.is_bot)
  }
  for (const { session_id, conversions, is_bot } of visitor.companions)
    if (session_id === '') add(conversions, null, is_bot)
  for (const row of rows) {
    if (!isMacro(row) || row.is_deleted === 1 || !isFinal(visitor, row)) continue
    const { conversion_id: id, session_id, goal, event_time, user_id, value_minor, currency } = row
    if (divided.some((credit) => credit.conversion_id === id)) continue
    const conversion = { id, goal, event_time, user_id, value_minor, currency }
    if (event_time >= since) due.push({ conversion, session_id, is_bot: row.is_bot === 1, isFinal: true })
  }
  return due
}

function touchpointsOf(visitor: VisitorState): Touchpoint[] {
  const { touches, sessions } = visitor
  const touchpoints: Touchpoint[] = []
  for (const { session_id, started_at, tie, channel, source, medium, campaign } of touches)
    touchpoints.push({ session_id, started_at, tie, channel, source, medium, campaign, is_bot: false })
  for (const session of sessions) touchpoints.push(touchpointOf(session))
  return touchpoints
}

function touchpointOf(session: TrackedSession): Touchpoint {
  const { channel, source, medium, campaign } = session.origin ?? direct
  const { id: session_id, started_at, is_bot } = session
  return { session_id, started_at, tie: tieOf(session), channel, source, medium, campaign, is_bot }
}

/** Empty for all that only the gap parts: two of these never start at once. */
function tieOf({ client_session_id, facts }: TrackedSession): string {
  const [first] = facts
  return first === undefined ? client_session_id : `${client_session_id} ${first.event_id}`
}

/** Whether a touchpoint is a session that its client has named so; empty for one that has no name. */
export function isOfClientSession({ tie }: Pick<Touchpoint, 'tie'>, clientSessionId: string): boolean {
  return tie === clientSessionId || (clientSessionId === '' && tie.startsWith(' '))
}

/** Without those of bots. Of macro ones, of which there may be a thousand, only the times: this is done for each event. */
function conversionsOf({ past, sessions, companions }: VisitorState): Pick<Journey, 'micros' | 'macros'> {
  const micros: PastConversion[] = past.filter(({ kind }) => kind === 'micro')
  const macros = new Map<string, Millis[]>()
  const noteMacro = ({ goal, kind, event_time }: Pick<Conversion, 'goal' | 'kind' | 'event_time'>): void => {
    if (kind !== 'macro') return
    const times = macros.get(goal)
    if (times === undefined) macros.set(goal, [event_time])
    else times.push(event_time)
  }
  for (const conversion of past) noteMacro(conversion)
  for (const { conversions, is_bot } of [...sessions, ...companions]) {
    if (is_bot) continue
    for (const conversion of conversions) {
      if (conversion.kind === 'micro') micros.push(pastOf(conversion))
      else noteMacro(conversion)
    }
  }
  return { micros, macros }
}

function pastOf({ id, goal, kind, event_time }: Conversion): PastConversion {
  return { conversion_id: id, goal, kind, event_time }
}

function isSame(a: Touchpoint, b: Touchpoint): boolean {
  if (a.session_id !== b.session_id || a.started_at !== b.started_at || a.is_bot !== b.is_bot) return false
  return isSameSource(a, b)
}

function isMacro({ kind }: ConversionRow): boolean {
  return kind === 'macro'
}
