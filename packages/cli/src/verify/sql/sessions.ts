import { isJudged, text, whose } from './left-out.ts'
import type { SqlRules } from './rules.ts'

/** Parameters of every statement: `site`. Times are in milliseconds. */
export const ms = (time: string): string => `toUnixTimestamp64Milli(${time})`

const member =
  'event_id, visitor_id, whose, at, name, goals, order_id, value_minor, currency, coupon, is_server, is_bot'

/**
 * Sessions out of table `events` alone, the plain way: order each visitor's events, cut where the rules say, and give an
 * event of a server to the session that covers it; an alias is in none. Knows nothing of what the fold wrote.
 *
 * CTE `spans`: one row a session. CTE `members`: one row an event, `session` empty for one in none.
 */
export function sessions(rules: SqlRules): string {
  const { gapMs, leftOut } = rules
  return `all_events AS (
  SELECT event_id, visitor_id, ${ms('event_time')} AS at, name, goals, order_id, value_minor, currency, coupon, is_server, is_bot, visitor_id != '' AND type != 'alias' AS is_visit, ${clientOf(rules)} AS client, ${dayOf(rules)} AS day,
    ${whose('event_id')} AS whose
  FROM events WHERE site = {site:String} AND ${isJudged('sessions', leftOut)}
),
numbered AS (${numbered(rules, 'SELECT * FROM all_events WHERE is_visit AND NOT is_server')}),
spans AS (
  SELECT visitor_id, concat(client, '#', toString(n)) AS session, min(at) AS started_at, max(at) AS ended_at, any(day) AS day,
    toInt64(countIf(name IN ('page_view', 'screen_view'))) AS page_views
  FROM numbered GROUP BY visitor_id, client, n
),
served AS (
  SELECT e.*, s.session AS covering, s.session != '' AND e.at <= s.ended_at + ${gapMs} AND e.day = s.day AS is_covered
  FROM (SELECT * FROM all_events WHERE is_visit AND is_server) AS e
  ASOF LEFT JOIN spans AS s ON e.visitor_id = s.visitor_id AND e.at >= s.started_at
),
members AS (
  SELECT ${member}, concat(client, '#', toString(n)) AS session FROM numbered
  UNION ALL
  SELECT ${member}, if(is_covered, covering, '') FROM served
  UNION ALL
  SELECT ${member}, '' FROM all_events WHERE NOT is_visit
),
sessions_told AS (
  SELECT visitor_id, session, any(spans.started_at) AS started_at, any(spans.ended_at) AS ended_at, toInt64(count()) AS events,
    any(spans.page_views) AS page_views, toInt64(maxIf(is_bot, NOT is_server)) AS is_bot
  FROM members JOIN spans USING (visitor_id, session)
  GROUP BY visitor_id, session
)`
}

/**
 * Events with `n`, the number of the session they make among those of their visitor and client.
 *
 * @param events with `visitor_id`, `event_id`, `at`, `client` and `day`
 */
export function numbered(rules: SqlRules, events: string): string {
  const visit = 'PARTITION BY visitor_id, client ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  return `SELECT *, sum(starts) OVER (${visit}) AS n FROM (
    SELECT *, isNull(before_at) OR (client = '' AND at - before_at > ${rules.gapMs}) OR day != before_day AS starts FROM (
      SELECT *, lagInFrame(toNullable(at)) OVER w AS before_at, lagInFrame(day) OVER w AS before_day
      FROM (${events}) WINDOW w AS (${visit})
    )
  )`
}

/** The session that the client names, where that counts. */
export function clientOf({ trustsClient }: SqlRules): string {
  return trustsClient ? 'client_session_id' : `''`
}

/** The day that an event is of, where days cut sessions. */
export function dayOf({ cutInZone }: SqlRules): string {
  return cutInZone === '' ? 'toDate(0)' : `toDate(event_time, ${text(cutInZone)})`
}
