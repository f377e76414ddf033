-- Rows of topic sessions land here and go on through the views; nothing is stored.
CREATE TABLE IF NOT EXISTS {{database}}.sessions_in{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique',
  session_id UUID COMMENT 'Immutable id',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted Int32 COMMENT '1 for a retracted session',
  site String COMMENT 'The shop',
  visitor_id String COMMENT 'Whose session',
  user_id String COMMENT 'Last user of the visitor that is known at its end, empty when none',
  id_time DateTime64(3, 'UTC') COMMENT 'Event time of the first-arrived event: the immutable part of the id',
  started_at DateTime64(3, 'UTC') COMMENT 'First event time',
  ended_at DateTime64(3, 'UTC') COMMENT 'Last event time',
  events Int64 COMMENT 'Events in the session',
  page_views Int64 COMMENT 'Events named page_view or screen_view',
  entry_page String COMMENT 'Path of the earliest event with a page',
  exit_page String COMMENT 'Path of the latest',
  referrer String COMMENT 'Referring address of the event that names the source',
  channel String COMMENT 'channel of the definitions, else of GA4 default channel group',
  source String COMMENT 'Traffic source',
  medium String COMMENT 'Traffic medium',
  campaign String COMMENT 'Campaign name',
  term String COMMENT 'Campaign term',
  content String COMMENT 'Campaign content',
  click_id_name String COMMENT 'Which click id the address carried',
  click_id String COMMENT 'Its value',
  device String COMMENT 'desktop, mobile, tablet, tv, console, wearable, embedded or empty',
  country String COMMENT 'ISO 3166-1 alpha-2 or empty',
  is_bot Int32 COMMENT '1 when any event is automatic traffic',
  is_new Int32 COMMENT '1 when no earlier session of the visitor is known',
  cart_stage String COMMENT 'How far the cart came: none, product, cart, checkout, payment or purchase',
  state String COMMENT 'open, closed or retracted',
  end_reason String COMMENT 'gap, cap, midnight or campaign; empty while open',
  merged_into Nullable(UUID) COMMENT 'Where the events of a retracted session went',
  moved_offsets Array(Int64) COMMENT 'Input offsets of events that have joined it after they were labelled otherwise',
  micro Int64 COMMENT 'Micro conversions',
  macro Int64 COMMENT 'Macro conversions',
  goal_names Array(String) COMMENT 'Goals counted in the session, one entry a goal and currency',
  goal_currencies Array(String) COMMENT 'Currency of each, empty for goals without value',
  goal_macro Array(Int32) COMMENT '1 for a macro goal, 0 for a micro goal',
  goal_converted Array(Int32) COMMENT '1 on the goal''s first currency, so that converting sessions add up',
  goal_counts Array(Int64) COMMENT 'Conversions of each',
  goal_values Array(Int64) COMMENT 'Value of each in minor units',
  definitions_number Int32 COMMENT 'Definitions in force at the last change',
  counted Int32 COMMENT '1 when the row counts in roll-ups (not a bot, not retracted)',
  prev_counted Int32 COMMENT '1 when it replaces a row that counted',
  prev_started_at DateTime64(3, 'UTC') COMMENT 'started_at of the row it replaces',
  prev_channel String COMMENT 'channel of the row it replaces',
  prev_source String COMMENT 'source of the row it replaces',
  prev_medium String COMMENT 'medium of the row it replaces',
  prev_campaign String COMMENT 'campaign of the row it replaces',
  prev_goal_names Array(String) COMMENT 'goal_names of the row it replaces',
  prev_goal_currencies Array(String) COMMENT 'goal_currencies of the row it replaces',
  prev_goal_macro Array(Int32) COMMENT 'goal_macro of the row it replaces',
  prev_goal_converted Array(Int32) COMMENT 'goal_converted of the row it replaces',
  prev_goal_counts Array(Int64) COMMENT 'goal_counts of the row it replaces',
  prev_goal_values Array(Int64) COMMENT 'goal_values of the row it replaces'
) ENGINE = Null
COMMENT 'Landing table of topic sessions';

