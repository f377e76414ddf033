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
import { conversionUser, type Conversion } from '../conversion/conversion.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { Millis } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { direct } from '../session/source.ts'
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
}

/**
 * The credit rows that an event makes: of the macro conversions it made, and of earlier ones whose path, assists or worth
 * it changed. Nothing is computed for visitors without a macro conversion, nor where an event only goes on with a session.
 *
 * @param rows the conversion rows that the event made
 */
export function creditVisit(
  visitor: VisitorState,
  before: Before,
  rows: readonly ConversionRow[],
  crediting: Crediting,
): readonly CreditRow[] {
  for (const row of rows) if (row.session_id === null) noteSessionless(visitor, row, crediting.streamTime)
  if (before === null && !rows.some(isMacro)) return NOTHING
  const touchpoints = touchpointsOf(visitor)
  const since = changedSince(before ?? touchpoints, touchpoints, rows)
  if (since === undefined) return NOTHING
  const journey: Journey = { touchpoints, conversions: conversionsOf(visitor) }
  const credits: CreditRow[] = []
  for (const row of rows) if (isMacro(row) && row.is_deleted === 1) credits.push(withdraw(visitor, row, crediting))
  const affected = creditedOf(visitor, rows).filter(({ conversion }) => conversion.event_time >= since)
  for (const credited of latest(affected)) restate(visitor, credited, journey, crediting, credits)
  return credits
}

/** Lets a session go: what later conversions look back at is kept of it. */
export function keepOf(visitor: VisitorState, session: TrackedSession, streamTime: Millis): void {
  const { id: session_id, started_at, is_bot } = session
  const { channel, source, medium, campaign } = session.origin ?? direct
  if (!is_bot) {
    keepTouchpoint(visitor, { session_id, started_at, channel, source, medium, campaign, since: streamTime })
  }
  for (const conversion of session.conversions) {
    keepConversion(visitor, { ...pastOf(conversion), since: streamTime })
    if (conversion.kind === 'macro') visitor.said = visitor.said.filter((s) => s.conversion_id !== conversion.id)
  }
}

const NOTHING: readonly never[] = []

/** A visitor that invents orders without end must not make each event restate all of them. */
const MAX_RESTATED = 100

function latest(affected: Credited[]): Credited[] {
  if (affected.length <= MAX_RESTATED) return affected
  return affected.sort((a, b) => b.conversion.event_time - a.conversion.event_time).slice(0, MAX_RESTATED)
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

/** A conversion outside sessions is kept from the start: no session holds it for later ones. */
function noteSessionless(visitor: VisitorState, row: ConversionRow, since: Millis): void {
  const { conversion_id, goal, kind, event_time } = row
  const others = visitor.past.filter((past) => past.conversion_id !== conversion_id)
  if (others.length < visitor.past.length) visitor.past = others
  if (row.is_deleted === 0) keepConversion(visitor, { conversion_id, goal, kind, event_time, since })
}

function withdraw(visitor: VisitorState, row: ConversionRow, crediting: Crediting): CreditRow {
  const { version, definitionsNumber } = crediting
  visitor.said = visitor.said.filter(({ conversion_id }) => conversion_id !== row.conversion_id)
  return withdrawnCreditRow(visitor, row, { version, reason: 'withdrawn', definitionsNumber })
}

function restate(
  visitor: VisitorState,
  credited: Credited,
  journey: Journey,
  { rules, version, definitionsNumber }: Crediting,
  credits: CreditRow[],
): void {
  const attribution = attribute(journey, credited, rules)
  const now = saidOf(credited, attribution)
  const at = visitor.said.findIndex(({ conversion_id }) => conversion_id === now.conversion_id)
  const reason = reasonOf(visitor.said[at], now)
  if (reason === null) return
  // One outside sessions is credited from what is known when it comes, and stays so.
  if (credited.session_id !== null) visitor.said = at < 0 ? [...visitor.said, now] : visitor.said.with(at, now)
  credits.push(creditRow(visitor, credited, attribution, rules, { version, reason, definitionsNumber }))
}

function reasonOf(last: SaidCredit | undefined, now: SaidCredit): CreditReason | null {
  if (last === undefined) return 'conversion'
  if (last.conversion !== now.conversion) return 'restated'
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

/** The macro conversions of the visitor's sessions, and those the event made outside of sessions. */
function creditedOf(visitor: VisitorState, rows: readonly ConversionRow[]): Credited[] {
  const credited: Credited[] = []
  for (const { id, is_bot, conversions } of visitor.sessions)
    for (const conversion of conversions)
      if (conversion.kind === 'macro')
        credited.push({
          conversion: { ...conversion, user_id: conversionUser(visitor.users, conversion) },
          session_id: id,
          is_bot,
        })
  for (const row of rows)
    if (isMacro(row) && row.session_id === null && row.is_deleted === 0)
      credited.push({ conversion: { ...row, id: row.conversion_id }, session_id: null, is_bot: row.is_bot === 1 })
  return credited
}

function touchpointsOf({ touches, sessions }: VisitorState): Touchpoint[] {
  const touchpoints: Touchpoint[] = []
  for (const { session_id, started_at, channel, source, medium, campaign } of touches)
    touchpoints.push({ session_id, started_at, channel, source, medium, campaign, is_bot: false })
  for (const session of sessions) touchpoints.push(touchpointOf(session))
  return touchpoints
}

function touchpointOf({ id, started_at, origin, is_bot }: TrackedSession): Touchpoint {
  const { channel, source, medium, campaign } = origin ?? direct
  return { session_id: id, started_at, channel, source, medium, campaign, is_bot }
}

function conversionsOf({ past, sessions }: VisitorState): PastConversion[] {
  const conversions: PastConversion[] = [...past]
  for (const session of sessions) for (const conversion of session.conversions) conversions.push(pastOf(conversion))
  return conversions
}

function pastOf({ id, goal, kind, event_time }: Conversion): PastConversion {
  return { conversion_id: id, goal, kind, event_time }
}

function isSame(a: Touchpoint, b: Touchpoint): boolean {
  if (a.session_id !== b.session_id || a.started_at !== b.started_at || a.is_bot !== b.is_bot) return false
  return a.channel === b.channel && a.source === b.source && a.medium === b.medium && a.campaign === b.campaign
}

function isMacro({ kind }: ConversionRow): boolean {
  return kind === 'macro'
}
