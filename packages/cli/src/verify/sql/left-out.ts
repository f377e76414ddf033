export const sqlFacts = ['sessions', 'conversions', 'credits'] as const
export type SqlFact = (typeof sqlFacts)[number]

/** Why rows of a site are not judged while others of it are. */
export type LeftOutBecause =
  | 'session_rules_changed'
  | 'attribution_rules_changed'
  | 'goal_changed'
  | 'order_goal_removed'
  | 'order_value_matched'
  | 'compound'
  | 'reset_on_conversion'
  | 'collapse_repeats'
  | 'beyond_grace'
  | 'session_cap'
  | 'path_cap'
  | 'restated_cap'
  | 'order_conflict'

/** Rows that are not judged. A row counts among the first of these that it is in. */
export interface LeftOut {
  readonly because: LeftOutBecause
  readonly facts: readonly SqlFact[]
  /** Only rows of these goals; null for any. */
  readonly goals: readonly string[] | null
  /** Only rows of visitors who were there before these definitions, or came within an hour of them; null for any. */
  readonly before: number | null
  /** Only rows of visitors that this statement names as `whose`; any where it is absent. */
  readonly visitors?: string
}

/** Whose a row or an event is. An event of nobody has a key of its own in the log, so it is its own visitor. */
export function whose(eventId: string): string {
  return `if(visitor_id = '', concat('!', ${eventId}), visitor_id)`
}

/** What `whose` gives for an event of nobody. */
export function nobody(eventId: string): string {
  return `!${eventId}`
}

/** Those of the exclusions that concern a fact, as conditions on columns `goal` and `whose`. */
export function conditionsOf(fact: SqlFact, leftOut: readonly LeftOut[]): string[] {
  return leftOut.map(({ facts, goals, before, visitors }) => {
    if (!facts.includes(fact)) return 'false'
    const parts = [
      ...(goals === null ? [] : [`goal IN ${list(goals)}`]),
      ...(before === null ? [] : [`whose IN ${seenBefore(before)}`]),
      ...(visitors === undefined ? [] : [`whose IN (${visitors})`]),
    ]
    return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`
  })
}

/** Whether a row with columns `goal` and `whose` is judged. */
export function isJudged(fact: SqlFact, leftOut: readonly LeftOut[]): string {
  const conditions = conditionsOf(fact, leftOut).filter((condition) => condition !== 'false')
  return conditions.length === 0 ? 'true' : `NOT (${conditions.join(' OR ')})`
}

/**
 * Visitors with an event from before these definitions. A verdict may overtake the purchase it is about, and be the last
 * record under the definitions before; so those who came within an hour of the change are among them.
 */
function seenBefore(number: number): string {
  return `(
    SELECT whose FROM (
      SELECT ${whose('event_id')} AS whose, min(definitions_number) AS first_number, min(appended_at) AS first_at, any(_partition) AS part
      FROM events WHERE site = {site:String} GROUP BY whose
    ) AS seen
    LEFT JOIN (
      SELECT _partition AS part, min(appended_at) AS changed_at FROM events WHERE definitions_number >= ${number} GROUP BY part
    ) AS changed ON changed.part = seen.part
    WHERE first_number < ${number} OR first_at < changed_at + INTERVAL 1 HOUR
  )`
}

/** Names as SQL. */
export function list(names: readonly string[]): string {
  return `(${names.length === 0 ? `''` : names.map(text).join(', ')})`
}

export function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
