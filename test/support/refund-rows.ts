import { setTimeout as delay } from 'node:timers/promises'
import type { CreditRow, SessionRow, StorefrontEvent } from '@cairn/domain'
import { createCodec, readCatalog, topicName, type Decoded, type TopicKind } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { begin, judged, type Around, type AttributionRow, type Begun } from './attribution-rows.ts'
import { redeploy } from './redeploy.ts'
import type { Difference } from './replay.ts'
import { readPlaced, stand, wrong, type Placed, type Standing } from './standing.ts'
import { readUncommitted } from './uncommitted.ts'
import { endsByItsFault } from './workers.ts'

/** Fault rows of the one transaction in which a refund restates a conversion and its credits; see attribution-rows.ts. */

export type RefundPoint = 'attribution.after-produce' | 'attribution.after-commit'

/** Whether the session of the purchase can still be corrected when the refund comes, or was let go. */
export type When = 'in time' | 'late'

/**
 * A visitor comes by google and by newsletter, 40 minutes apart, and buys for 10.00, of which 3.00 is given back at once.
 * Then 2.00 more is. The owner is killed at a fault point of exactly the transaction in which the fold of visitors takes
 * that in; another goes on from what it left.
 */
export function killedInRefund(point: RefundPoint, around: Around, when: When = 'in time'): AttributionRow {
  return async (root) => {
    const begun = await begin(`refund-${when.replace(' ', '-')}`, root, around)
    const { namespace, traffic, worker, more } = begun
    await buyAndLeave(begun, when)
    // All that comes to topic `events` now is the verdict that the fold of orders makes of it.
    await traffic.sendThese([refunded('second', sites[when], 200)], 'order-events')
    const victim = worker({ CAIRN_FAULT: `${point}=kill@1` })
    await endsByItsFault(victim)
    await expectRestated(namespace)
    await more()
    const next = worker()
    await traffic.drain()
    const standing = await standingAfter(namespace, when)
    return [...(await judged(traffic, next)), ...standing]
  }
}

/** What comes before the refund that the owner is killed in, its own event in topic `events` included. */
async function buyAndLeave({ namespace, traffic, worker }: Begun, when: When): Promise<void> {
  const site = sites[when]
  await redeploy(namespace, { sites: { [sites.late]: { session: { gap: '5s', grace: '10s' } } } })
  const before = worker()
  // Whoever lets a session go within seconds must be there when its order comes.
  await traffic.drain()
  await traffic.sendThese([
    seen('first', site, 0, 'google'),
    seen('second', site, 40, 'newsletter'),
    bought(site),
    refunded('first', site, 300),
  ])
  await traffic.drain()
  // Nothing tells of it before a tick comes: the time itself is the condition.
  if (when === 'late') await delay(correctableMs)
  await traffic.sendThese([refunded('second', site, 200)], 'events')
  // Of the sessions that are to be let go by now it is the tick that lets them.
  await traffic.drain()
  // Its checkpoint has all so far: whoever comes next has the verdict alone in its first transaction.
  await before.stop()
}

const visitor_id = 'refunded'
const order_id = 'given-back'
const sites = { 'in time': 'shop', late: 'hasty' } as const
/** Gap and grace of the hasty site, in stream time. */
const correctableMs = 15_000
const minute = 60_000
const began = Date.now() - 120 * minute

function seen(visit: string, site: string, minutes: number, source: string): StorefrontEvent {
  const event_time = began + minutes * minute
  return buildEvent({ event_id: `seen-${visit}`, site, visitor_id, event_time, name: 'page_view', path: '/', source })
}

function bought(site: string): StorefrontEvent {
  const money = { order_id, value_minor: 1000, currency: 'EUR' }
  return buildEvent({
    event_id: 'buys',
    site,
    visitor_id,
    event_time: began + 40 * minute + 1_000,
    name: 'purchase',
    ...money,
  })
}

function refunded(which: string, site: string, value_minor: number): StorefrontEvent {
  const who = { site, visitor_id: 'u:clerk', is_server: true }
  const what = { name: 'refund', order_id, value_minor, currency: 'EUR' }
  return buildEvent({ event_id: `${which}-refund`, event_time: Date.now(), ...who, ...what })
}

