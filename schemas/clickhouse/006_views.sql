-- The stable interface: names and meanings here stay, the tables below may change. Money is in major units.
CREATE OR REPLACE VIEW {{database}}.v_events{{on_cluster}} (
  event_id String COMMENT 'messageId as sent, or the id given at the door',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'anonymousId, of an alias without one previousId, else u:<userId>; empty for an event of nobody',
  user_id String COMMENT 'userId as sent, empty when unknown',
  type String COMMENT 'track, page, screen, identify, alias or group',
  name LowCardinality(String) COMMENT 'Canonical name (GA4 ecommerce vocabulary)',
  source_name String COMMENT 'The name as sent',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened',
  received_at DateTime64(3, 'UTC') COMMENT 'When it reached us',
  session_id Nullable(UUID) COMMENT 'Session it belongs to now; null for one without a visitor, an alias, or one of a server outside sessions',
  goals Array(String) COMMENT 'Goals it matched; v_conversions tells which of them counted',
  is_bot Bool COMMENT 'Labelled as automatic traffic',
  is_late Bool COMMENT 'Older than the watermark when it arrived',
  is_server Bool COMMENT 'Sent with a server key',
  url String COMMENT 'Page address as sent, less click ids where analytics was not consented to',
  host String COMMENT 'Host of url',
  path String COMMENT 'Path of url',
  title String COMMENT 'Page title',
  referrer String COMMENT 'Referring address as sent, less click ids where analytics was not consented to',
  referrer_host String COMMENT 'Host of referrer',
  source String COMMENT 'context.campaign.source, or utm_source of the address where context.campaign names nothing',
  medium String COMMENT 'context.campaign.medium or utm_medium, by the same rule',
  campaign String COMMENT 'context.campaign.name or utm_campaign, by the same rule',
  term String COMMENT 'context.campaign.term or utm_term, by the same rule',
  content String COMMENT 'context.campaign.content or utm_content, by the same rule',
  click_id_name String COMMENT 'Which click id the address carried: gclid, fbclid, …',
  click_id String COMMENT 'Its value',
  order_id String COMMENT 'Order it speaks of, empty when none',
  value Nullable(Decimal(38, 4)) COMMENT 'Value in major units of currency, null without value',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  coupon String COMMENT 'Coupon entered or applied',
  properties Map(String, String) COMMENT 'Remaining properties and traits; nested values as JSON text',
  consent Map(String, String) COMMENT 'Consent categories and their state at the time',
  user_agent String COMMENT 'As sent',
  device String COMMENT 'desktop, mobile, tablet, tv, console, wearable, embedded or empty',
  locale String COMMENT 'As sent',
  country String COMMENT 'ISO 3166-1 alpha-2 or empty',
  client_session_id String COMMENT 'The client''s own session id, empty when none',
  previous_id String COMMENT 'alias: the id used before',
  group_id String COMMENT 'group: the group joined',
  definitions_version Int32 COMMENT 'Definitions in force'
) AS
SELECT
  event_id, site, visitor_id, user_id, type, name, source_name, event_time, received_at,
  coalesce(own_moves.moved_to, moves.moved_to, events.session_id) AS session_id, goals, is_bot, is_late, is_server,
  url, host, path, title, referrer, referrer_host, source, medium, campaign, term, content, click_id_name, click_id,
  order_id, toDecimal128(value_minor, 4) / {{units_of_currency}} AS value, currency, coupon, properties, consent,
  user_agent, device, locale, country, client_session_id, previous_id, group_id,
  definitions_number AS definitions_version
FROM {{database}}.events AS events
LEFT JOIN (
  SELECT toNullable(session_id) AS moved, toNullable(merged_into) AS moved_to FROM {{database}}.session_moves FINAL
) AS moves ON moves.moved = events.session_id
LEFT JOIN (
  SELECT
    own._partition AS moved_partition, own.input_offset AS moved_offset,
    coalesce(further.merged_into, toNullable(own.session_id)) AS moved_to
  FROM (SELECT _partition, input_offset, session_id FROM {{database}}.event_moves FINAL) AS own
  LEFT JOIN (
    SELECT session_id, toNullable(merged_into) AS merged_into FROM {{database}}.session_moves FINAL
  ) AS further ON further.session_id = own.session_id
) AS own_moves ON own_moves.moved_partition = events._partition AND own_moves.moved_offset = events.input_offset
COMMENT 'Events, bots too, with the session each belongs to now';

