import { MAX_PATH_SIZE, MAX_RESTATED, MAX_TOUCHES } from '@cairn/domain'
import type { OrderConflict } from '../fold.ts'
import { list, sqlFacts, text, whose, type LeftOut, type SqlFact } from './left-out.ts'
import type { SqlRules } from './rules.ts'
import { clientOf, dayOf, ms, numbered } from './sessions.ts'

/**
 * Visitors who met a bound that the fold has and the SQL of `statements` has not: what is stored of them may well be right
 * and differ. Who they are is told from the events, too, and not by what the fold says of itself.
 *
 * @param conflicting of the site: table `events` has only the first of two events under one id, and which counts is decided
 *   where orders are, from both
 */
export function boundsOf(rules: SqlRules, conflicting: readonly OrderConflict[]): Bound[] {
  const goneOn = rules.trustsClient ? ` UNION ALL ${goneOnBeyondGrace(rules)}` : ''
  return [
    bound('beyond_grace', sqlFacts, `${beyondGrace(rules)}${goneOn}`),
    bound('session_cap', sqlFacts, ofVisits(rules, 'true', isCapped(rules))),
    bound('path_cap', ['credits'], ofVisits(rules, 'NOT is_server', isTooLongAPath)),
    bound('restated_cap', ['credits'], ofMacros(rules)),
    ...(conflicting.length === 0 ? [] : [bound('order_conflict', ['conversions', 'credits'], ofOrders(conflicting))]),
  ]
}

export type Bound = LeftOut & Required<Pick<LeftOut, 'visitors'>>

/** How many visitors one of them names. */
export function countOf({ visitors }: Bound): string {
  return `SELECT uniqExact(whose) AS n FROM (${visitors})`
}

function bound(because: LeftOut['because'], facts: readonly SqlFact[], visitors: string): Bound {
  return { because, facts, goals: null, before: null, visitors }
}

/**
 * An event that arrived so long after another one, which it happened before, or not much after, that the session of that one
 * had been let go. All that arrive within grace arrive in time for this.
 */
function beyondGrace({ gapMs, graceMs }: SqlRules): string {
  return `SELECT whose FROM (
    SELECT whose, arrived - min(arrived) OVER (
      PARTITION BY whose ORDER BY at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND ${gapMs} FOLLOWING
    ) AS behind
    FROM (
      SELECT ${whose('event_id')} AS whose, ${ms('event_time')} AS at, ${ms('appended_at')} AS arrived
      FROM events WHERE site = {site:String} AND visitor_id != ''
    )
  ) WHERE behind > ${gapMs + graceMs}`
}

/** A session that its client names goes on whatever the pause, but not once it was let go. */
function goneOnBeyondGrace(rules: SqlRules): string {
  return `SELECT whose FROM (
    SELECT visitor_id AS whose, ${ms('appended_at')} AS arrived, ${clientOf(rules)} AS client,
      lagInFrame(toNullable(arrived)) OVER (
        PARTITION BY whose, client ORDER BY arrived ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS arrived_before
    FROM events WHERE site = {site:String} AND visitor_id != '' AND client != ''
  ) WHERE arrived - arrived_before > ${rules.gapMs + rules.graceMs}`
}

function isCapped({ maxDurationMs, maxEvents }: SqlRules): string {
  return `max(ended_at - started_at) > ${maxDurationMs} OR max(events) > ${maxEvents}`
}

/** What the names of a touchpoint may have beside those that its event was sent with: the channel's, or a constant's. */
const otherNames = 150

/** Sums of bytes are no less than of the characters that the fold counts, and the longest names of a visit no shorter than its. */
const isTooLongAPath = `count() > ${MAX_TOUCHES} OR sum(named + ${otherNames}) > ${MAX_PATH_SIZE}`

/**
 * Visitors of whom an event arrived after more macro conversions that it happened before than it may restate; or who have
 * more, and are bots in some events only, since the first of these says so of all that its session had. An event counts for
 * each macro goal that it matched, and for compound ones; but not for one that a session has once where another one, of the
 * same session, was there before it.
 */
