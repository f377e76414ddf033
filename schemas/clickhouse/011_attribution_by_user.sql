-- Beside v_attribution, whose credits are made in stream along the path of one visitor: here a path goes over all visitors
-- of one user, as they are known when it is read, and ends as there: with the session that converted, whoever its user is
-- by its end. Another person's sessions on a shared device are in nobody else's path; those of nobody are in each one's.
-- Credits and money are rounded as there, so equal paths give equal rows.
CREATE OR REPLACE VIEW {{database}}.v_attribution_by_user{{on_cluster}} (
  conversion_id UUID COMMENT 'The macro conversion',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the conversion; where it has none, the only user of its visitor; empty when there is none or several',
  goal LowCardinality(String) COMMENT 'Goal that was reached',
  event_time DateTime64(3, 'UTC') COMMENT 'When it was reached',
  model String COMMENT 'first_touch, last_touch, last_non_direct or linear',
  touch Int64 COMMENT 'Number of the touchpoint in the path, 1 for the first; 0 where the path is empty',
  touches Int64 COMMENT 'Touchpoints in the path: sessions of all visitors of the user up to the one that converted, started up to 30 days before, without those of other users; without a user the path of v_attribution',
  session_id Nullable(UUID) COMMENT 'Session that is the touchpoint; null where the path is empty',
  touch_visitor_id String COMMENT 'Whose session that is; empty where the path is empty',
  touched_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that session started; null where the path is empty',
  channel String COMMENT 'Its channel; (no touch) where the path is empty',
  source String COMMENT 'Its source',
  medium String COMMENT 'Its medium',
  campaign String COMMENT 'Its campaign',
  credit Decimal(18, 6) COMMENT 'Share of the conversion; those of a conversion and model sum to 1',
  value Nullable(Decimal(38, 4)) COMMENT 'Share of its value net of refunds in major units of currency, summing to it; null without value',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value'
) AS
WITH
  macro AS (
    SELECT
      conversion_id, site, visitor_id, if(user_id != '', user_id, ifNull(only_user, '')) AS person, goal, event_time,
      value_minor, currency, session_id AS converting, touch_session_ids,
      arrayMap(
        (started_at, session_id, channel, source, medium, campaign) ->
          (started_at, session_id, visitor_id, toString(channel), toString(source), toString(medium), campaign),
        touch_started_at, touch_session_ids, touch_channels, touch_sources, touch_mediums, touch_campaigns
      ) AS own_path
    FROM (SELECT * FROM {{database}}.credits FINAL WHERE NOT is_bot) AS credits
    LEFT JOIN (
      SELECT site, visitor_id, any(user_id) AS only_user FROM {{database}}.v_visitor_users
      GROUP BY site, visitor_id HAVING count() = 1
    ) AS owners USING (site, visitor_id)
  ),
  -- The visitor who converted is among them even if no stored event names it together with the user.
  visitors AS (
    SELECT site, user_id AS person, visitor_id AS touch_visitor FROM {{database}}.v_visitor_users
    UNION DISTINCT
    SELECT site, person, visitor_id FROM macro WHERE person != ''
  ),
  -- Sessions of one visitor that start at once are in the order of its path in stream, where only that tells it.
  paths AS (
    SELECT
      conversion_id, any(converting) AS last, any(visitor_id) AS own, any(touch_session_ids) AS own_ids,
      arraySort(
        t -> (t.1, multiIf(t.3 != own, 0, has(own_ids, t.2), indexOf(own_ids, t.2), length(own_ids) + 1), toString(t.2)),
        groupArray(touchpoint)
      ) AS found,
      arrayFirstIndex(t -> ifNull(t.2 = last, false), found) AS at,
      if(at = 0, found, arraySlice(found, 1, at)) AS user_path
    FROM (
      SELECT conversion_id, site, visitor_id, person, event_time, converting, touch_session_ids
      FROM macro WHERE person != ''
    ) AS destinations
    INNER JOIN visitors USING (site, person)
    INNER JOIN (
      SELECT
        site, visitor_id AS touch_visitor, session_id, user_id AS touch_user, started_at,
        (started_at, session_id, visitor_id, toString(channel), toString(source), toString(medium), campaign) AS touchpoint
      FROM {{database}}.v_sessions
    ) AS sessions USING (site, touch_visitor)
    WHERE session_id = converting
      OR (started_at <= event_time AND started_at >= event_time - INTERVAL 30 DAY AND touch_user IN ('', person))
    GROUP BY conversion_id
  ),
  touched AS (
    SELECT *, if(person = '', own_path, user_path) AS path, length(path)::Int64 AS touches, arrayEnumerate(path)::Array(Int64) AS numbers
    FROM macro LEFT JOIN (SELECT conversion_id, user_path FROM paths) AS paths USING (conversion_id)
  ),
  shared AS (
    SELECT
      *, arrayLastIndex(t -> lower(t.5) != '(direct)' OR lower(t.6) NOT IN ('(none)', '(not set)'), path) AS non_direct,
      [
        arrayMap(n -> if(n = 1, 1000000, 0), numbers),
        arrayMap(n -> if(n = touches, 1000000, 0), numbers),
        arrayMap(n -> if(n = if(non_direct = 0, touches, non_direct), 1000000, 0), numbers),
        arrayMap(n -> intDiv(1000000, greatest(touches, 1)) + (n <= 1000000 % greatest(touches, 1)), numbers)
      ]::Array(Array(Int64)) AS shares_of_models
    FROM touched
  ),
  -- Whole minor units: each share rounded down, those with the largest remainders one more, the earlier first.
  divided AS (
    SELECT
      *, model, shares, abs(toInt128(ifNull(value_minor, 0))) AS amount,
      arrayMap(share -> amount * share % 1000000, shares) AS remainders,
      arrayMap(share -> intDiv(amount * share, 1000000), shares) AS floors,
      amount - arraySum(floors) AS rest,
      arraySort(n -> (-remainders[n], n), numbers) AS ranking,
      arrayMap((minor, n) -> (minor + (indexOf(ranking, n) <= rest)) * sign(ifNull(value_minor, 0)), floors, numbers) AS minors
    FROM shared
    ARRAY JOIN ['first_touch', 'last_touch', 'last_non_direct', 'linear'] AS model, shares_of_models AS shares
  )
SELECT
  conversion_id, site, visitor_id, person AS user_id, goal, event_time, model, touch, touches,
  if(touches = 0, NULL, path[touch].2) AS session_id, path[touch].3 AS touch_visitor_id,
  if(touches = 0, NULL, path[touch].1) AS touched_at, if(touches = 0, '(no touch)', path[touch].4) AS channel,
  path[touch].5 AS source, path[touch].6 AS medium, path[touch].7 AS campaign,
  toDecimal64(if(touches = 0, 1000000, shares[touch]), 6) / 1000000 AS credit,
  toDecimal128(multiIf(isNull(value_minor), NULL, touches = 0, value_minor, minors[touch]), 4) / {{units_of_currency}} AS value,
  currency
FROM divided
ARRAY JOIN if(touches = 0, [0], numbers)::Array(Int64) AS touch
COMMENT 'What each touchpoint gets of each macro conversion along all visitors of its user, computed at reading; bots left out';
