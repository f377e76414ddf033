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

/** Where a row of credits has the steps and their times, and which rows tell of the steps of those who have no credit. */
const sources = {
  channel: {
    steps: 'touch_channels',
    times: 'touch_started_at',
    all: 'SELECT visitor_id, started_at AS at, channel AS step FROM v_sessions WHERE site = {site:String}',
  },
  micro: {
    steps: 'assist_goals',
    times: 'assist_times',
    all: `SELECT visitor_id, event_time AS at, goal AS step FROM v_conversions WHERE site = {site:String} AND kind = 'micro'`,
  },
} as const

/** A step that follows itself is one: that changes no value and makes more journeys equal. */
const way = `arraySlice(arrayCompact(arrayMap(step -> step::String, steps)), -${mostSteps})`

/** Equal visitors, and to which goals they went so: each number is that of a goal's {@link VisitorGroup}. */
export interface GoalGroups extends Omit<VisitorGroup, 'visitors'> {
  /** By goal. */
  readonly visitors: ReadonlyMap<string, number>
}

/**
 * The journeys to each macro goal of a site since then, of equal visitors together: those that stand behind each conversion,
 * and of every visitor who had none, all their steps. Steps before then count for neither, or those who converted would seem
 * to begin with others. Journeys without a step are nobody's and are left out. In an order, so that the same journeys always
 * give the same intervals. All goals at once, as the steps of those who converted nothing take the longest to read.
 */
export async function* journeysOf(
  instance: Instance,
  site: string,
  stepsOf: StepsOf,
  since: number,
): AsyncGenerator<GoalGroups> {
  const { steps, times, all } = sources[stepsOf]
  const groups = eachRow<{ ways: string[][]; converted: number; counted: [goals: string[], visitors: number[]] }>(
    instance,
    `WITH fromUnixTimestamp64Milli({since:Int64}) AS since,
     credited AS (
       SELECT goal::String AS goal, if(visitor_id = '', toString(conversion_id), visitor_id) AS visitor,
         arrayFilter((step, at) -> at >= since, ${steps}, ${times}) AS steps
       FROM credits FINAL WHERE site = {site:String} AND NOT is_bot AND event_time >= since
     ),
     reached AS (SELECT visitor, groupUniqArray(goal) AS goals FROM credited GROUP BY visitor),
     visited AS (
       SELECT visitor_id, arrayMap(x -> x.2, arraySort(groupArray((at, step)))) AS steps FROM (${all})
       WHERE at >= since AND visitor_id != '' GROUP BY visitor_id
     )
     SELECT ways, converted, sumMap(goals, arrayMap(goal -> toInt64(1), goals)) AS counted FROM (
       SELECT arraySort(groupArray(${way})) AS ways, 1 AS converted, [goal] AS goals FROM credited WHERE notEmpty(steps)
       GROUP BY goal, visitor
       UNION ALL
       SELECT [${way}] AS ways, 0 AS converted,
         arrayFilter(goal -> NOT has(reached.goals, goal), (SELECT groupUniqArray(goal) FROM credited)) AS goals
       FROM visited LEFT JOIN reached ON reached.visitor = visited.visitor_id
     )
     WHERE notEmpty(goals) GROUP BY ways, converted ORDER BY ways, converted`,
    { site, since: String(since) },
  )
  for await (const { ways, converted, counted } of groups) {
    const [goals, visitors] = counted
    yield { ways, converted: converted === 1, visitors: new Map(goals.map((goal, at) => [goal, visitors[at] ?? 0])) }
  }
}
