import { MAX_TOUCHES } from '@cairn/domain'
import { list, whose, type LeftOut, type SqlFact } from './left-out.ts'
import type { SqlRules } from './rules.ts'
import { clientOf, dayOf, ms } from './sessions.ts'

/**
 * Visitors who met a bound that the fold has and the SQL of `statements` has not: what is stored of them may well be right
 * and differ. Who they are is told from the events, too, and not by what the fold says of itself.
 *
 * @param conflicting ids of the site's orders of which an event came again with other content: table `events` has only the
 *   first of the two, and which counts is decided where orders are, from both
 */
export function boundsOf(rules: SqlRules, conflicting: readonly string[]): LeftOut[] {
  return [
    leftOut('beyond_grace', allFacts, beyondGrace(rules)),
    leftOut('session_cap', allFacts, ofVisits(rules, 'true', isCapped(rules))),
    leftOut('path_cap', ['credits'], ofVisits(rules, 'NOT is_server', `count() > ${MAX_TOUCHES}`)),
    ...(conflicting.length === 0 ? [] : [leftOut('order_conflict', ['conversions', 'credits'], ofOrders(conflicting))]),
  ]
}

/** How many visitors one of them names. */
export function countOf({ visitors = 'SELECT 0 WHERE 0' }: LeftOut): string {
  return `SELECT uniqExact(whose) AS n FROM (${visitors})`
}

const allFacts: readonly SqlFact[] = ['sessions', 'conversions', 'credits']

function leftOut(because: LeftOut['because'], facts: readonly SqlFact[], visitors: string): LeftOut {
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

function isCapped({ maxDurationMs, maxEvents }: SqlRules): string {
  return `max(ended_at - started_at) > ${maxDurationMs} OR max(events) > ${maxEvents}`
}

/**
 * Visitors whose sessions, as they would be without bounds, are such. Where events of servers make sessions too, these are
 * no smaller than theirs.
 */
function ofVisits(rules: SqlRules, made: string, are: string): string {
  const visit = 'PARTITION BY whose, client ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  return `SELECT whose FROM (
    SELECT whose, min(at) AS started_at, max(at) AS ended_at, count() AS events FROM (
      SELECT whose, client, at, sum(starts) OVER (${visit}) AS n FROM (
        SELECT *, isNull(before_at) OR (client = '' AND at - before_at > ${rules.gapMs}) OR day != before_day AS starts FROM (
          SELECT *, lagInFrame(toNullable(at)) OVER w AS before_at, lagInFrame(day) OVER w AS before_day FROM (
            SELECT visitor_id AS whose, event_id, ${ms('event_time')} AS at, ${clientOf(rules)} AS client, ${dayOf(rules)} AS day
            FROM events WHERE site = {site:String} AND visitor_id != '' AND type != 'alias' AND ${made}
          ) WINDOW w AS (${visit})
        )
      )
    ) GROUP BY whose, client, n
  ) GROUP BY whose HAVING ${are}`
}

function ofOrders(ids: readonly string[]): string {
  return `SELECT ${whose('event_id')} AS whose FROM events WHERE site = {site:String} AND order_id IN ${list(ids)}`
}
