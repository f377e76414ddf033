import type { VisitorGroup } from '@cairn/domain'
import type { Instance } from '../instance/instance.ts'
import { eachRow, rows } from '../warehouse.ts'

/** What a journey is made of: the channels of its sessions, or its micro conversions. */
export type StepsOf = 'channel' | 'micro'

/** Steps of a journey that count, the latest ones, as many as a path has at most. */
const mostSteps = 100

/** A macro goal of a site that was reached since then, and the highest definitions that counted it. */
export interface Question {
  readonly site: string
  readonly goal: string
  readonly definitions: number
}

export function questions(instance: Instance, since: number): Promise<Question[]> {
  return rows<Question>(
    instance,
    `SELECT site, goal, max(definitions_number) AS definitions FROM credits FINAL
     WHERE NOT is_bot AND event_time >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY site, goal ORDER BY site, goal`,
    { since: String(since) },
  )
}

/**
 * The journeys to a goal since then: those that stand behind each conversion, and of every visitor who had none, all their
 * steps. Journeys without a step are nobody's and are left out. A step that follows itself is one, which changes no value
 * and makes more journeys equal. In an order, so that the same journeys always give the same intervals.
 */
export async function* journeysOf(
  instance: Instance,
  { site, goal }: Question,
  stepsOf: StepsOf,
  since: number,
): AsyncGenerator<VisitorGroup> {
  const column = stepsOf === 'channel' ? 'touch_channels' : 'assist_goals'
  const source =
    stepsOf === 'channel'
      ? 'SELECT visitor_id, started_at AS at, channel AS step FROM v_sessions WHERE site = {site:String}'
      : `SELECT visitor_id, event_time AS at, goal AS step FROM v_conversions WHERE site = {site:String} AND kind = 'micro'`
  const groups = eachRow<{ way: string[]; converted: number; visitors: number }>(
    instance,
    `WITH fromUnixTimestamp64Milli({since:Int64}) AS since,
     credited AS (
       SELECT visitor_id, ${column} AS steps FROM credits FINAL
       WHERE site = {site:String} AND goal = {goal:String} AND NOT is_bot AND event_time >= since
     ),
     others AS (
       SELECT visitor_id, arrayMap(x -> x.2, arraySort(groupArray((at, step)))) AS steps FROM (${source})
       WHERE at >= since AND visitor_id != '' AND visitor_id NOT IN (SELECT visitor_id FROM credited)
       GROUP BY visitor_id
     )
     SELECT way, converted, toInt64(count()) AS visitors FROM (
       SELECT arraySlice(arrayCompact(arrayMap(step -> step::String, steps)), -${mostSteps}) AS way, converted
       FROM (SELECT steps, 1 AS converted FROM credited UNION ALL SELECT steps, 0 AS converted FROM others)
     )
     WHERE notEmpty(way) GROUP BY way, converted ORDER BY way, converted`,
    { site, goal, since: String(since) },
  )
  for await (const { way, converted, visitors } of groups) yield { ways: [way], converted: converted === 1, visitors }
}
