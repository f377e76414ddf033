-- Rows of topic credits land here and go on through the view; nothing is stored.
CREATE TABLE IF NOT EXISTS {{database}}.credits_in{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique',
  conversion_id UUID COMMENT 'The conversion; UUID text',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted Int32 COMMENT '1 when the conversion was withdrawn',
  site String COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it',
  session_id Nullable(UUID) COMMENT 'Session in which it converted, null outside sessions',
  goal String COMMENT 'Goal that was reached',
  event_time DateTime64(3, 'UTC') COMMENT 'When',
  value_minor Nullable(Int64) COMMENT 'Value in minor units of currency, net of refunds; null without value',
  currency String COMMENT 'ISO 4217, empty without value',
  is_bot Int32 COMMENT '1 for automatic traffic',
  reason String COMMENT 'Why this row was written: conversion, restated, path, assists or order; of one that is deleted conversion, session or order',
  touch_session_ids Array(UUID) COMMENT 'The path: sessions of the visitor up to the conversion, oldest first',
  touch_started_at Array(DateTime64(3, 'UTC')) COMMENT 'When each started',
  touch_channels Array(String) COMMENT 'Channel of each',
  touch_sources Array(String) COMMENT 'Source of each',
  touch_mediums Array(String) COMMENT 'Medium of each',
  touch_campaigns Array(String) COMMENT 'Campaign of each',
  touches_omitted Int64 COMMENT 'Touchpoints within the lookback that were left out, older than the first',
  models Array(String) COMMENT 'Attribution models',
  credits Array(Array(Int32)) COMMENT 'For each model what each touchpoint gets, in millionths that sum to one million',
  values_minor Array(Array(Int64)) COMMENT 'The same of value_minor, summing to it; empty without value',
  assist_conversion_ids Array(UUID) COMMENT 'Micro conversions of the visitor before it, within the lookback, oldest first',
  assist_goals Array(String) COMMENT 'Goal of each',
  assist_times Array(DateTime64(3, 'UTC')) COMMENT 'When each was reached',
  assists_omitted Int64 COMMENT 'Micro conversions within the lookback that were left out, older than the first',
  definitions_number Int32 COMMENT 'Definitions whose rules credited it'
) ENGINE = Null
COMMENT 'Landing table of topic credits';

-- A conversion's time never changes, so neither do the key and partition of its credit.
CREATE TABLE IF NOT EXISTS {{database}}.credits{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique' CODEC(Delta(8), ZSTD(1)),
  conversion_id UUID COMMENT 'The conversion; UUID text',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted UInt8 COMMENT '1 when the conversion was withdrawn',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it',
  session_id Nullable(UUID) COMMENT 'Session in which it converted, null outside sessions',
  goal LowCardinality(String) COMMENT 'Goal that was reached',
  event_time DateTime64(3, 'UTC') COMMENT 'When' CODEC(Delta(8), ZSTD(1)),
  value_minor Nullable(Int64) COMMENT 'Value in minor units of currency, net of refunds; null without value',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  is_bot Bool COMMENT '1 for automatic traffic',
  reason LowCardinality(String) COMMENT 'Why this row was written: conversion, restated, path, assists or order; of one that is deleted conversion, session or order',
  touch_session_ids Array(UUID) COMMENT 'The path: sessions of the visitor up to the conversion, oldest first',
  touch_started_at Array(DateTime64(3, 'UTC')) COMMENT 'When each started',
  touch_channels Array(LowCardinality(String)) COMMENT 'Channel of each',
  touch_sources Array(LowCardinality(String)) COMMENT 'Source of each',
  touch_mediums Array(LowCardinality(String)) COMMENT 'Medium of each',
  touch_campaigns Array(String) COMMENT 'Campaign of each',
  touches_omitted Int64 COMMENT 'Touchpoints within the lookback that were left out, older than the first',
  models Array(LowCardinality(String)) COMMENT 'Attribution models',
  credits Array(Array(Int32)) COMMENT 'For each model what each touchpoint gets, in millionths that sum to one million',
  values_minor Array(Array(Int64)) COMMENT 'The same of value_minor, summing to it; empty without value',
  assist_conversion_ids Array(UUID) COMMENT 'Micro conversions of the visitor before it, within the lookback, oldest first',
  assist_goals Array(LowCardinality(String)) COMMENT 'Goal of each',
  assist_times Array(DateTime64(3, 'UTC')) COMMENT 'When each was reached',
  assists_omitted Int64 COMMENT 'Micro conversions within the lookback that were left out, older than the first',
  definitions_number Int32 COMMENT 'Definitions whose rules credited it'
) ENGINE = {{replicated}}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(event_time)
ORDER BY (site, toDate(event_time), goal, conversion_id)
SETTINGS {{dedup_window_setting}} = {{dedup_window}},
  min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Credits in all versions not merged yet; read v_attribution';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.credits_in_to_credits{{on_cluster}} TO {{database}}.credits AS
SELECT
  _gen, _partition, _offset, conversion_id, version, is_deleted != 0 AS is_deleted, site, visitor_id, user_id,
  session_id, goal, event_time, value_minor, currency, is_bot != 0 AS is_bot, reason, touch_session_ids,
  touch_started_at, touch_channels, touch_sources, touch_mediums, touch_campaigns, touches_omitted, models, credits,
  values_minor, assist_conversion_ids, assist_goals, assist_times, assists_omitted, definitions_number
