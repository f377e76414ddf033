import type { CreditRow, StorefrontEvent } from '@cairn/domain'
import { createCodec, readCatalog, topicName } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { begin, judged, type Around, type AttributionRow, type Begun } from './attribution-rows.ts'
import { metric } from './metrics.ts'
import { freePort } from './port.ts'
import type { Difference } from './replay.ts'
import { readPlaced, stand, wrong, type Standing } from './standing.ts'
import { readUncommitted } from './uncommitted.ts'
import { until } from './until.ts'
import { endsByItsFault, repository } from './workers.ts'

/** Fault rows of the one transaction in which a late event merges two sessions; see attribution-rows.ts. */

export type MergePoint = 'attribution.after-produce' | 'attribution.after-commit'

/**
 * A visitor comes by google and by newsletter, 40 minutes apart, and buys; and by facebook, and buys again. Then an event
 * from between the first two visits comes: they are one, the first purchase moves to it and the path to the second is
 * another. The owner is killed at a fault point of exactly that transaction; another goes on from what it left.
 */
export function killedInMerge(point: MergePoint, around: Around): AttributionRow {
  return async (root) => {
    const begun = await begin('merge', root, around)
    const { traffic, worker, more } = begun
    const visits = await killAtMerge(begun, point)
    await more()
    const next = worker()
    await traffic.drain()
    const standing = await standingAfter(begun.namespace, visits)
    return [...(await judged(traffic, next)), ...standing]
  }
}

/** What a merge has committed is folded again by another fold than committed it: it must stop and write nothing. */
export function foldedOtherwise(around: Around): AttributionRow {
  return async (otherRoot) => {
    const begun = await begin('otherwise', repository, around)
    const { traffic, worker } = begun
    const visits = await killAtMerge(begun, 'attribution.after-commit')
    const port = await freePort()
    const other = worker({ METRICS_PORT: String(port) }, otherRoot)
    const isStopped = async () => (await metric(port, 'cairn_attribution_partition_stopped{')) > 0
    await until(async () => other.hasExited() || (await isStopped()), 60_000)
    if (!other.log().includes('not_deterministic'))
      throw new Error(`the partition has not stopped for what it folded otherwise:\n${other.log()}`)
    await other.stop()
    const next = worker()
    await traffic.drain()
    const standing = await standingAfter(begun.namespace, visits)
    return [...(await judged(traffic, next)), ...standing]
  }
}

/** Sessions of the first two visits, before they are one. */
interface Visits {
  readonly first: string
  readonly second: string
}

async function killAtMerge({ namespace, traffic, worker }: Begun, point: MergePoint): Promise<Visits> {
  await traffic.sendThese(visitsAndPurchases())
  const before = worker()
  await traffic.drain()
  // Its checkpoint has all so far: whoever comes next has the late event alone in its first transaction.
  await before.stop()
  const visits = await visitsOf(namespace)
  await traffic.sendThese([between()])
  const victim = worker({ CAIRN_FAULT: `${point}=kill@1` })
  await endsByItsFault(victim)
  await expectMerge(namespace, visits)
  return visits
}

const visitor_id = 'merged'
const minute = 60_000
const began = Date.now() - 120 * minute

function visitsAndPurchases(): StorefrontEvent[] {
  return [
    seen('first', 0, 'google'),
    seen('second', 40, 'newsletter'),
    bought('moved', 41),
    seen('third', 90, 'facebook'),
    bought('later', 91),
  ]
}

/** Half an hour or less from both of the first two visits. */
function between(): StorefrontEvent {
  return seen('between', 20, '')
}

function seen(event_id: string, minutes: number, source: string): StorefrontEvent {
  return buildEvent({
    event_id,
    visitor_id,
    event_time: began + minutes * minute,
    name: 'page_view',
    path: '/',
    source,
  })
}

function bought(order_id: string, minutes: number): StorefrontEvent {
  const event_time = began + minutes * minute
  const money = { value_minor: 1001, currency: 'EUR' }
  return buildEvent({ event_id: `buys-${order_id}`, visitor_id, event_time, name: 'purchase', order_id, ...money })
}

const codec = createCodec(readCatalog())

async function visitsOf(namespace: string): Promise<Visits> {
  const found = new Map<string, string | null>()
  for (const { value } of await readPlaced(namespace, 'labelled-events')) {
    const decoded = codec.decode(value)
    if (decoded.ok && decoded.kind === 'labelled' && decoded.value.visitor_id === visitor_id)
      found.set(decoded.value.event_id, decoded.value.session_id)
  }
  const [first = null, second = null] = [found.get('first'), found.get('second')]
  if (first === null || second === null || first === second)
    throw new Error(`the first visits are in sessions ${String(first)} and ${String(second)}, not in two`)
  return { first, second }
}

/** Fails unless the killed owner had written the merge: its label, the session that is gone, the purchase that moved. */
async function expectMerge(namespace: string, visits: Visits): Promise<void> {
  const topics = (['labelled-events', 'sessions', 'conversions'] as const).map((kind) => topicName(namespace, kind))
  const isMerge = (values: readonly Buffer[]): boolean => {
    const written = new Set(values.map((value) => partOfMerge(value, visits)))
    return written.has('labelled') && written.has('session') && written.has('conversion')
  }
  await readUncommitted(topics, isMerge).catch((cause: unknown) => {
    throw new Error('the worker was killed in a transaction without the merge', { cause })
  })
}

function partOfMerge(value: Buffer, { first, second }: Visits): string | undefined {
  const decoded = codec.decode(value)
  if (!decoded.ok) return undefined
  let isPart = false
  if (decoded.kind === 'labelled') isPart = decoded.value.event_id === 'between'
  if (decoded.kind === 'session') isPart = decoded.value.session_id === second && decoded.value.merged_into === first
  if (decoded.kind === 'conversion') isPart = decoded.value.order_id === 'moved' && decoded.value.session_id === first
  return isPart ? decoded.kind : undefined
}

/**
 * What differs of what must stand in the end, whatever the fold says: one live conversion of the purchase that moved and
 * one live credit of it, both in the session that took it in; and of the later purchase a credit whose path has changed.
 */
async function standingAfter(namespace: string, visits: Visits): Promise<Difference[]> {
  const conversions = new Map<string, Standing>()
  for (const { value, ...place } of await readPlaced(namespace, 'conversions')) {
    const decoded = codec.decode(value)
    if (!decoded.ok || decoded.kind !== 'conversion' || decoded.value.visitor_id !== visitor_id) continue
    const { order_id: order, session_id } = decoded.value
    stand(conversions, decoded.value, { ...place, order, isRight: session_id === visits.first })
  }
  const credits = new Map<string, Standing>()
  for (const { value, ...place } of await readPlaced(namespace, 'credits')) {
    const decoded = codec.decode(value)
    if (!decoded.ok || decoded.kind !== 'credit' || decoded.value.visitor_id !== visitor_id) continue
    const order = conversions.get(decoded.value.conversion_id)?.order ?? ''
    stand(credits, decoded.value, { ...place, order, isRight: isCreditedRight(decoded.value, order, visits) })
  }
  return [
    ...wrong('conversions', conversions, 'moved'),
    ...wrong('credits', credits, 'moved'),
    ...wrong('credits', credits, 'later'),
  ]
}

function isCreditedRight(credit: CreditRow, order: string, { first, second }: Visits): boolean {
  const { session_id, reason, touch_session_ids: path } = credit
  if (!path.includes(first) || path.includes(second)) return false
  return order === 'moved' ? session_id === first : reason === 'path'
}
