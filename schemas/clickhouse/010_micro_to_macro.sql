-- Read from v_conversions, not from the credits: their micro conversions end at the lookback of the definitions.
-- The interval is Newcombe's hybrid score interval: R. G. Newcombe, Interval estimation for the difference between
-- independent proportions: comparison of eleven methods, Statistics in Medicine 17 (1998) 873-890, method 10. It is made
-- of the Wilson intervals of both rates, so it is also right for few visitors and rates near 0, where the usual one is not.
-- The removal effect is that of the first-order Markov chain over the journeys (Anderl et al. 2014): M holds the chances to go
-- from one micro goal to another, s those from the start, c those to convert next. With N = (I - M)^-1 and x = N c, s x
-- of the journeys convert; (s N)[j] / N[j,j] of them ever reach goal j, from where x[j] convert: those are lost without it.
CREATE OR REPLACE VIEW {{database}}.v_micro_to_macro{{on_cluster}} (
  site LowCardinality(String) COMMENT 'The shop',
  micro_goal LowCardinality(String) COMMENT 'Micro goal',
  macro_goal LowCardinality(String) COMMENT 'Macro goal',
  window_days Int64 COMMENT 'How long a micro conversion counts as before a macro one: 1, 7 or 30 days, exactly that included',
  channel String COMMENT 'Channel of the first session of the visitors; empty on the row of all visitors, also those without a session',
  visitors_with Int64 COMMENT 'Visitors who reached the micro goal before their first macro conversion, or without one',
  visitors_without Int64 COMMENT 'All other visitors',
  converted_with Int64 COMMENT 'Of visitors_with: whose first macro conversion came within the window after a micro conversion',
  converted_without Int64 COMMENT 'Of visitors_without: who have a macro conversion; none of the micro goal is before the first',
  rate_with Nullable(Float64) COMMENT 'converted_with by visitors_with, null without such visitors',
  rate_without Nullable(Float64) COMMENT 'converted_without by visitors_without, null without such visitors',
  lift Nullable(Float64) COMMENT 'rate_with minus rate_without, null where one of them is',
  lift_low Nullable(Float64) COMMENT 'Lower end of the 95 % interval of lift',
  lift_high Nullable(Float64) COMMENT 'Upper end of the 95 % interval of lift',
  assists Int64 COMMENT 'Macro conversions, not only first ones, with a micro conversion before them within the window',
  median_hours_to_macro Nullable(Float64) COMMENT 'Median of assists: hours from the last micro conversion before; null without assists',
  removal_effect Nullable(Float64) COMMENT 'Share of first macro conversions lost when everything that leads to the micro goal leads to nothing: first-order Markov chain of the journeys, which are the micro conversions before the first macro conversion within the window, or all of a visitor without one; journeys without a step are left out. Null where no journey converts'
) AS
WITH
  first_channels AS (
    SELECT site, visitor_id, argMin(toString(channel), (toUnixTimestamp64Milli(started_at), session_id)) AS first_channel
    FROM {{database}}.v_sessions WHERE visitor_id != '' GROUP BY site, visitor_id
  ),
  visitors AS (
    SELECT site, visitor_id, arrayDistinct(['', max(first_channel)]) AS channels
    FROM (
      SELECT site, visitor_id, first_channel FROM first_channels
      UNION ALL
      SELECT DISTINCT site, visitor_id, '' FROM {{database}}.v_conversions WHERE visitor_id != ''
    )
    GROUP BY site, visitor_id
  ),
  micro AS (
    SELECT site, visitor_id, goal AS micro_goal, arraySort(groupArray(toUnixTimestamp64Milli(event_time))) AS micro_times
    FROM {{database}}.v_conversions WHERE kind = 'micro' AND visitor_id != '' GROUP BY site, visitor_id, goal
  ),
  macro AS (
    SELECT site, visitor_id, goal AS macro_goal, arraySort(groupArray(toUnixTimestamp64Milli(event_time))) AS macro_times
    FROM {{database}}.v_conversions WHERE kind = 'macro' AND visitor_id != '' GROUP BY site, visitor_id, goal
  ),
  grid AS (
    SELECT site, micro_goal, macro_goal, window_days, channel, visitors FROM (
      SELECT site, channel, toInt64(count()) AS visitors FROM visitors ARRAY JOIN channels AS channel GROUP BY site, channel
    ) AS groups
    INNER JOIN (SELECT DISTINCT site, goal AS micro_goal FROM {{database}}.v_conversions WHERE kind = 'micro') AS micros USING (site)
    INNER JOIN (SELECT DISTINCT site, goal AS macro_goal FROM {{database}}.v_conversions WHERE kind = 'macro') AS macros USING (site)
    ARRAY JOIN [1, 7, 30]::Array(Int64) AS window_days
  ),
  converters AS (
    SELECT site, macro_goal, channel, toInt64(count()) AS converted
    FROM macro INNER JOIN visitors USING (site, visitor_id)
    ARRAY JOIN channels AS channel
    GROUP BY site, macro_goal, channel
  ),
  reached AS (
    SELECT
      site, micro_goal, macro_goal, window_days, channel,
      toInt64(countIf(empty(macro_times) OR is_before_first)) AS visitors_with,
      toInt64(countIf(is_before_first)) AS converted_after,
      toInt64(countIf(is_before_first AND waits[1] <= window_days * 86400000)) AS converted_with,
      toInt64(sum(length(short_waits))) AS assists,
      quantileExactInclusiveArray(0.5)(short_waits) / 3600000 AS median_hours
    FROM (
      SELECT
        site, micro_goal, macro_goal, channels, macro_times,
        notEmpty(macro_times) AND macro_times[1] > micro_times[1] AS is_before_first,
        arrayFilter(time -> time > micro_times[1], macro_times) AS assisted,
        arrayMap(time -> time - arrayLast(earlier -> earlier < time, micro_times), assisted) AS waits
      FROM micro
      INNER JOIN (SELECT DISTINCT site, macro_goal FROM macro) AS macro_goals USING (site)
      LEFT JOIN macro USING (site, visitor_id, macro_goal)
      INNER JOIN visitors USING (site, visitor_id)
    )
    ARRAY JOIN channels AS channel
    ARRAY JOIN [1, 7, 30]::Array(Int64) AS window_days, arrayMap(
      days -> arrayFilter(wait -> wait <= days * 86400000, waits), [1, 7, 30]::Array(Int64)
    ) AS short_waits
    GROUP BY site, micro_goal, macro_goal, window_days, channel
  ),
  -- Of the types of the grid: where keys of a join are not, a reader's WHERE on the site is not applied before it.
  micro_goals AS (
    SELECT site, arraySort(groupUniqArray(goal))::Array(LowCardinality(String)) AS goals FROM {{database}}.v_conversions WHERE kind = 'micro' GROUP BY site
  ),
  steps AS (
    SELECT site, visitor_id, arraySort(groupArray((toUnixTimestamp64Milli(event_time), state))) AS steps
    FROM {{database}}.v_conversions
    INNER JOIN (
      SELECT site, goal, toUInt32(at + 1) AS state FROM micro_goals ARRAY JOIN goals AS goal, arrayEnumerate(goals) AS at
    ) AS states USING (site, goal)
    WHERE kind = 'micro' AND visitor_id != ''
    GROUP BY site, visitor_id
  ),
  -- From 1, the start, or a goal's state, to 0, nothing, 1, the macro conversion, or a goal's state. Window 0: any of the three.
  moves AS (
    SELECT site, macro_goal, first_channel, window, from, to, count() AS visitors
    FROM (
      SELECT
        site, macro_goal, ifNull(first_channels.first_channel, '') AS first_channel,
        if(empty(macro_times), [(0::Int64, steps.2, 0)], arrayMap(
          days -> (days, arrayFilter(
            step -> step.1 < macro_times[1] AND macro_times[1] - step.1 <= days * 86400000, steps
          ).2, 1),
          [1, 7, 30]::Array(Int64)
        )) AS journeys
      FROM steps
      INNER JOIN (SELECT DISTINCT site, macro_goal FROM macro) AS macro_goals USING (site)
      LEFT JOIN macro USING (site, visitor_id, macro_goal)
      LEFT JOIN first_channels USING (site, visitor_id)
    )
    ARRAY JOIN journeys.1 AS window, journeys.2 AS states, journeys.3 AS end
    ARRAY JOIN arrayPushFront(states, 1) AS from, arrayPushBack(states, end) AS to
    WHERE notEmpty(states)
    GROUP BY site, macro_goal, first_channel, window, from, to
  ),
  chances AS (
    SELECT
      site, macro_goal, window_days, channel, from,
      arrayMap(n -> n / sum(visitors), arraySlice(groupArrayInsertAt(visitors, to), 2)) AS chances_from
    FROM (
      SELECT site, macro_goal, window_days, channel, from, to, sum(visitors) AS visitors FROM moves
      ARRAY JOIN arrayDistinct(['', first_channel]) AS channel
      ARRAY JOIN if(window = 0, [1, 7, 30]::Array(Int64), [window]) AS window_days
      GROUP BY site, macro_goal, window_days, channel, from, to
    )
    GROUP BY site, macro_goal, window_days, channel, from
  ),
  -- [[0, -s], [c, I - M]], in which all of I - M is solved for in place: [[s x, s N], [x, N]]. No pivot is 0, and none has to
  -- be looked for: a visitor leaves every state for good with a positive chance.
  chains AS (
    SELECT
      site, macro_goal, window_days, channel, goals, range(1, toUInt64(length(goals) + 2)) AS states,
      arrayFold(
        (system, pivot) -> arrayMap(
          (row, at) -> arrayMap(
            (x, y, to) -> multiIf(
              at = pivot, if(to = pivot, 1, x) / system[pivot][pivot],
              to = pivot, -x / system[pivot][pivot],
              x - row[pivot] * y / system[pivot][pivot]
            ), row, system[pivot], states
          ), system, states
        ),
        arraySlice(states, 2),
        arrayMap(
          (row, from) -> arrayMap((chance, to) -> if(to = 1, chance, (from = to) - chance), arrayResize(row, length(states)), states),
          arrayResize(rows, length(states)), states
        )
      ) AS solved
    FROM (
      SELECT site, macro_goal, window_days, channel, groupArrayInsertAt(chances_from, toUInt32(from - 1)) AS rows
      FROM chances GROUP BY site, macro_goal, window_days, channel
    ) AS systems
    INNER JOIN micro_goals USING (site)
  ),
  removals AS (
    SELECT
      site, goal AS micro_goal, macro_goal, window_days, channel,
      solved[1][state] / solved[state][state] * solved[state][1] / nullIf(solved[1][1], 0) AS removal_effect
    FROM chains ARRAY JOIN goals AS goal, arraySlice(states, 2) AS state
  ),
  1.959963984540054 AS z,
  -- Wilson's interval of rate p of n: its end below (sign -1) or above (sign 1).
  (p, n, sign) -> (p + z * z / (2 * n) + sign * z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n) AS wilson