FROM {{database}}.credits_in;

-- A conversion without a touchpoint has one row a model too, with touch 0: sums over channels stay whole.
CREATE OR REPLACE VIEW {{database}}.v_attribution{{on_cluster}} (
  conversion_id UUID COMMENT 'The macro conversion',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it; empty when unknown',
  goal LowCardinality(String) COMMENT 'Goal that was reached',
  event_time DateTime64(3, 'UTC') COMMENT 'When it was reached',
  model LowCardinality(String) COMMENT 'first_touch, last_touch, last_non_direct, linear, position_based or time_decay',
  touch Int64 COMMENT 'Number of the touchpoint in the path, 1 for the first; 0 where the path is empty',
  touches Int64 COMMENT 'Touchpoints in the path, 100 at most',
  touches_omitted Int64 COMMENT 'Touchpoints within the lookback that are left out, older than the first',
  session_id Nullable(UUID) COMMENT 'Session that is the touchpoint; null where the path is empty',
  touched_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that session started; null where the path is empty',
  channel String COMMENT 'Its channel; (no touch) where the path is empty',
  source String COMMENT 'Its source',
  medium String COMMENT 'Its medium',
  campaign String COMMENT 'Its campaign',
  credit Decimal(18, 6) COMMENT 'Share of the conversion; those of a conversion and model sum to 1',
  value Nullable(Decimal(38, 4)) COMMENT 'Share of its value net of refunds in major units of currency, summing to it; null without value',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  reason LowCardinality(String) COMMENT 'Why the credit was last written: conversion, restated, path, assists or order',
  definitions_version Int32 COMMENT 'Definitions whose rules credited it'
) AS
SELECT
  conversion_id, site, visitor_id, user_id, goal, event_time, model, touch, touches, touches_omitted, session_id, touched_at,
  channel, source, medium, campaign, toDecimal64(millionths, 6) / 1000000 AS credit,
  toDecimal128(minor, 4) / {{units_of_currency}} AS value, currency, reason, definitions_version
FROM (
  SELECT
    conversion_id, site, visitor_id, user_id, goal, event_time, currency, reason, is_untouched, touches, touches_omitted,
    definitions_number AS definitions_version, model, touch,
    if(is_untouched, NULL, touch_session_ids[touch]) AS session_id,
    if(is_untouched, NULL, touch_started_at[touch]) AS touched_at,
    if(is_untouched, '(no touch)', touch_channels[touch]) AS channel,
    touch_sources[touch] AS source, touch_mediums[touch] AS medium, touch_campaigns[touch] AS campaign,
    if(is_untouched, 1000000, shares[touch]) AS millionths,
    multiIf(isNull(value_minor), NULL, is_untouched, value_minor, minors[touch]) AS minor
  FROM (
    SELECT
      *, length(touch_session_ids)::Int64 AS touches, touches = 0 AS is_untouched,
      arrayResize(values_minor, length(models)) AS minors_of_models
    FROM {{database}}.credits FINAL
    WHERE NOT is_bot
  )
  ARRAY JOIN models AS model, credits AS shares, minors_of_models AS minors
  ARRAY JOIN if(is_untouched, [0], arrayEnumerate(touch_session_ids))::Array(Int64) AS touch
)
COMMENT 'What each touchpoint gets of each macro conversion under each model, bots left out';

-- The rows of credits name them, so what is left out of a credit is missing here, too: assists_omitted counts it.
CREATE OR REPLACE VIEW {{database}}.v_assists{{on_cluster}} (
  conversion_id UUID COMMENT 'The macro conversion',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it; empty when unknown',
  goal LowCardinality(String) COMMENT 'Macro goal that was reached',
  event_time DateTime64(3, 'UTC') COMMENT 'When it was reached',
  assist Int64 COMMENT 'Number of the micro conversion among those before it, 1 for the first',
  assists Int64 COMMENT 'Micro conversions listed for it, the latest 200 at most',
  assists_omitted Int64 COMMENT 'Micro conversions within the lookback that are left out, older than the first',
  micro_conversion_id UUID COMMENT 'The micro conversion',
  micro_goal LowCardinality(String) COMMENT 'Its goal',
  micro_time DateTime64(3, 'UTC') COMMENT 'When that was reached',
  seconds_to_macro Float64 COMMENT 'From micro_time to event_time'
) AS
SELECT
  conversion_id, site, visitor_id, user_id, goal, event_time, assist::Int64 AS assist,
  length(assist_goals)::Int64 AS assists, assists_omitted, assist_conversion_id AS micro_conversion_id,
  assist_goal AS micro_goal, assist_time AS micro_time,
  (toUnixTimestamp64Milli(event_time) - toUnixTimestamp64Milli(assist_time)) / 1000 AS seconds_to_macro
FROM (SELECT * FROM {{database}}.credits FINAL WHERE NOT is_bot)
ARRAY JOIN
  arrayEnumerate(assist_goals) AS assist, assist_conversion_ids AS assist_conversion_id, assist_goals AS assist_goal,
  assist_times AS assist_time
COMMENT 'The micro conversions of the visitor before each macro conversion, within the lookback, bots left out';
