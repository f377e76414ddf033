import type { Millis, StorefrontEvent } from '@cairn/domain'
import type { OracleConversion, OracleSession, Truth } from './oracle.ts'

export interface OracleAttribution {
  readonly lookbackMs: Millis
  readonly halfLifeMs: Millis
  readonly resets: boolean
  /** `collapse_repeats` */
  readonly collapses: boolean
  /** `client_session: trust` */
  readonly trust: boolean
}

/** A macro conversion with what leads to it; sessions are named by the ids of their events. */
export interface OracleCredit {
  readonly goal: string
  readonly event_id: string
  readonly path: readonly (readonly string[])[]
  /** By model, what each session of the path gets, as fractions. */
  readonly credits: Readonly<Record<string, readonly number[]>>
  /** Goal and event of each micro conversion before it, sorted. */
  readonly assists: readonly string[]
}

/**
 * What the conversions of `macros` are credited to, from the sessions and conversions of one visitor as they are in truth.
 * Plain arithmetic over the whole history; it shares no code with the fold.
 */
export function creditTruth(
  { sessions, conversions }: Truth,
  events: readonly StorefrontEvent[],
  macros: readonly string[],
  rules: OracleAttribution,
): OracleCredit[] {
  const byId = new Map(events.map((event) => [event.event_id, event]))
  const ownOf = (session: OracleSession): StorefrontEvent[] =>
    session.events
      .map((id) => byId.get(id))
      .filter((event) => event !== undefined && !event.is_server) as StorefrontEvent[]
  const tie = (session: OracleSession): string => {
    const [first] = ownOf(session)
    return `${rules.trust ? (first?.client_session_id ?? '') : ''} ${first?.event_id ?? ''}`
  }
  const inOrder = sessions.toSorted((a, b) => a.started_at - b.started_at || byText(tie(a), tie(b)))
  const timeOf = new Map(events.map((event) => [event.event_id, event.event_time]))
  const at = ({ event_id }: OracleConversion): Millis => timeOf.get(event_id) ?? 0
  const humans = conversions.filter((one) => !one.is_bot)
  return conversions
    .filter(({ goal }) => macros.includes(goal))
    .map((conversion) => {
      const time = at(conversion)
      const earlier = humans.filter((c) => c.goal === conversion.goal && at(c) < time).map(at)
      const since = rules.resets && earlier.length > 0 ? Math.max(...earlier) : -Infinity
      const all = pathTo(conversion, time, inOrder, rules.lookbackMs, since)
      const path = rules.collapses ? all.filter((session, index) => !isSameOrigin(session, all[index + 1])) : all
      const assists = humans.filter((c) => {
        const then = at(c)
        return !macros.includes(c.goal) && then < time && then > since && then >= time - rules.lookbackMs
      })
      return {
        goal: conversion.goal,
        event_id: conversion.event_id,
        path: path.map((session) => session.events),
        credits: creditsAlong(path, time, rules.halfLifeMs),
        assists: assists.map((c) => `${c.goal} ${c.event_id}`).sort(),
      }
    })
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isSameOrigin(a: OracleSession, b: OracleSession | undefined): boolean {
  return a.source === b?.source && a.medium === b.medium && a.campaign === b.campaign
}

/** @param sessions in order */
function pathTo(
  { session }: OracleConversion,
  time: Millis,
  sessions: readonly OracleSession[],
  lookbackMs: Millis,
  since: Millis,
): OracleSession[] {
  const converting = sessions.findIndex((one) => session !== null && one.events.join() === session.join())
  return sessions.filter((one, at) => {
    if (at === converting) return true
    if (one.started_at > time || (converting >= 0 && at > converting)) return false
    return !one.is_bot && one.started_at > since && one.started_at >= time - lookbackMs
  })
}

function creditsAlong(path: readonly OracleSession[], time: Millis, halfLifeMs: Millis): Record<string, number[]> {
  const n = path.length
  const one = (index: number): number[] => path.map((_, at) => (at === index ? 1 : 0))
  const told = path.findLastIndex((session) => session.source !== '(direct)')
  // A server event that its client gives to a session may be earlier than what else there is of it.
  const days = path.map((session) => Math.max(0, Math.floor((time - session.started_at) / 86_400_000)))
  const decays = days.map((day) => 2 ** -((day * 86_400_000) / halfLifeMs))
  const total = decays.reduce((a, b) => a + b, 0)
  return {
    first_touch: one(0),
    last_touch: one(n - 1),
    last_non_direct: one(told < 0 ? n - 1 : told),
    linear: path.map(() => 1 / n),
    position_based: path.map((_, at) => (n <= 2 ? 1 / n : at === 0 || at === n - 1 ? 0.4 : 0.2 / (n - 2))),
    time_decay: decays.map((weight) => weight / total),
  }
}