SELECT
  site, micro_goal, macro_goal, window_days, channel, visitors_with, visitors_without, converted_with, converted_without,
  converted_with / nullIf(visitors_with, 0) AS rate_with,
  converted_without / nullIf(visitors_without, 0) AS rate_without,
  rate_with - rate_without AS lift,
  lift - sqrt(
    pow(rate_with - wilson(rate_with, visitors_with, -1), 2) + pow(wilson(rate_without, visitors_without, 1) - rate_without, 2)
  ) AS lift_low,
  lift + sqrt(
    pow(wilson(rate_with, visitors_with, 1) - rate_with, 2) + pow(rate_without - wilson(rate_without, visitors_without, -1), 2)
  ) AS lift_high,
  assists, median_hours_to_macro, removal_effect
FROM (
  SELECT
    site, micro_goal, macro_goal, window_days, channel, ifNull(reached.visitors_with, 0) AS visitors_with, grid.visitors - visitors_with AS visitors_without,
    ifNull(reached.converted_with, 0) AS converted_with,
    ifNull(converters.converted, 0) - ifNull(reached.converted_after, 0) AS converted_without,
    ifNull(reached.assists, 0) AS assists, if(assists = 0, NULL, reached.median_hours) AS median_hours_to_macro,
    removals.removal_effect AS removal_effect
  FROM grid
  LEFT JOIN converters USING (site, macro_goal, channel)
  LEFT JOIN reached USING (site, micro_goal, macro_goal, window_days, channel)
  LEFT JOIN removals USING (site, micro_goal, macro_goal, window_days, channel)
)
COMMENT 'How often visitors reach a macro goal who reached a micro goal before, and who did not; bots left out';
