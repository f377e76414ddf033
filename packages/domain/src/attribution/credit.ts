import type { Conversion } from '../conversion/conversion.ts'
import type { Millis } from '../event/event.ts'
import type { Owner } from '../event/owner.ts'
import { compareText } from '../event/text-order.ts'
import { creditsOf, divideMoney, models } from './model.ts'
import { omittedWithin, type OmittedDay } from './omitted.ts'
import { pathOf, type Touchpoint, type TouchPath } from './path.ts'
import type { CreditReason, CreditRow } from './row.ts'
import type { AttributionRules } from './rules.ts'

/** A conversion of the visitor, as far as later ones look back at it. */
export interface PastConversion {
  readonly conversion_id: string
  readonly goal: string
  readonly kind: Conversion['kind']
  readonly event_time: Millis
}

/** What a visitor's conversions are credited from. */
export interface Journey {
  readonly touchpoints: readonly Touchpoint[]
  readonly micros: readonly PastConversion[]
  /** When there were macro conversions, by goal, in no order. */
  readonly macros: ReadonlyMap<string, readonly Millis[]>
  /** What there was no room for. */
  readonly omitted_days: readonly OmittedDay[]
}

/** A macro conversion with what its row takes from its session. */
export interface Credited {
  readonly conversion: Pick<Conversion, 'id' | 'goal' | 'event_time' | 'user_id' | 'value_minor' | 'currency'>
  readonly session_id: string | null
  readonly is_bot: boolean
}

/** Micro conversions before a macro one, oldest first. */
export interface Assists {
  readonly conversions: readonly PastConversion[]
  /** Those within the lookback that the bound left out, all older than those kept. */
  readonly omitted: number
}

/** A credit before it becomes a row. */
export interface Attribution {
  readonly path: TouchPath
  readonly assists: Assists
}

/** A row lists the latest of them. */
export const MAX_ASSISTS = 200

/** What leads to a conversion: its path, and the micro conversions that happened before it within the lookback. */
export function attribute(
  journey: Journey,
  { conversion, session_id }: Credited,
  rules: AttributionRules,
): Attribution {
  const { event_time } = conversion
  const previous = latestBefore(event_time, journey.macros.get(conversion.goal) ?? [])
  const path = pathOf(journey.touchpoints, { event_time, session_id, previous }, rules)
  const from = event_time - rules.lookbackMs
  const after = rules.resetOnConversion && previous !== null ? previous : -Infinity
  const found = journey.micros.filter(
    (past) => past.event_time >= from && past.event_time > after && past.event_time < event_time,
  )
  found.sort(byTime)
  const omitted = Math.max(0, found.length - MAX_ASSISTS)
  const attribution = { path, assists: { conversions: found.slice(omitted), omitted } }
  return journey.omitted_days.length === 0
    ? attribution
    : withOmitted(attribution, journey, Math.max(from, after), event_time)
}

/**
 * Adds what was folded away between two times. Each touchpoint of it counts, also where repeats in a path count as one;
 * a path that begins anew may have some of its first day that were before.
 */
function withOmitted({ path, assists }: Attribution, journey: Journey, from: Millis, to: Millis): Attribution {
  const { touchpoints, omitted_days } = journey
  const isTouchedBefore = touchpoints.some((touch) => !touch.is_bot && touch.started_at < from)
  const isAssistedBefore = journey.micros.some(({ event_time }) => event_time < from)
  const touches = omittedWithin(omitted_days, 'touches', from, to, isTouchedBefore)
  const micros = omittedWithin(omitted_days, 'assists', from, to, isAssistedBefore)
  return {
    path: { touches: path.touches, omitted: path.omitted + touches },
    assists: { conversions: assists.conversions, omitted: assists.omitted + micros },
  }
}

function latestBefore(time: Millis, times: readonly Millis[]): Millis | null {
  let latest: Millis | null = null
  for (const one of times) if (one < time && (latest === null || one > latest)) latest = one
  return latest
}

function byTime(a: PastConversion, b: PastConversion): number {
  return a.event_time - b.event_time || compareText(a.goal, b.goal) || compareText(a.conversion_id, b.conversion_id)
}

export interface Saying {
  readonly version: number
  readonly reason: CreditReason
  readonly definitionsNumber: number
}

export function creditRow(
  owner: Owner,
  { conversion, session_id, is_bot }: Credited,
  { path, assists }: Attribution,
  rules: AttributionRules,
  { version, reason, definitionsNumber }: Saying,
): CreditRow {
  const { touches } = path
  const credits = models.map((model) => creditsOf(model, touches, conversion.event_time, rules))
  const minor = conversion.value_minor
  return {
    conversion_id: conversion.id,
    version,
    is_deleted: 0,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: conversion.user_id,
    session_id,
    goal: conversion.goal,
    event_time: conversion.event_time,
    value_minor: minor,
    currency: conversion.currency,
    is_bot: is_bot ? 1 : 0,
    reason,
    touch_session_ids: touches.map((touch) => touch.session_id),
    touch_started_at: touches.map((touch) => touch.started_at),
    touch_channels: touches.map((touch) => touch.channel),
    touch_sources: touches.map((touch) => touch.source),
    touch_mediums: touches.map((touch) => touch.medium),
    touch_campaigns: touches.map((touch) => touch.campaign),
    touches_omitted: path.omitted,
    models,
    credits,
    values_minor: minor === null ? [] : credits.map((shares) => divideMoney(minor, shares)),
    assist_conversion_ids: assists.conversions.map((past) => past.conversion_id),
    assist_goals: assists.conversions.map((past) => past.goal),
    assist_times: assists.conversions.map((past) => past.event_time),
    assists_omitted: assists.omitted,
    definitions_number: definitionsNumber,
  }
}

/** The row that takes a withdrawn conversion's credit away. */
export function withdrawnCreditRow(
  owner: Owner,
  withdrawn: Pick<CreditRow, 'conversion_id' | 'goal' | 'event_time'>,
  { version, reason, definitionsNumber }: Saying,
): CreditRow {
  return {
    conversion_id: withdrawn.conversion_id,
    version,
    is_deleted: 1,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: '',
    session_id: null,
    goal: withdrawn.goal,
    event_time: withdrawn.event_time,
    value_minor: null,
    currency: '',
    is_bot: 0,
    reason,
    touch_session_ids: [],
    touch_started_at: [],
    touch_channels: [],
    touch_sources: [],
    touch_mediums: [],
    touch_campaigns: [],
    touches_omitted: 0,
    models: [],
    credits: [],
    values_minor: [],
    assist_conversion_ids: [],
    assist_goals: [],
    assist_times: [],
    assists_omitted: 0,
    definitions_number: definitionsNumber,
  }
}
