-- Who was identified as whom: a row for each visitor and user that an event names together. An alias names a second
-- visitor, the one it was before. Two users of one device are two rows: nothing is merged. An event that is labelled as a
-- bot's says nothing of who is who, but for a server's: it names the agent of a program where it knows no other. What its
-- visitor's session turns out to be does not matter, as rows are only added to.
-- _partition is a key because the owner of a Kafka partition repairs its slice alone (visitor_users_facts minus this).
CREATE TABLE IF NOT EXISTS {{database}}.visitor_users{{on_cluster}} (
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'The visitor',
  user_id String COMMENT 'A user the visitor was identified as',
  _partition UInt16 COMMENT 'Kafka partition the events came from',
  first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'Time of the first event, no bot''s, that names both',
  last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Time of the last',
  events SimpleAggregateFunction(sum, Int64) COMMENT 'Events that name both, bots'' left out'
) ENGINE = {{replicated}}AggregatingMergeTree
ORDER BY (site, visitor_id, user_id, _partition)
SETTINGS {{dedup_window_setting}} = {{dedup_window}}
COMMENT 'Visitors and the users they were identified as, not aggregated yet; read v_visitor_users';

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.events_to_visitor_users{{on_cluster}} TO {{database}}.visitor_users AS
SELECT
  site, visitor AS visitor_id, user_id, _partition,
  min(event_time) AS first_seen, max(event_time) AS last_seen, toInt64(count()) AS events
FROM (
  SELECT
    site, user_id, _partition, event_time,
    arrayJoin(arrayDistinct(arrayFilter(
      v -> v != '', [visitor_id, if(type = 'alias', previous_id, '')]
    ))) AS visitor
  FROM {{database}}.events
  WHERE user_id != '' AND (NOT is_bot OR is_server)
)
GROUP BY site, visitor, user_id, _partition;

-- What visitor_users must hold, from the events: repair inserts the difference.
CREATE OR REPLACE VIEW {{database}}.visitor_users_facts{{on_cluster}} AS
SELECT
  site, visitor AS visitor_id, user_id, _partition,
  min(event_time) AS first_seen, max(event_time) AS last_seen, toInt64(count()) AS events
FROM (
  SELECT
    site, user_id, _partition, event_time,
    arrayJoin(arrayDistinct(arrayFilter(
      v -> v != '', [visitor_id, if(type = 'alias', previous_id, '')]
    ))) AS visitor
  FROM {{database}}.events
  WHERE user_id != '' AND (NOT is_bot OR is_server)
)
GROUP BY site, visitor, user_id, _partition;

-- Times are cast to the plain type: a filter on one that tells how it is aggregated is refused.
CREATE OR REPLACE VIEW {{database}}.v_visitor_users{{on_cluster}} (
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'The visitor: of an alias also the former id',
  user_id String COMMENT 'A user the visitor was identified as; several users of one device are several rows',
  first_seen DateTime64(3, 'UTC') COMMENT 'Time of the first event, no bot''s, that names both',
  last_seen DateTime64(3, 'UTC') COMMENT 'Time of the last',
  events Int64 COMMENT 'Events that name both, bots'' left out'
) AS
SELECT
  site, visitor_id, user_id,
  CAST(min(links.first_seen), 'DateTime64(3, \'UTC\')') AS first_seen,
  CAST(max(links.last_seen), 'DateTime64(3, \'UTC\')') AS last_seen,
  sum(links.events) AS events
FROM {{database}}.visitor_users AS links
GROUP BY site, visitor_id, user_id
COMMENT 'Visitors and the users they were identified as, bots left out';
