-- One row an order, whichever goals count it: one conversion of it stands for the order. Only of a goal with value: event
-- is what it is worth the order's; another one's margin or fixed amount is no money of the order, and no refund in part
-- takes anything off it.
CREATE OR REPLACE VIEW {{database}}.v_orders{{on_cluster}} (
  order_id String COMMENT 'As the shop names it',
  site LowCardinality(String) COMMENT 'The shop',
  visitor_id String COMMENT 'Who bought: a visitor, or u:<userId> where no event of the order names one; empty for nobody',
  user_id String COMMENT 'User of the purchase; where it names none, the last one of the visitor before it; empty when unknown',
  session_id Nullable(UUID) COMMENT 'Session of the purchase, null outside sessions',
  event_time DateTime64(3, 'UTC') COMMENT 'When it was placed: time of the purchase that decides whose order it is',
  order_status LowCardinality(String) COMMENT 'placed, partly_refunded, refunded or cancelled',
  currency LowCardinality(String) COMMENT 'ISO 4217, empty without value, and where no goal with value: event counts it',
  gross Nullable(Decimal(38, 4)) COMMENT 'The order''s own value before refunds in major units of currency; null without value, and where no goal with value: event counts it',
  refunded Decimal(38, 4) COMMENT 'What was refunded of gross; all of it for a cancelled order, 0 where gross is null',
  net Nullable(Decimal(38, 4)) COMMENT 'gross minus refunded, null where gross is',
  coupon String COMMENT 'Coupon, empty when none',
  promotion String COMMENT 'Promotion, empty when none',
  channel LowCardinality(String) COMMENT 'Channel of the session',
  source LowCardinality(String) COMMENT 'Source of the session',
  medium LowCardinality(String) COMMENT 'Medium of the session',
  campaign String COMMENT 'Campaign of the session',
  goal LowCardinality(String) COMMENT 'Goal whose conversion this is: of several one with value: event before others, of these a macro one, of these the first by name'
) AS
SELECT
  order_id, site, visitor_id, user_id, session_id, event_time, order_status,
  toLowCardinality(if(is_order_value, toString(own.currency), '')) AS currency,
  if(is_order_value, own.value + own.refunded, NULL) AS gross,
  if(is_order_value, own.refunded, toDecimal128(0, 4)) AS refunded,
  if(is_order_value, own.value, NULL) AS net, coupon, promotion, channel, source, medium, campaign, goal
FROM {{database}}.v_conversions AS own
WHERE order_status != ''
ORDER BY NOT is_order_value, kind != 'macro', goal
LIMIT 1 BY site, order_id
COMMENT 'Orders that a goal with dedupe_by counts, as they stand, bots left out';