const codec = createCodec(readCatalog())

/** Fails unless the killed owner had written the conversion as the second refund leaves it. */
async function expectRestated(namespace: string): Promise<void> {
  const isRestated = (value: Buffer): boolean => {
    const decoded = codec.decode(value)
    if (!decoded.ok || decoded.kind !== 'conversion') return false
    return decoded.value.order_id === order_id && decoded.value.value_minor === left.value_minor
  }
  const isThere = (values: readonly Buffer[]): boolean => values.some(isRestated)
  await readUncommitted([topicName(namespace, 'conversions')], isThere).catch((cause: unknown) => {
    throw new Error('the worker was killed in a transaction without the refund', { cause })
  })
}

/** 10.00 - 3.00 - 2.00. */
const left = { value_minor: 500, refunded_minor: 500, order_status: 'partly_refunded' } as const

/** What each model leaves to the visit by google and to that by newsletter: 40 minutes are nothing to a half-life of a week. */
const shares: Readonly<Record<string, readonly [number, number]>> = {
  first_touch: [500, 0],
  last_touch: [0, 500],
  last_non_direct: [0, 500],
  linear: [250, 250],
  position_based: [250, 250],
  time_decay: [250, 250],
}

/** What its session counts: what was left when it could be corrected last. */
const counted: Readonly<Record<When, number>> = { 'in time': 500, late: 700 }

/**
 * What differs of what must stand in the end, whatever the fold says: one live conversion of the order, one live credit of
 * it, and the session as it was last said.
 */
async function standingAfter(namespace: string, when: When): Promise<Difference[]> {
  const [conversions, credits, sessions] = [new Map<string, Standing>(), new Map<string, Standing>(), new Map<string, Standing>()] // prettier-ignore
  let session: string | null = ''
  for (const { row, place } of await rowsOf(namespace, 'conversions', 'conversion')) {
    const { value_minor, refunded_minor, order_status } = row
    const said = { value_minor, refunded_minor, order_status }
    session = row.session_id
    stand(conversions, row, { ...place, order: row.order_id, isRight: JSON.stringify(said) === JSON.stringify(left) })
  }
  for (const { row, place } of await rowsOf(namespace, 'credits', 'credit'))
    stand(credits, row, { ...place, order: order_id, isRight: isShared(row) })
  for (const { row, place } of await rowsOf(namespace, 'sessions', 'session')) {
    const standing = { ...place, order: order_id, isRight: isCounted(row, when) }
    if (row.session_id === session) sessions.set(session, standing)
  }
  return [
    ...wrong('conversions', conversions, order_id),
    ...wrong('credits', credits, order_id),
    ...wrong('sessions', sessions, order_id),
  ]
}

type Kind = 'conversion' | 'credit' | 'session'
type RowOf<K extends Kind> = Extract<Decoded, { ok: true; kind: K }>['value']

/** The visitor's rows in a topic, in order. */
async function rowsOf<K extends Kind>(namespace: string, topic: TopicKind, kind: K) {
  const found: { readonly row: RowOf<K>; readonly place: Omit<Placed, 'value'> }[] = []
  for (const { value, ...place } of await readPlaced(namespace, topic)) {
    const decoded = codec.decode(value)
    if (!decoded.ok || decoded.kind !== kind || decoded.value.visitor_id !== visitor_id) continue
    found.push({ row: decoded.value as RowOf<K>, place })
  }
  return found
}

function isShared({ models, values_minor, value_minor }: CreditRow): boolean {
  const given = Object.fromEntries(models.map((model, at) => [model, values_minor[at]]))
  const isWhole = values_minor.every((values) => values.reduce((sum, one) => sum + one, 0) === left.value_minor)
  return value_minor === left.value_minor && isWhole && JSON.stringify(given) === JSON.stringify(shares)
}

function isCounted({ goal_names, goal_values }: SessionRow, when: When): boolean {
  return goal_names.join() === 'purchase' && goal_values.join() === String(counted[when])
}