-- The key and the partition come from the immutable part of a session: a row whose start moves to another month by a late
-- event must still replace the earlier one.
CREATE TABLE IF NOT EXISTS {{database}}.sessions{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique' CODEC(Delta(8), ZSTD(1)),
  session_id UUID COMMENT 'Immutable id',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted UInt8 COMMENT '1 for a retracted session',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Whose session',
  user_id String COMMENT 'Last user of the visitor that is known at its end, empty when none',
  id_time DateTime64(3, 'UTC') COMMENT 'Event time of the first-arrived event: the immutable part of the id' CODEC(Delta(8), ZSTD(1)),
  started_at DateTime64(3, 'UTC') COMMENT 'First event time' CODEC(Delta(8), ZSTD(1)),
  ended_at DateTime64(3, 'UTC') COMMENT 'Last event time' CODEC(Delta(8), ZSTD(1)),
  events Int64 COMMENT 'Events in the session',
  page_views Int64 COMMENT 'Events named page_view or screen_view',
  entry_page String COMMENT 'Path of the earliest event with a page',
  exit_page String COMMENT 'Path of the latest',
  referrer String COMMENT 'Referring address of the event that names the source',
  channel LowCardinality(String) COMMENT 'channel of the definitions, else of GA4 default channel group',
  source LowCardinality(String) COMMENT 'Traffic source',
  medium LowCardinality(String) COMMENT 'Traffic medium',
  campaign String COMMENT 'Campaign name',
  term String COMMENT 'Campaign term',
  content String COMMENT 'Campaign content',
  click_id_name LowCardinality(String) COMMENT 'Which click id the address carried',
  click_id String COMMENT 'Its value',
  device LowCardinality(String) COMMENT 'desktop, mobile, tablet, tv, console, wearable, embedded or empty',
  country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 or empty',
  is_bot Bool COMMENT '1 when any event is automatic traffic',
  is_new Bool COMMENT '1 when no earlier session of the visitor is known',
  cart_stage LowCardinality(String) COMMENT 'How far the cart came: none, product, cart, checkout, payment or purchase',
  state LowCardinality(String) COMMENT 'open, closed or retracted',
  end_reason LowCardinality(String) COMMENT 'gap, cap, midnight or campaign; empty while open',
  merged_into Nullable(UUID) COMMENT 'Where the events of a retracted session went',
  micro Int64 COMMENT 'Micro conversions',
  macro Int64 COMMENT 'Macro conversions',
  goal_names Array(LowCardinality(String)) COMMENT 'Goals counted in the session, one entry a goal and currency',
  goal_currencies Array(LowCardinality(String)) COMMENT 'Currency of each, empty for goals without value',
  goal_macro Array(Int32) COMMENT '1 for a macro goal, 0 for a micro goal',
  goal_converted Array(Int32) COMMENT '1 on the goal''s first currency, so that converting sessions add up',
  goal_counts Array(Int64) COMMENT 'Conversions of each',
  goal_values Array(Int64) COMMENT 'Value of each in minor units',
  definitions_number Int32 COMMENT 'Definitions in force at the last change',
  counted Bool COMMENT '1 when the row counts in roll-ups (not a bot, not retracted)'
) ENGINE = {{replicated}}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(id_time)
ORDER BY (site, toDate(id_time), session_id, visitor_id)
SETTINGS {{dedup_window_setting}} = {{dedup_window}},
  min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Sessions in all versions not merged yet; read v_sessions';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.sessions_in_to_sessions{{on_cluster}} TO {{database}}.sessions AS
SELECT
  _gen, _partition, _offset,
  session_id, version, is_deleted != 0 AS is_deleted, site, visitor_id, user_id, id_time, started_at,
  ended_at, events, page_views, entry_page, exit_page, referrer, channel, source, medium, campaign, term,
  content, click_id_name, click_id, device, country, is_bot != 0 AS is_bot,
  is_new != 0 AS is_new, cart_stage, state, end_reason, merged_into, micro,
  macro, goal_names, goal_currencies, goal_macro, goal_converted, goal_counts, goal_values,
  definitions_number, counted != 0 AS counted
FROM {{database}}.sessions_in;

-- Events written under a session that was merged away: where they are now.
CREATE TABLE IF NOT EXISTS {{database}}.session_moves{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique' CODEC(Delta(8), ZSTD(1)),
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Whose session',
  session_id UUID COMMENT 'Session the events were written under',
  merged_into UUID COMMENT 'Session they belong to now',
  version Int64 COMMENT 'Input offset that caused the move: the highest wins'
) ENGINE = {{replicated}}ReplacingMergeTree(version)
ORDER BY session_id
SETTINGS {{dedup_window_setting}} = {{dedup_window}},
  min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Sessions merged away and the sessions that took their events';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.sessions_in_to_session_moves{{on_cluster}} TO {{database}}.session_moves AS
SELECT _gen, _partition, _offset, site, visitor_id, session_id, assumeNotNull(merged_into) AS merged_into, version
FROM {{database}}.sessions_in
WHERE is_deleted != 0 AND isNotNull(merged_into);

-- Single events that are not in the session they were written under, nor in the one that took that: where they are now.
CREATE TABLE IF NOT EXISTS {{database}}.event_moves{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from, and the event',
  _offset UInt64 COMMENT 'Offset of the session row that says so' CODEC(Delta(8), ZSTD(1)),
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Whose event',
  input_offset Int64 COMMENT 'Input offset of the event: with _partition it is unique',
  session_id UUID COMMENT 'Session it joined, which may have been merged into another since',
  version Int64 COMMENT 'Input offset that caused the row: the highest wins'
) ENGINE = {{replicated}}ReplacingMergeTree(version)
ORDER BY (_partition, input_offset)
SETTINGS {{dedup_window_setting}} = {{dedup_window}},
  min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Single events that joined another session than they were written under';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.sessions_in_to_event_moves{{on_cluster}} TO {{database}}.event_moves AS
SELECT _gen, _partition, _offset, site, visitor_id, arrayJoin(moved_offsets) AS input_offset, session_id, version
FROM {{database}}.sessions_in;
