import { conditionsOf, isJudged, list, whose, type SqlFact } from './left-out.ts'
import { isOrderEvent, orders } from './orders.ts'
import type { SqlRules } from './rules.ts'
import { ms, sessions } from './sessions.ts'

/** Most differences of a kind that are looked up. */
export const mostShown = 100

/** Rows that only one side has, or more often than the other: none where both tell the same. */
function differences(told: string, stored: string, columns: string): string {
  return `SELECT ${columns}, sum(side) AS surplus FROM (
  SELECT ${columns}, 1 AS side FROM (${told})
  UNION ALL
  SELECT ${columns}, -1 AS side FROM (${stored})
)
GROUP BY ${columns} HAVING surplus != 0 LIMIT ${mostShown}`
}

/** Sessions: whose, from when to when, with how many events and page views. */
export function sessionDifferences(rules: SqlRules): string {
  const columns = 'visitor_id, started_at, ended_at, events, page_views, is_bot'
  const stored = `SELECT visitor_id, ${ms('s.started_at')} AS started_at, ${ms('s.ended_at')} AS ended_at,
    s.events AS events, s.page_views AS page_views, toInt64(s.is_bot) AS is_bot FROM (${judged('sessions', rules)}) AS s`
  return `WITH ${sessions(rules)}\n${differences('SELECT * FROM sessions_told', stored, columns)}`
}

/**
 * Which of the events that matched a goal count, by the goal's rule; of those that count once the earliest. Orders count
 * by their deciding purchase. CTE `counted`: one row a conversion, its value net of refunds.
 */
function conversions(rules: SqlRules): string {
  const named = (once: string) => list(rules.goals.filter((goal) => goal.once === once).map(({ name }) => name))
  return `${sessions(rules)},
${orders},
matched AS (
  SELECT *, arrayJoin(goals) AS goal,
    ${isOrderEvent} AND goal IN ${named('order')} AS is_order, goal IN ${eventValued(rules)} AS is_event_value
  FROM members
),
valued AS (
  SELECT m.goal AS goal, m.event_id AS event_id, m.visitor_id AS visitor_id, m.at AS at, m.session AS session,
    m.whose AS whose, m.is_bot AS is_bot, m.is_order AS is_order, m.order_id AS order_id, if(m.is_order, o.status, '') AS status,
    if(m.is_order, o.gross, m.value_minor) AS gross, if(m.is_order, o.netted, 0) AS refunded_minor,
    multiIf(m.is_event_value, gross - refunded_minor, status IN ('refunded', 'cancelled'), 0, NULL) AS value_minor,
    multiIf(NOT m.is_event_value, '', m.is_order, o.currency, toString(m.currency)) AS currency, m.is_event_value AS is_event_value,
    if(m.is_order, o.coupon, m.coupon) AS coupon
  FROM matched AS m LEFT JOIN orders AS o ON o.order_id = m.order_id
  WHERE NOT m.is_order OR (m.name = 'purchase' AND o.deciding = m.event_id AND o.buyer = m.visitor_id)
),
counted AS (
  SELECT * FROM valued
  ORDER BY at, event_id
  LIMIT 1 BY whose, goal, multiIf(
    goal IN ${named('visitor')}, '',
    goal IN ${named('session')} AND session != '', session,
    goal IN ${named('order')} AND order_id != '' AND NOT is_order, concat('order ', order_id),
    concat('event ', event_id))
)`
}

/** Conversions: of which goal and event, in which session, by which coupon, and of orders and what events say their value. */
export function conversionDifferences(rules: SqlRules): string {
  const columns =
    'goal, event_id, started_at, order_status, is_order_value, value_minor, refunded_minor, currency, coupon'
  const told = `SELECT goal::String AS goal, event_id, if(session = '', toInt64(0), s.started_at) AS started_at,
      toString(status) AS order_status, toInt64(is_order AND is_event_value) AS is_order_value, value_minor, if(is_event_value, refunded_minor, 0) AS refunded_minor, currency, coupon
    FROM (SELECT * FROM counted WHERE ${isJudged('conversions', rules.leftOut)}) AS counted
    LEFT JOIN sessions_told AS s USING (visitor_id, session)`
  const stored = `SELECT goal::String AS goal, event_id, if(isNull(c.session_id), toInt64(0), ${ms('s.started_at')}) AS started_at,
      toString(c.order_status) AS order_status, toInt64(c.is_order_value) AS is_order_value, ${storedValue(rules)} AS value_minor,
      if(goal IN ${eventValued(rules)}, c.refunded_minor, 0) AS refunded_minor, if(goal IN ${eventValued(rules)}, toString(c.currency), '') AS currency, c.coupon AS coupon
    FROM (${judged('conversions', rules)}) AS c
    LEFT JOIN (SELECT session_id, started_at FROM sessions FINAL WHERE site = {site:String}) AS s ON s.session_id = c.session_id`
  return `WITH ${conversions(rules)}\n${differences(told, stored, columns)}`
}

/** A worth that the goal sets itself is only looked at where nothing of it may be left. */
function storedValue(rules: SqlRules): string {
  return `multiIf(c.goal IN ${eventValued(rules)}, c.value_minor, c.order_status IN ('refunded', 'cancelled'), ifNull(c.value_minor, 0), NULL)`
}