function ofMacros(rules: SqlRules): string {
  const { matched, compound, oncePerSession } = rules.macros
  const most = MAX_RESTATED + matched.length + compound.length + 1
  return `SELECT whose FROM (
    SELECT whose, arrived, is_mixed, all_macros, sum(counts) OVER (PARTITION BY whose, event_id) AS own,
      groupArraySortedIf(${most})(arrived, counts) OVER (
        PARTITION BY whose ORDER BY at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS later
    FROM (
      SELECT *, sum(counts) OVER (PARTITION BY whose) AS all_macros,
        countIf(is_bot AND NOT is_server) OVER (PARTITION BY whose) > 0
          AND countIf(NOT is_bot AND NOT is_server) OVER (PARTITION BY whose) > 0 AS is_mixed
      FROM (${macroEvents(rules, `goal IN ${list(oncePerSession)} AND NOT is_server`)})
    ) WHERE all_macros > ${MAX_RESTATED}
  ) WHERE is_mixed OR later[${MAX_RESTATED} + 1 + toUInt64(own)] BETWEEN 1 AND arrived`
}

/** Each event, and once more for each macro goal; whether that counts, and not where it is once a session and was before. */
function macroEvents(rules: SqlRules, isOnce: string): string {
  const { matched, compound } = rules.macros
  const goals = `arrayConcat([''], arrayFilter(goal -> goal IN ${list(matched)}, goals), [${compound.map(text).join(', ')}])`
  return `SELECT *, goal != '' AND NOT (${isOnce} AND ifNull(at - before_at <= ${rules.gapMs} AND arrived_before <= arrived, false)) AS counts
    FROM (
      SELECT *, lagInFrame(toNullable(at)) OVER w AS before_at, lagInFrame(arrived) OVER w AS arrived_before
      FROM (
        SELECT visitor_id AS whose, event_id, ${ms('event_time')} AS at, ${ms('appended_at')} AS arrived, is_bot, is_server,
          ${clientOf(rules)} AS client, ${dayOf(rules)} AS day, arrayJoin(${goals}) AS goal
        FROM events WHERE site = {site:String} AND visitor_id != '' AND type != 'alias'
      ) WINDOW w AS (
        PARTITION BY whose, goal, client, day, is_server ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      )
    )`
}

/**
 * Visitors whose sessions, as they would be without bounds, are such. Where events of servers make sessions too, these are
 * no smaller than theirs.
 */
function ofVisits(rules: SqlRules, made: string, are: string): string {
  const events = `SELECT visitor_id, event_id, ${ms('event_time')} AS at, ${clientOf(rules)} AS client, ${dayOf(rules)} AS day,
      greatest(length(source) + length(medium) + length(campaign), length(referrer_host)) AS names
    FROM events WHERE site = {site:String} AND visitor_id != '' AND type != 'alias' AND ${made}`
  return `SELECT whose FROM (
    SELECT visitor_id AS whose, min(at) AS started_at, max(at) AS ended_at, count() AS events, max(names) AS named
    FROM (${numbered(rules, events)}) GROUP BY whose, client, n
  ) GROUP BY whose HAVING ${are}`
}

/** More names than these make a statement too long: then nobody's orders of the site are judged. */
const mostNamed = 1_000

function ofOrders(conflicting: readonly OrderConflict[]): string {
  const [ids, visitors] = [new Set<string>(), new Set<string>()]
  for (const { order_id, whose } of conflicting) {
    ids.add(order_id)
    visitors.add(whose)
  }
  const isTooLong = ids.size + visitors.size > mostNamed
  const are = isTooLong ? 'true' : `order_id IN ${list([...ids])} OR whose IN ${list([...visitors])}`
  return `SELECT ${whose('event_id')} AS whose FROM events WHERE site = {site:String} AND (${are})`
}
