-- Rows of topic conversions land here and go on through the view; nothing is stored.
CREATE TABLE IF NOT EXISTS {{database}}.conversions_in{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique',
  conversion_id UUID COMMENT 'Immutable id',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted Int32 COMMENT '1 for a retracted conversion',
  reason String COMMENT 'Why this row was written: conversion, session, order or user; of one that is deleted why it counts no more',
  site String COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it',
  session_id Nullable(UUID) COMMENT 'Session of the event, null outside sessions',
  goal String COMMENT 'Goal that was reached',
  kind String COMMENT 'macro, micro or negative',
  class String COMMENT 'process, secondary or empty',
  event_id String COMMENT 'Event that reached it',
  event_name String COMMENT 'Its canonical name',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened',
  value_minor Nullable(Int64) COMMENT 'Value in minor units of currency, net of refunds; null without value',
  currency String COMMENT 'ISO 4217, empty without value',
  order_id String COMMENT 'Order, empty when none',
  order_status String COMMENT 'placed, partly_refunded, refunded or cancelled; empty when none',
  refunded_minor Int64 COMMENT 'Minor units netted off value_minor: gross is the sum of both',
  is_order_value Bool COMMENT 'The value is the order''s own, and not one that the goal sets; false for what is no order',
  coupon String COMMENT 'Coupon, empty when none',
  promotion String COMMENT 'Id of the promotion the event is about, else its name, empty when none',
  channel String COMMENT 'Channel of the session',
  source String COMMENT 'Source of the session',
  medium String COMMENT 'Medium of the session',
  campaign String COMMENT 'Campaign of the session',
  is_bot Int32 COMMENT '1 for automatic traffic',
  definitions_number Int32 COMMENT 'Definitions that counted it'
) ENGINE = Null
COMMENT 'Landing table of topic conversions';

-- A conversion's goal and event never change, so neither do its key and partition.
CREATE TABLE IF NOT EXISTS {{database}}.conversions{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique' CODEC(Delta(8), ZSTD(1)),
  conversion_id UUID COMMENT 'Immutable id',
  version Int64 COMMENT 'Input offset that caused this row: the highest wins',
  is_deleted UInt8 COMMENT '1 for a retracted conversion',
  reason LowCardinality(String) COMMENT 'Why this row was written: conversion, session, order or user; of one that is deleted why it counts no more',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it',
  session_id Nullable(UUID) COMMENT 'Session of the event, null outside sessions',
  goal LowCardinality(String) COMMENT 'Goal that was reached',
  kind LowCardinality(String) COMMENT 'macro, micro or negative',
  class LowCardinality(String) COMMENT 'process, secondary or empty',
  event_id String COMMENT 'Event that reached it',
  event_name LowCardinality(String) COMMENT 'Its canonical name',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened' CODEC(Delta(8), ZSTD(1)),
  value_minor Nullable(Int64) COMMENT 'Value in minor units of currency, net of refunds; null without value',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  order_id String COMMENT 'Order, empty when none',
  order_status LowCardinality(String) COMMENT 'placed, partly_refunded, refunded or cancelled; empty when none',
  refunded_minor Int64 COMMENT 'Minor units netted off value_minor: gross is the sum of both',
  is_order_value Bool COMMENT 'The value is the order''s own, and not one that the goal sets; false for what is no order',
  coupon String COMMENT 'Coupon, empty when none',
  promotion String COMMENT 'Id of the promotion the event is about, else its name, empty when none',
  channel LowCardinality(String) COMMENT 'Channel of the session',
  source LowCardinality(String) COMMENT 'Source of the session',
  medium LowCardinality(String) COMMENT 'Medium of the session',
  campaign String COMMENT 'Campaign of the session',
  is_bot Bool COMMENT '1 for automatic traffic',
  definitions_number Int32 COMMENT 'Definitions that counted it'
) ENGINE = {{replicated}}ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(event_time)
ORDER BY (site, toDate(event_time), goal, conversion_id)
SETTINGS {{dedup_window_setting}} = {{dedup_window}},
  min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Conversions in all versions not merged yet; read v_conversions';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.conversions_in_to_conversions{{on_cluster}} TO {{database}}.conversions AS
SELECT
  _gen, _partition, _offset,
  conversion_id, version, is_deleted != 0 AS is_deleted, reason, site, visitor_id, user_id, session_id, goal, kind,
  class, event_id, event_name, event_time, value_minor, currency, order_id, order_status,
  refunded_minor, is_order_value, coupon, promotion, channel,
  source, medium, campaign, is_bot != 0 AS is_bot, definitions_number
FROM {{database}}.conversions_in;
