-- One row each time a barrier passed the sink: every row caused by input before its flush tick is queryable. Rows may
-- repeat after a crash; readers count distinct (topic, partition).
CREATE TABLE IF NOT EXISTS {{database}}.barriers (
  flush_id String COMMENT 'The flush that was asked for',
  topic LowCardinality(String) COMMENT 'Topic whose rows are in',
  partition UInt16 COMMENT 'Its partition',
  offset UInt64 COMMENT 'Offset of the barrier in that partition',
  at DateTime64(3, 'UTC') COMMENT 'When the sink passed it'
) ENGINE = MergeTree
ORDER BY (flush_id, topic, partition)
TTL toDateTime(at) + INTERVAL 1 DAY
COMMENT 'Barriers that passed the sink; kept for a day';
