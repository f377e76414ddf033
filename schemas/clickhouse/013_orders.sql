-- One row an order, whichever goals count it: the conversion of a macro goal stands for it.
CREATE OR REPLACE VIEW {{database}}.v_orders{{on_cluster}} (
  order_id String COMMENT 'As the shop names it',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who bought: a visitor, or u:<userId> where no event of the order names one; empty for nobody',
  user_id String COMMENT 'User of the purchase; where it names none, the last one of the visitor before it; empty when unknown',
  session_id Nullable(UUID) COMMENT 'Session of the purchase, null outside sessions',
  event_time DateTime64(3, 'UTC') COMMENT 'When it was placed: time of the purchase that decides whose order it is',
  order_status LowCardinality(String) COMMENT 'placed, partly_refunded, refunded or cancelled',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value',
  gross Nullable(Decimal(38, 4)) COMMENT 'Value before refunds in major units of currency, null without value',
  refunded Decimal(38, 4) COMMENT 'What was refunded of it; all of it for a cancelled order',
  net Nullable(Decimal(38, 4)) COMMENT 'gross minus refunded, null without value',
  coupon String COMMENT 'Coupon, empty when none',
  channel LowCardinality(String) COMMENT 'Channel of the session',
  source LowCardinality(String) COMMENT 'Source of the session',
  medium LowCardinality(String) COMMENT 'Medium of the session',
  campaign String COMMENT 'Campaign of the session',
  goal LowCardinality(String) COMMENT 'Goal whose conversion this is: of several the first macro goal by name'
) AS
SELECT
  order_id, site, visitor_id, user_id, session_id, event_time, order_status, currency, value + refunded AS gross, refunded,
  value AS net, coupon, channel, source, medium, campaign, goal
FROM {{database}}.v_conversions
WHERE order_status != ''
ORDER BY kind != 'macro', goal
LIMIT 1 BY site, order_id
COMMENT 'Orders that a goal with dedupe_by counts, as they stand, bots left out';