function eventValued({ goals }: SqlRules): string {
  return list(goals.filter(({ isEventValue }) => isEventValue).map(({ name }) => name))
}

/**
 * Credits of macro conversions: the path as starts of sessions, and what first, last and linear give, in millionths and,
 * of goals whose value the event says, in minor units of the net value.
 */
export function creditDifferences(rules: SqlRules): string {
  const columns = 'goal, event_id, path, model, shares, minors'
  const macros = list(rules.goals.filter(({ isMacro }) => isMacro).map(({ name }) => name))
  const told = `SELECT goal, event_id, path, model, shares, if(isNull(value_minor), [], minors) AS minors FROM (${divided(macros, rules)})`
  const stored = `SELECT c.goal::String AS goal, c.event_id AS event_id, arrayMap(t -> ${ms('t')}, c.touch_started_at) AS path,
      c.model AS model, arrayMap(x -> toInt64(x), c.shares) AS shares, if(goal IN ${eventValued(rules)}, c.minors, []) AS minors
    FROM (
      SELECT goal, event_id, touch_started_at, toString(model) AS model, shares, minors
      FROM (SELECT *, arrayResize(values_minor, length(models)) AS all_minors FROM (${judged('credits', rules)}))
      ARRAY JOIN models AS model, credits AS shares, all_minors AS minors
      WHERE model IN ${list(judgedModels)}
    ) AS c`
  return `WITH ${conversions(rules)}\n${differences(told, stored, columns)}`
}

const judgedModels = ['first_touch', 'last_touch', 'linear']

/** Each judged model's shares, and the value by them: rounded down, what is left to the largest remainders. */
function divided(macros: string, rules: SqlRules): string {
  return `SELECT *, abs(toInt128(ifNull(value_minor, 0))) AS amount, arrayMap(share -> intDiv(amount * share, 1000000), shares) AS floors,
    arraySort(i -> (-(amount * shares[i] % 1000000), i), places) AS ranking, amount - arraySum(floors) AS rest,
    arrayMap(i -> toInt64((floors[i] + (indexOf(ranking, i) <= rest)) * sign(ifNull(value_minor, 0))), places) AS minors
  FROM (
    SELECT goal, event_id, value_minor, arrayMap(touch -> touch.1, touches) AS path, length(path) AS n, arrayEnumerate(path) AS places,
      arrayJoin([
        ('first_touch', arrayMap(i -> toInt64(i = 1) * 1000000, places)),
        ('last_touch', arrayMap(i -> toInt64(i = n) * 1000000, places)),
        ('linear', arrayMap(i -> toInt64(intDiv(1000000, greatest(n, 1)) + (i <= 1000000 % greatest(n, 1))), places))
      ]) AS shared, shared.1 AS model, shared.2 AS shares
    FROM (
      SELECT c.goal::String AS goal, c.event_id AS event_id, c.visitor_id AS visitor_id, if(c.is_event_value, c.value_minor, NULL) AS value_minor,
        arraySort(groupArrayIf((s.started_at, s.session), ${isTouch(rules)})) AS touches
      FROM (SELECT * FROM counted WHERE goal IN ${macros} AND ${isJudged('credits', rules.leftOut)}) AS c
      LEFT JOIN sessions_told AS s ON s.visitor_id = c.visitor_id
      LEFT JOIN (SELECT visitor_id, session, started_at AS own_start FROM sessions_told) AS own
        ON own.visitor_id = c.visitor_id AND own.session = c.session
      GROUP BY goal, event_id, visitor_id, value_minor
    )
  )`
}

/** The stored rows of a fact at a site, with whose they are; a session has no goal. */
export function storedRows(fact: SqlFact): string {
  const rows = `SELECT * FROM ${fact} FINAL WHERE site = {site:String}`
  if (fact === 'sessions') return `SELECT *, visitor_id AS whose FROM (${rows})`
  if (fact === 'conversions') return `SELECT *, ${whose('event_id')} AS whose FROM (${rows})`
  return `SELECT c.*, v.event_id AS event_id, ${whose('v.event_id')} AS whose FROM (${rows}) AS c
    LEFT JOIN (SELECT conversion_id, event_id FROM conversions FINAL WHERE site = {site:String}) AS v USING (conversion_id)`
}

function judged(fact: SqlFact, { leftOut }: SqlRules): string {
  return `SELECT * FROM (${storedRows(fact)}) WHERE ${isJudged(fact, leftOut)}`
}

/** How many stored rows are judged (`nth` 0), and how many each exclusion leaves out, by its number from 1. */
export function countsOf(fact: SqlFact, { leftOut }: SqlRules): string {
  const conditions = conditionsOf(fact, leftOut).map((condition, at) => `${condition}, ${at + 1}, `)
  return `SELECT multiIf(${conditions.join('')}false, 0, 0) AS nth, count() AS n FROM (${storedRows(fact)}) GROUP BY nth`
}

/** Whether session `s` is a touchpoint of conversion `c`, whose own session is `own`. */
function isTouch({ lookbackMs }: SqlRules): string {
  return `s.session != '' AND (s.session = c.session OR (
        NOT s.is_bot AND s.started_at <= c.at AND s.started_at >= c.at - ${lookbackMs}
        AND (c.session = '' OR (s.started_at, s.session) < (own.own_start, c.session))))`
}
