/** How long after the purchase a refund or a cancellation still counts. */
const nettedMs = 180 * 86_400_000
/** Refunds of an order that count: the earliest. */
const mostRefunds = 100
/** Characters up to which a text is taken for a coupon. */
const longestCoupon = 500

/** Whether neither amount nor items were sent; those that could not be read are still among the properties. */
const isSilent = `(arrayAll(name -> properties[name] = '', ['value', 'revenue', 'total'])
      AND arrayAll(name -> properties[name] IN ('', '[]'), ['products', 'items']))`

/** Whether an event speaks of an order. */
export const isOrderEvent = `(order_id != '' AND name IN ('purchase', 'order_updated', 'refund', 'order_cancelled'))`

/**
 * What orders come to, out of table `events` alone. Parameter: `site`.
 *
 * CTE `orders`: one row an order that has a purchase: `deciding` and `buyer` are event and visitor of the one that says
 * whose it is, `gross` is null where no event gives it a value, `netted` what is taken off, `coupon` empty for none.
 */
export const orders = `by_server AS (
  SELECT DISTINCT order_id FROM events WHERE site = {site:String} AND ${isOrderEvent} AND is_server
),
order_events AS (
  SELECT order_id, event_id, name, visitor_id, is_server, value_minor, currency, ${isSilent} AS is_silent,
    if(lengthUTF8(coupon) <= ${longestCoupon}, coupon, '') AS named,
    toUnixTimestamp64Milli(event_time) AS at,
    (at, event_id) AS place
  FROM events WHERE site = {site:String} AND ${isOrderEvent}
    AND (name = 'purchase' OR is_server OR order_id NOT IN (SELECT order_id FROM by_server))
),
bought AS (
  SELECT order_id,
    argMin((event_id, visitor_id, at, named), (multiIf(visitor_id = '', 3, startsWith(visitor_id, 'u:'), 2, 1), place)) AS buying,
    greatest(buying.3, minIf(at, is_server)) AS since
  FROM order_events WHERE name = 'purchase' GROUP BY order_id
),
priced AS (
  SELECT order_id,
    argMaxIf((value_minor, currency), place, name = 'order_updated') AS updated,
    argMinIf((value_minor, currency), place, name = 'purchase' AND is_server) AS booked,
    argMinIf((value_minor, currency), place, name = 'purchase') AS shown,
    multiIf(countIf(name = 'order_updated') > 0, updated, countIf(name = 'purchase' AND is_server) > 0, booked, shown) AS price
  FROM order_events WHERE isNotNull(value_minor) AND name IN ('purchase', 'order_updated') GROUP BY order_id
),
couponed AS (
  SELECT order_id, argMin(named, place) AS first_named
  FROM order_events WHERE named != '' AND name IN ('purchase', 'order_updated') GROUP BY order_id
),
given_back AS (
  SELECT order_id, name, at, abs(value_minor) AS minor, currency FROM (
    SELECT * FROM order_events WHERE name = 'order_cancelled' OR (name = 'refund' AND (isNotNull(value_minor) OR is_silent))
    ORDER BY place LIMIT 1 BY order_id, name, event_id
  )
  ORDER BY place LIMIT ${mostRefunds} BY order_id, name
),
taken AS (
  SELECT order_id, buying, gross, currency,
    countIf(name = 'order_cancelled') > 0 AS is_cancelled, countIf(name = 'refund' AND isNull(minor)) > 0 AS is_whole,
    countIf(name = 'refund' AND isNotNull(minor) AND back_in = currency) AS parts,
    sumIf(assumeNotNull(minor), name = 'refund' AND isNotNull(minor) AND back_in = currency) AS back
  FROM (
    SELECT b.order_id AS order_id, b.buying AS buying, p.price.1 AS gross, p.price.2 AS currency, g.minor AS minor,
      g.currency AS back_in, if(g.at <= b.since + ${nettedMs}, g.name, '') AS name
    FROM bought AS b
    LEFT JOIN priced AS p ON p.order_id = b.order_id
    LEFT JOIN given_back AS g ON g.order_id = b.order_id
  )
  GROUP BY order_id, buying, gross, currency
),
orders AS (
  SELECT order_id, buying.1 AS deciding, buying.2 AS buyer, gross, currency,
    multiIf(is_cancelled, 'cancelled', is_whole OR (isNotNull(gross) AND parts > 0 AND back >= gross), 'refunded',
      back > 0, 'partly_refunded', 'placed') AS status,
    toInt64(multiIf(isNull(gross), 0, status IN ('cancelled', 'refunded'), assumeNotNull(gross), back)) AS netted,
    if(buying.4 != '', buying.4, first_named) AS coupon
  FROM taken LEFT JOIN couponed USING (order_id)
)`