CREATE OR REPLACE VIEW {{database}}.v_sessions{{on_cluster}} (
  session_id UUID COMMENT 'Immutable id',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Whose session',
  user_id String COMMENT 'Last user of the visitor that is known at its end, also where its events name none; empty when unknown',
  started_at DateTime64(3, 'UTC') COMMENT 'Time of its first event',
  ended_at DateTime64(3, 'UTC') COMMENT 'Time of its last event',
  duration_ms Int64 COMMENT 'ended_at minus started_at',
  events Int64 COMMENT 'Events in it',
  page_views Int64 COMMENT 'Page and screen views in it',
  entry_page String COMMENT 'Path of the first page',
  exit_page String COMMENT 'Path of the last page',
  referrer String COMMENT 'Referring address it came by',
  channel LowCardinality(String) COMMENT 'channel of the definitions, else of GA4 default channel group',
  source LowCardinality(String) COMMENT 'Traffic source',
  medium LowCardinality(String) COMMENT 'Traffic medium',
  campaign String COMMENT 'Campaign name',
  term String COMMENT 'Campaign term',
  content String COMMENT 'Campaign content',
  click_id_name LowCardinality(String) COMMENT 'Which click id it came with',
  click_id String COMMENT 'Its value, as ad networks take it back for an order',
  device LowCardinality(String) COMMENT 'desktop, mobile, tablet, tv, console, wearable, embedded or empty',
  country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 or empty',
  micro Int64 COMMENT 'Micro conversions in it',
  macro Int64 COMMENT 'Macro conversions in it',
  goals Array(String) COMMENT 'Macro and micro goals counted in it',
  value Map(String, Decimal(38, 4)) COMMENT 'Value of its macro conversions in major units by currency, net of refunds that came while it could be corrected',
  is_engaged Bool COMMENT 'Over 10 s, or two page views, or a conversion of a macro or micro goal',
  is_bounce Bool COMMENT 'Not engaged',
  is_new Bool COMMENT 'No earlier session of the visitor is known',
  cart_stage LowCardinality(String) COMMENT 'How far the cart came: none, product, cart, checkout, payment or purchase',
  state LowCardinality(String) COMMENT 'open or closed',
  end_reason LowCardinality(String) COMMENT 'gap, cap, midnight or campaign; empty while open',
  definitions_version Int32 COMMENT 'Definitions in force at its last change'
) AS
SELECT
  session_id, site, visitor_id, user_id, started_at, ended_at,
  dateDiff('millisecond', started_at, ended_at) AS duration_ms, events, page_views, entry_page, exit_page, referrer,
  channel, source, medium, campaign, term, content, click_id_name, click_id, device, country, micro, macro,
  arrayDistinct(goal_names) AS goals,
  mapFromArrays(
    arrayDistinct(arrayFilter((c, is_macro) -> is_macro = 1 AND c != '', goal_currencies, goal_macro)) AS currencies,
    arrayMap(
      currency -> toDecimal128(
        arraySum((minor, c, is_macro) -> if(is_macro = 1 AND c = currency, minor, 0), goal_values, goal_currencies, goal_macro),
        4
      ) / {{units_of_currency}},
      currencies
    )
  ) AS value,
  (duration_ms > 10000 OR page_views >= 2 OR micro + macro > 0)::Bool AS is_engaged, (NOT is_engaged)::Bool AS is_bounce,
  is_new, cart_stage, state, end_reason, definitions_number AS definitions_version
FROM {{database}}.sessions FINAL
WHERE NOT is_bot
COMMENT 'Sessions as they stand, bots left out';

