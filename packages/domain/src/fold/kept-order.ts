import type { CreditRow } from '../attribution/row.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { Millis } from '../event/event.ts'
import { orderSaidEveryMs } from '../order/fold.ts'
import { orderKeptMs } from '../order/orders.ts'
import { withItem } from '../state/list.ts'

/**
 * An order as its visitor remembers it. What was last said of it is kept as it was said: a refund comes when sessions and
 * touchpoints may be long forgotten, and divides what is left by the same credits.
 */
export interface KeptOrder {
  readonly order_id: string
  /** Of its last verdict, in topic order-events. */
  readonly order_offset: number
  /** Hash of what its goals were matched with; 0 for a withdrawn one. */
  readonly matched: number
  /** Stream time of its last verdict. */
  readonly touched_at: Millis
  readonly said: readonly SaidConversion[]
  /** Something was said of it that there was no room to keep: that stays as it is. */
  readonly is_cut: boolean
  /** About how many bytes it takes in Avro. */
  readonly size: number
}

export interface SaidConversion {
  readonly row: ConversionRow
  /** Null where it has none: it is no macro conversion. */
  readonly credit: CreditRow | null
}

interface Orders {
  orders: readonly KeptOrder[]
}

/**
 * Two days more than the fold of orders remembers one after it was last said: what it still decides must find what it is
 * about, and may be late.
 */
const ORDER_LIFETIME_MS = orderKeptMs + orderSaidEveryMs + 2 * 86_400_000
/** Bytes that a visitor's orders may take: of one who invents them without end the longest untouched go first. */
const MAX_SIZE = 256 * 1024
/** Of that, those of which no more is known than that they were there. */
const MAX_BARE_SIZE = 16 * 1024
/** One with a longer id would take the room of many. */
const MAX_BARE_ID = 100

/** Puts an order in its place, last; those before it that have no room any more are forgotten. */
export function keepOrder(visitor: Orders, order: Sizeless): void {
  const others = visitor.orders.filter(({ order_id }) => order_id !== order.order_id)
  visitor.orders = withinBounds(withItem(others, sized(order)))
}

/**
 * The longest untouched lose the micro conversions of their credits first, of which a count stays, then their credits, then
 * all but what tells that they were said; at last they are forgotten.
 */
function withinBounds(orders: readonly KeptOrder[]): readonly KeptOrder[] {
  if (ordersSize(orders) <= MAX_SIZE) return orders
  const kept = boundBare(shed(shed(shed(orders, withoutAssists), withoutCredits), bare))
  let size = ordersSize(kept)
  let from = 0
  while (size > MAX_SIZE && from < kept.length - 1) size -= kept[from++]?.size ?? 0
  return kept.slice(from)
}

type Sizeless = Omit<KeptOrder, 'size'>
/** Gives back the order itself where there is nothing to leave out. */
type Shedding = (order: Sizeless) => Sizeless

/** Makes as many of the longest untouched smaller as it takes, but never the last. */
function shed(orders: readonly KeptOrder[], smaller: Shedding): readonly KeptOrder[] {
  let size = ordersSize(orders)
  return orders.map((order, at) => {
    if (size <= MAX_SIZE || at === orders.length - 1) return order
    const less = smaller(order)
    if (less === order) return order
    const kept = { ...less, size: sizeOf(less) }
    size -= order.size - kept.size
    return kept
  })
}

function withoutAssists(order: Sizeless): Sizeless {
  if (!order.said.some(({ credit }) => credit !== null && credit.assist_goals.length > 0)) return order
  return { ...order, said: order.said.map(({ row, credit }) => ({ row, credit: credit && unassisted(credit) })) }
}

function unassisted(credit: CreditRow): CreditRow {
  const assists_omitted = credit.assists_omitted + credit.assist_goals.length
  return { ...credit, assist_conversion_ids: [], assist_goals: [], assist_times: [], assists_omitted }
}

function withoutCredits(order: Sizeless): Sizeless {
  if (!order.said.some(({ credit }) => credit !== null)) return order
  return { ...order, said: order.said.map(({ row }) => ({ row, credit: null })) }
}

/** Stays so that a verdict which is said again, after a crash, is not taken for that of a new order. */
function bare(order: Sizeless): Sizeless {
  if (isBare(order) || order.order_id.length > MAX_BARE_ID) return order
  return { ...order, matched: 0, said: [], is_cut: true }
}

/** No more is known of it than that it was there: what was said of it is not kept, or nothing that stands ever was. */
function isBare({ said }: Sizeless): boolean {
  return said.length === 0
}

