-- One row each time a barrier passed the sink: every row caused by input before its flush tick is queryable. Rows may
-- repeat after a crash; readers count distinct (topic, partition).
CREATE TABLE IF NOT EXISTS {{database}}.barriers{{on_cluster}} (
  flush_id String COMMENT 'The flush that was asked for',
  topic LowCardinality(String) COMMENT 'Topic whose rows are in',
  partition UInt16 COMMENT 'Its partition',
  offset UInt64 COMMENT 'Offset of the barrier in that partition',
  at DateTime64(3, 'UTC') COMMENT 'When the sink passed it'
) ENGINE = {{replicated}}MergeTree
ORDER BY (flush_id, topic, partition)
TTL toDateTime(at) + INTERVAL 1 DAY
COMMENT 'Barriers that passed the sink; kept for a day';

-- Whoever asked the sink to stand still at a barrier lets it go on by a row here.
CREATE TABLE IF NOT EXISTS {{database}}.barrier_releases{{on_cluster}} (
  flush_id String COMMENT 'The flush whose barriers may be passed',
  at DateTime64(3, 'UTC') COMMENT 'When it was released'
) ENGINE = {{replicated}}MergeTree
ORDER BY flush_id
TTL toDateTime(at) + INTERVAL 1 DAY
COMMENT 'Barriers the sink need not stand still at any longer; kept for a day';