CREATE OR REPLACE VIEW {{database}}.v_conversions{{on_cluster}} (
  conversion_id UUID COMMENT 'Immutable id',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who converted',
  user_id String COMMENT 'User of the event; where it names none, the last one of the visitor before it; empty when unknown',
  session_id Nullable(UUID) COMMENT 'Session of the event, null outside sessions',
  goal LowCardinality(String) COMMENT 'Goal that was reached',
  kind LowCardinality(String) COMMENT 'macro, micro or negative',
  class LowCardinality(String) COMMENT 'Class of a micro goal: process or secondary',
  event_id String COMMENT 'Event that reached it',
  event_name LowCardinality(String) COMMENT 'Its canonical name',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened',
  value Nullable(Decimal(38, 4)) COMMENT 'Value in major units of currency, net of refunds; null without value',
  refunded Decimal(38, 4) COMMENT 'What was refunded of it: gross is the sum of both',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  is_order_value Bool COMMENT 'value is what is left of the order''s own, the goal having value: event; false where the goal sets another one or none, and where it counts no orders',
  order_id String COMMENT 'Order, empty when none',
  order_status LowCardinality(String) COMMENT 'placed, partly_refunded, refunded or cancelled; empty where the goal counts no orders',
  coupon String COMMENT 'Coupon, empty when none',
  promotion String COMMENT 'Id of the promotion the event is about, else its name, empty when none',
  channel LowCardinality(String) COMMENT 'Channel of the session',
  source LowCardinality(String) COMMENT 'Source of the session',
  medium LowCardinality(String) COMMENT 'Medium of the session',
  campaign String COMMENT 'Campaign of the session',
  reason LowCardinality(String) COMMENT 'Why it was last written: conversion (it is new), session (that is another, or what it says of itself), order (what that comes to changed) or user',
  definitions_version Int32 COMMENT 'Definitions that counted it'
) AS
SELECT
  conversion_id, site, visitor_id, user_id, session_id, goal, kind, class, event_id, event_name, event_time,
  toDecimal128(value_minor, 4) / {{units_of_currency}} AS value, toDecimal128(refunded_minor, 4) / {{units_of_currency}} AS refunded,
  currency, is_order_value, order_id, order_status, coupon, promotion,
  channel, source, medium, campaign, reason, definitions_number AS definitions_version
FROM {{database}}.conversions FINAL
WHERE NOT is_bot
COMMENT 'Conversions as they stand, bots left out';

CREATE OR REPLACE VIEW {{database}}.v_channel_hourly{{on_cluster}} (
  hour DateTime('UTC') COMMENT 'Hour in which the session started',
  site LowCardinality(String) COMMENT 'The shop',
  channel LowCardinality(String) COMMENT 'channel of the definitions, else of GA4 default channel group',
  source LowCardinality(String) COMMENT 'Traffic source',
  medium LowCardinality(String) COMMENT 'Traffic medium',
  campaign String COMMENT 'Campaign name',
  goal LowCardinality(String) COMMENT 'Goal; empty on the row that counts sessions',
  currency LowCardinality(String) COMMENT 'Currency of value, empty without value',
  sessions Int64 COMMENT 'Sessions; 0 on goal rows',
  converting_sessions Int64 COMMENT 'Sessions with a macro conversion; on goal rows sessions that reached the goal',
  micro Int64 COMMENT 'Micro conversions; 0 on rows of goal empty',
  macro Int64 COMMENT 'Macro conversions; 0 on rows of goal empty',
  value Decimal(38, 4) COMMENT 'Value of the conversions in major units of currency, net of refunds that came while the session could be corrected'
) AS
SELECT
  hour, site, channel, source, medium, campaign, goal, currency,
  sum(rollup.sessions) AS sessions, sum(rollup.converting_sessions) AS converting_sessions,
  sum(rollup.micro) AS micro, sum(rollup.macro) AS macro,
  toDecimal128(sum(value_minor), 4) / {{units_of_currency}} AS value
FROM {{database}}.channel_hourly AS rollup
GROUP BY hour, site, channel, source, medium, campaign, goal, currency
HAVING sessions != 0 OR converting_sessions != 0 OR micro != 0 OR macro != 0 OR value != 0
COMMENT 'Sessions and conversions by hour of session start and campaign, bots left out';