/** Nothing can be said of it any more: what stands of it is not known. */
export function isLost(order: Sizeless): boolean {
  return order.is_cut && isBare(order)
}

/** Never without the last, which may be about to be said. */
function boundBare(orders: readonly KeptOrder[]): readonly KeptOrder[] {
  let excess = ordersSize(orders.filter(isBare)) - MAX_BARE_SIZE
  return orders.filter((order, at) => {
    if (excess <= 0 || !isBare(order) || at === orders.length - 1) return true
    excess -= order.size
    return false
  })
}

/** An order of a hundred goals can be too large by itself: then its credits, and if need be all of it, stay as they are. */
function sized(order: Sizeless): KeptOrder {
  const size = sizeOf(order)
  if (size <= MAX_SIZE || order.said.length === 0) return { ...order, size }
  const without = withoutCredits(order)
  return sized(without === order ? { ...order, said: [], is_cut: true } : without)
}

/** Notes what was said of orders, by whatever made it so. */
export function noteSaid(visitor: Orders, rows: readonly ConversionRow[], credits: readonly CreditRow[]): void {
  if (visitor.orders.length === 0 || rows.length + credits.length === 0) return
  const orders = visitor.orders.map((order) => {
    const said = saidAfter(order, rows, credits)
    return said === order.said ? order : sized({ ...order, said })
  })
  visitor.orders = withinBounds(orders)
}

function saidAfter(
  { order_id, said }: KeptOrder,
  rows: readonly ConversionRow[],
  credits: readonly CreditRow[],
): readonly SaidConversion[] {
  let now = said
  for (const row of rows) {
    const last = now.find((one) => one.row.conversion_id === row.conversion_id)
    if (last === undefined && (row.is_deleted === 1 || row.order_status === '' || row.order_id !== order_id)) continue
    const others = now.filter((one) => one !== last)
    now = row.is_deleted === 1 ? others : withItem(others, { row, credit: last?.credit ?? null })
  }
  for (const credit of credits) {
    if (credit.is_deleted === 1) continue
    const at = now.findIndex((one) => one.row.conversion_id === credit.conversion_id)
    const last = now[at]
    if (last !== undefined) now = now.with(at, { row: last.row, credit })
  }
  return now
}

/** Forgets orders that no verdict came of for 191 days: what comes now is no correction any more. */
export function forgetOrders(visitor: Orders, now: Millis): void {
  const isKept = (order: KeptOrder): boolean => dueOf(order) > now
  if (!visitor.orders.every(isKept)) visitor.orders = visitor.orders.filter(isKept)
}

/** First stream time at which an order is forgotten; undefined without any. */
export function ordersDue(orders: readonly KeptOrder[]): Millis | undefined {
  const [oldest] = orders
  return oldest === undefined ? undefined : dueOf(oldest)
}

function dueOf({ touched_at }: KeptOrder): Millis {
  return touched_at + ORDER_LIFETIME_MS + 1
}

/** About how many bytes they take in Avro, a character as one. */
export function ordersSize(orders: readonly KeptOrder[]): number {
  let size = 0
  for (const order of orders) size += order.size
  return size
}

function sizeOf({ order_id, said }: Sizeless): number {
  let size = 40 + order_id.length
  for (const { row, credit } of said) size += rowSize(row) + (credit === null ? 0 : creditSize(credit))
  return size
}

function rowSize(row: ConversionRow): number {
  const { site, visitor_id, user_id, goal, event_id, event_name, order_id, coupon, promotion } = row
  const { channel, source, medium, campaign } = row
  const texts = [site, visitor_id, user_id, goal, event_id, event_name, order_id, coupon, promotion, channel, source]
  return 130 + textSize(texts) + medium.length + campaign.length
}

function creditSize(credit: CreditRow): number {
  const { site, visitor_id, user_id, goal, models, assist_goals } = credit
  const { touch_channels, touch_sources, touch_mediums, touch_campaigns } = credit
  const names = [site, visitor_id, user_id, goal, ...models, ...assist_goals]
  const touches = [...touch_channels, ...touch_sources, ...touch_mediums, ...touch_campaigns]
  // A touchpoint has an id, a time, and of each model a share and an amount.
  return (
    130 +
    textSize(names) +
    textSize(touches) +
    touch_channels.length * (50 + 10 * models.length) +
    45 * assist_goals.length
  )
}

function textSize(texts: readonly string[]): number {
  let size = 0
  for (const { length } of texts) size += 1 + length
  return size
}
