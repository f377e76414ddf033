import { idFrom } from '../event/hash.ts'
import type { Millis, StorefrontEvent } from '../event/event.ts'
import type { Owner } from '../event/owner.ts'
import { promotionOf } from '../event/promotion.ts'
import type { Verdict } from '../order/verdict.ts'
import type { Arrival } from '../session/session.ts'
import type { Origin } from '../session/source.ts'
import { userOf, type UserMarks } from '../session/user.ts'
import type { Goal } from './goal.ts'
import { netOf } from './net.ts'
import type { ConversionReason, ConversionRow, GoalClass, GoalKind, WithdrawalReason } from './row.ts'

/** A counted (goal, event) as its session keeps it; immutable, so that what holds one and what was said of it can share it. */
export interface Conversion {
  readonly id: string
  readonly goal: string
  readonly kind: GoalKind
  readonly class: GoalClass
  readonly event_id: string
  readonly event_name: string
  readonly event_time: Millis
  /** As the event names it; see {@link conversionRow} for one that names none. */
  readonly user_id: string
  /** Net of what was refunded. */
  readonly value_minor: number | null
  readonly currency: string
  readonly order_id: string
  /** Empty for what no verdict made. */
  readonly order_status: ConversionRow['order_status']
  readonly refunded_minor: number
  /** The value is the order's own, and not one that the goal sets; false for what no verdict made. */
  readonly is_order_value: boolean
  readonly coupon: string
  readonly promotion: string
  /** Of two in one session only the earlier counts. */
  readonly per_session: boolean
  /** Of a compound goal what completes it; else empty. */
  readonly plan: string
  readonly definitions_number: number
}

/** Whose conversions these are. */
export interface ConversionOwner extends Owner {
  readonly users: UserMarks
}

/** What a conversion's row takes from its session. */
export interface ConversionOrigin extends Pick<Origin, 'channel' | 'source' | 'medium' | 'campaign'> {
  readonly session_id: string | null
  readonly is_bot: boolean
}

/**
 * What an event counts for a goal that one event reaches; like a session's, its id holds the offset, so that no other
 * conversion gets it.
 *
 * @param verdict what the order comes to whose deciding purchase the event is, null for any other event
 */
export function newConversion(
  goal: Goal,
  event: StorefrontEvent,
  key: string,
  { offset, definitionsNumber }: Pick<Arrival, 'offset' | 'definitionsNumber'>,
  verdict: Verdict | null = null,
): Conversion {
  const named = [event.site, key, goal.name, event.event_id, String(offset), 'conversion']
  const { value_minor: gross, currency } = goal.worth(event, verdict?.sent_currency)
  const { value_minor, refunded_minor } = netOf(gross, goal.isEventValue, verdict)
  return {
    id: idFrom(event.event_time, named),
    goal: goal.name,
    kind: goal.kind,
    class: goal.class,
    event_id: event.event_id,
    event_name: event.name,
    event_time: event.event_time,
    user_id: event.user_id,
    value_minor,
    currency,
    order_id: event.order_id,
    order_status: verdict === null ? '' : verdict.status,
    refunded_minor,
    is_order_value: verdict !== null && goal.isEventValue,
    coupon: event.coupon,
    promotion: verdict === null ? promotionOf(event) : verdict.promotion,
    per_session: goal.count === 'once_per_session',
    plan: '',
    definitions_number: definitionsNumber,
  }
}

/**
 * The conversion of an event that completes a goal now. It may have done so before, and have been withdrawn since; what was
 * withdrawn does not come back, so it is another one each time.
 */
export function completed(candidate: Conversion, { site, visitor_id }: Owner, version: number): Conversion {
  const { id: offset, goal, event_id, event_time } = candidate
  const named = [site, visitor_id, goal, event_id, offset, String(version), 'completed']
  return { ...candidate, id: idFrom(event_time, named) }
}

/** Whose a conversion is: of an event that names no user, the user its visitor was then known as. */
export function conversionUser(users: UserMarks, { user_id, event_time, event_id }: Conversion): string {
  return user_id || userOf(users, event_time, event_id)
}

/** A conversion that counts again after it was withdrawn: what was withdrawn does not come back, so it is another one. */
export function renewed(conversion: Conversion, version: number): Conversion {
  return { ...conversion, id: idFrom(conversion.event_time, [conversion.id, String(version), 'again']) }
}

export function conversionRow(
  owner: ConversionOwner,
  conversion: Conversion,
  origin: ConversionOrigin,
  version: number,
  reason: ConversionReason,
): ConversionRow {
  return {
    conversion_id: conversion.id,
    version,
    is_deleted: 0,
    reason,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: conversionUser(owner.users, conversion),
    session_id: origin.session_id,
    goal: conversion.goal,
    kind: conversion.kind,
    class: conversion.class,
    event_id: conversion.event_id,
    event_name: conversion.event_name,
    event_time: conversion.event_time,
    value_minor: conversion.value_minor,
    currency: conversion.currency,
    order_id: conversion.order_id,
    order_status: conversion.order_status,
    refunded_minor: conversion.refunded_minor,
    is_order_value: conversion.is_order_value,
    coupon: conversion.coupon,
    promotion: conversion.promotion,
    channel: origin.channel,
    source: origin.source,
    medium: origin.medium,
    campaign: origin.campaign,
    is_bot: origin.is_bot ? 1 : 0,
    definitions_number: conversion.definitions_number,
  }
}

/** A conversion that another one displaced; enough of it to find and delete its row. */
export interface Withdrawn extends Pick<Conversion, 'id' | 'goal' | 'kind' | 'class' | 'event_id' | 'event_time'> {
  readonly definitions_number: number
}

/** @param reason why it counts no more */
export function withdrawnRow(
  owner: Owner,
  withdrawn: Withdrawn,
  version: number,
  reason: WithdrawalReason,
): ConversionRow {
  return {
    conversion_id: withdrawn.id,
    version,
    is_deleted: 1,
    reason,
    site: owner.site,
    visitor_id: owner.visitor_id,
    user_id: '',
    session_id: null,
    goal: withdrawn.goal,
    kind: withdrawn.kind,
    class: withdrawn.class,
    event_id: withdrawn.event_id,
    event_name: '',
    event_time: withdrawn.event_time,
    value_minor: null,
    currency: '',
    order_id: '',
    order_status: '',
    refunded_minor: 0,
    is_order_value: false,
    coupon: '',
    promotion: '',
    channel: '',
    source: '',
    medium: '',
    campaign: '',
    is_bot: 0,
    definitions_number: withdrawn.definitions_number,
  }
}
