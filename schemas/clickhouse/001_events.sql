-- One row for each labelled event. A plain MergeTree: events are never corrected, and a retried insert is recognised by
-- its deduplication token. Most questions name a site, days and an event; the visitor comes next so that one visitor's
-- events of a day lie together. LowCardinality and ZSTD only where reads gain: each such column costs the insert about 2%.
-- A part below 128 MiB is one file (compact): a file for each of 50 columns costs an insert a third more, and merges soon
-- make wide parts of them.
CREATE TABLE IF NOT EXISTS {{database}}.events{{on_cluster}} (
  _gen UInt16 COMMENT 'Generation of the load: raised by a rebuild',
  _partition UInt16 COMMENT 'Kafka partition the row came from',
  _offset UInt64 COMMENT 'Its offset there: (_gen, _partition, _offset) is unique' CODEC(Delta(8), ZSTD(1)),
  session_id Nullable(UUID) COMMENT 'Session at the time of writing (event_moves and session_moves tell of later ones); null for none',
  goals Array(String) COMMENT 'Goals the event matched',
  is_late Bool COMMENT 'Older than the watermark when it arrived',
  definitions_number Int32 COMMENT 'Definitions in force',
  appended_at DateTime64(3, 'UTC') COMMENT 'Broker append time of the raw event' CODEC(Delta(8), ZSTD(1)),
  input_offset Int64 COMMENT 'Offset in topic events' CODEC(Delta(8), ZSTD(1)),
  received_at DateTime64(3, 'UTC') COMMENT 'When ingest read the request, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
  sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Device clock when the batch was sent' CODEC(Delta(8), ZSTD(1)),
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened: the corrected device time, never later than received_at' CODEC(Delta(8), ZSTD(1)),
  ip String COMMENT 'Client address cut to /24 or /48, empty where consent is missing',
  content_hash Int32 COMMENT 'CRC-32 of the content fields as encoded: tells a repeated event from another one under the same id',
  event_id String COMMENT 'messageId, or an id given at the door',
  site LowCardinality(String) COMMENT 'The shop the write key belongs to',
  visitor_id String COMMENT 'anonymousId, of an alias without one previousId, else u:<userId>; empty for an event of nobody',
  user_id String COMMENT 'userId as sent, empty when unknown',
  type String COMMENT 'track, page, screen, identify, alias or group',
  name LowCardinality(String) COMMENT 'Canonical name (GA4 ecommerce vocabulary)',
  source_name String COMMENT 'The name as sent',
  is_server Bool COMMENT 'Sent with a server key',
  is_bot Bool COMMENT 'Labelled as automatic traffic',
  device_time Nullable(DateTime64(3, 'UTC')) COMMENT 'timestamp as sent' CODEC(Delta(8), ZSTD(1)),
  client_session_id String COMMENT 'The client''s own session id, empty when none',
  url String COMMENT 'Page address as sent, less click ids where analytics was not consented to' CODEC(ZSTD(1)),
  host String COMMENT 'Host of url, lower case',
  path String COMMENT 'Path of url',
  title String COMMENT 'Page title',
  referrer String COMMENT 'Referring address as sent, less click ids where analytics was not consented to' CODEC(ZSTD(1)),
  referrer_host String COMMENT 'Host of referrer, lower case',
  source String COMMENT 'utm_source or context.campaign.source',
  medium String COMMENT 'utm_medium',
  campaign String COMMENT 'utm_campaign',
  term String COMMENT 'utm_term',
  content String COMMENT 'utm_content',
  click_id_name String COMMENT 'gclid, fbclid, …: which click id the address carried',
  click_id String COMMENT 'Its value',
  user_agent String COMMENT 'As sent' CODEC(ZSTD(1)),
  device String COMMENT 'desktop, mobile, tablet, tv, console, wearable, embedded or empty',
  locale String COMMENT 'As sent',
  country String COMMENT 'ISO 3166-1 alpha-2 where the client gives it',
  consent Map(String, String) COMMENT 'Consent categories and their state at the time',
  previous_id String COMMENT 'alias: the id that was used before',
  group_id String COMMENT 'group: the group joined',
  order_id String COMMENT 'Order the event speaks of',
  value_minor Nullable(Int64) COMMENT 'Money value in the currency''s minor units',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty when the event has no value',
  coupon String COMMENT 'Coupon entered or applied',
  properties Map(String, String) COMMENT 'Remaining properties and traits; nested values as JSON text' CODEC(ZSTD(1)),
  INDEX offsets _offset TYPE minmax GRANULARITY 1
) ENGINE = {{replicated}}MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (site, toDate(event_time), name, visitor_id, event_time)
SETTINGS {{dedup_window_setting}} = {{dedup_window}}, min_bytes_for_wide_part = 134217728
COMMENT 'Labelled events as they were written; read v_events';
