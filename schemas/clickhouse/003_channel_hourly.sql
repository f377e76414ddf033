-- Additive measures by hour of session start. Each session row subtracts what it replaces and adds what it is, so sums stay
-- exact through corrections; unique counts and quantiles are not additive and come from the base facts.
-- Goal '' counts sessions; a goal's rows count its conversions, so measures may be summed over any of the keys, except
-- converting_sessions over goals: a session that reached two goals is in both.
-- _partition is a key because the owner of a Kafka partition repairs its slice alone (channel_hourly_facts minus this).
CREATE TABLE IF NOT EXISTS {{database}}.channel_hourly{{on_cluster}} (
  hour DateTime('UTC') COMMENT 'Hour in which the session started' CODEC(Delta(4), ZSTD(1)),
  site LowCardinality(String) COMMENT 'The shop',
  channel LowCardinality(String) COMMENT 'channel of the definitions, else of GA4 default channel group',
  source LowCardinality(String) COMMENT 'Traffic source',
  medium LowCardinality(String) COMMENT 'Traffic medium',
  campaign String COMMENT 'Campaign name',
  goal LowCardinality(String) COMMENT 'Goal, empty on the row that counts sessions',
  currency LowCardinality(String) COMMENT 'Currency of value_minor, empty without value',
  _partition UInt16 COMMENT 'Kafka partition the sessions came from',
  sessions Int64 COMMENT 'Sessions; 0 on goal rows',
  converting_sessions Int64 COMMENT 'Sessions with a macro conversion; on goal rows sessions that reached the goal',
  micro Int64 COMMENT 'Micro conversions; 0 on rows of goal empty',
  macro Int64 COMMENT 'Macro conversions; 0 on rows of goal empty',
  value_minor Int64 COMMENT 'Value of the conversions in minor units of currency'
) ENGINE = {{replicated}}SummingMergeTree((sessions, converting_sessions, micro, macro, value_minor))
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour, channel, source, medium, campaign, goal, currency, _partition)
SETTINGS {{dedup_window_setting}} = {{dedup_window}}
COMMENT 'Sessions and conversions by hour and campaign, not summed up yet; read v_channel_hourly';

-- The expressions are total: an array shorter than its neighbours is padded, because an error in a view would come after
-- the sessions themselves were stored.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.sessions_in_to_channel_hourly{{on_cluster}} TO {{database}}.channel_hourly AS
WITH (names, currencies, macros, converted, counts, minors) -> arrayConcat(
  [('', '', 1, if(has(macros, 1), 1, 0), 0, 0, 0)],
  arrayMap(
    (name, currency, is_macro, converted_once, n, minor) ->
      (name, currency, 0, converted_once, if(is_macro = 1, 0, n), if(is_macro = 1, n, 0), minor),
    names, arrayResize(currencies, length(names)), arrayResize(macros, length(names)),
    arrayResize(converted, length(names)), arrayResize(counts, length(names)), arrayResize(minors, length(names))
  )
)::Array(Tuple(String, String, Int64, Int64, Int64, Int64, Int64)) AS contribution
SELECT
  toStartOfHour(at) AS hour, site, channel, source, medium, campaign, goal, currency, _partition,
  sum(sign * entry.3) AS sessions, sum(sign * entry.4) AS converting_sessions,
  sum(sign * entry.5) AS micro, sum(sign * entry.6) AS macro, sum(sign * entry.7) AS value_minor
FROM (
  SELECT
    _partition, site, sign,
    if(sign > 0, started_at, prev_started_at) AS at,
    if(sign > 0, sessions_in.channel, prev_channel) AS channel,
    if(sign > 0, sessions_in.source, prev_source) AS source,
    if(sign > 0, sessions_in.medium, prev_medium) AS medium,
    if(sign > 0, sessions_in.campaign, prev_campaign) AS campaign,
    arrayJoin(if(
      sign > 0,
      contribution(goal_names, goal_currencies, goal_macro, goal_converted, goal_counts, goal_values),
      contribution(
        prev_goal_names, prev_goal_currencies, prev_goal_macro, prev_goal_converted, prev_goal_counts, prev_goal_values
      )
    )) AS entry,
    entry.1 AS goal,
    entry.2 AS currency
  FROM {{database}}.sessions_in
  ARRAY JOIN arrayConcat(if(counted != 0, [1], []), if(prev_counted != 0, [-1], [])) AS sign
)
GROUP BY hour, site, channel, source, medium, campaign, goal, currency, _partition;

-- What channel_hourly must hold, from the sessions as they stand: repair inserts the difference, an audit expects none.
CREATE OR REPLACE VIEW {{database}}.channel_hourly_facts{{on_cluster}} AS
WITH (names, currencies, macros, converted, counts, minors) -> arrayConcat(
  [('', '', 1, if(has(macros, 1), 1, 0), 0, 0, 0)],
  arrayMap(
    (name, currency, is_macro, converted_once, n, minor) ->
      (name, currency, 0, converted_once, if(is_macro = 1, 0, n), if(is_macro = 1, n, 0), minor),
    names, arrayResize(currencies, length(names)), arrayResize(macros, length(names)),
    arrayResize(converted, length(names)), arrayResize(counts, length(names)), arrayResize(minors, length(names))
  )
)::Array(Tuple(String, String, Int64, Int64, Int64, Int64, Int64)) AS contribution
SELECT
  toStartOfHour(started_at) AS hour, site, channel, source, medium, campaign, goal, currency, _partition,
  sum(entry.3) AS sessions, sum(entry.4) AS converting_sessions,
  sum(entry.5) AS micro, sum(entry.6) AS macro, sum(entry.7) AS value_minor
FROM (
  SELECT
    _partition, site, started_at, channel, source, medium, campaign,
    arrayJoin(contribution(goal_names, goal_currencies, goal_macro, goal_converted, goal_counts, goal_values)) AS entry,
    entry.1 AS goal,
    entry.2 AS currency
  FROM {{database}}.sessions FINAL
  WHERE counted
)
GROUP BY hour, site, channel, source, medium, campaign, goal, currency, _partition;
