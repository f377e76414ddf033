import { createCodec, readLog, topicName, type Catalog, type Codec, type LogPosition } from '@cairn/runtime'
import { catalogOf } from '../catalog.ts'
import { CommandFailure, exitCode } from '../command.ts'
import { barriersPassed, connectionOf, flushOrFail, release, type PassedBarrier } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { compareEvents, compareFacts, compareMoves, compareRollUp, type Compared, type Difference } from './compare.ts'
import { explained } from './details.ts'
import { ExpectedPartition, factTables, type FactTable } from './expected.ts'
import type { OrderConflict } from './fold.ts'
import { beginHold, type Hold } from './hold.ts'
import { readLedger, type Ledger } from './ledger.ts'
import { compareOrders } from './orders.ts'
import type { SiteJudgement } from './sql/judgement.ts'
import { judgeSites } from './sql/verify-sql.ts'
import { compareVisitorUsers } from './visitor-users.ts'
import { recordColumns } from './warehouse-rows.ts'

export interface Verification {
  readonly ledger: Ledger
  readonly differences: readonly Difference[]
  /** What SQL over the events found of each site; of none where it was not asked for. */
  readonly bySql: readonly SiteJudgement[]
  readonly compared: {
    readonly events: number
    readonly sessions: number
    readonly conversions: number
    readonly credits: number
    readonly rollUpRows: number
    readonly visitorUsers: number
    readonly orders: number
  }
}

export interface VerifyOptions {
  /** Longest time for the sink to catch up. */
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
  /** Have ClickHouse tell sessions, conversions and credits from the events, too. */
  readonly sql?: boolean
  /** The sink goes on by itself after this long, whatever became of us. */
  readonly holdMs?: number
}

const facts = Object.keys(factTables) as FactTable[]
const defaultHoldMs = 120_000

/** Reading what came meanwhile is repeated until it takes no longer than this, so that little is left for the hold. */
const quickMs = 3000
const mostRounds = 5

/** What a verification works with. */
interface Work {
  readonly instance: Instance
  readonly interrupted: AbortSignal
  readonly schemas: { readonly catalog: Catalog; readonly codec: Codec }
  readonly partitions: readonly ExpectedPartition[]
}

/**
 * Folds topic `events` again from its beginning to a flush, and compares what that gives with every row the warehouse
 * holds. The sink stands still at the flush's barriers while what changes is compared, so that both sides speak of the
 * same moment; everything that can be done before or after is. So does what SQL tells from the events.
 */
export async function verify(instance: Instance, options: VerifyOptions): Promise<Verification> {
  const { flushId } = await flushOrFail(instance, 0, options.timeoutMs, options.interrupted)
  await passed(instance, options, flushId)
  const work = await prepare(instance, options)
  const position = await foldToTheEnd(work)
  const hold = await beginHold(instance, { holdMs: defaultHoldMs, ...options })
  let barriers: readonly PassedBarrier[]
  const compared: Compared[] = []
  let bySql: readonly SiteJudgement[] = []
  try {
    barriers = await passed(instance, options, hold.flushId)
    await foldRest(work, position, hold)
    for (const [p, expected] of work.partitions.entries()) {
      compared.push({ differences: await compareRollUp(instance, p, expected.rollUp.rows()), differing: [] })
      const visitorUsers = await compareVisitorUsers(instance, p, expected.visitorUsers.rows())
      compared.push({ differences: visitorUsers, differing: [] })
      for (const table of facts) compared.push(await compareFacts(instance, p, table, expected))
      compared.push(await compareMoves(instance, p, expected))
    }
    await hold.check(barriers)
    if (options.sql === true) {
      bySql = await judgeSites(instance, conflictingOf(work), options.interrupted)
      await hold.check(barriers)
    }
  } finally {
    // Where it cannot be released, the sink goes on by itself.
    await release(instance, hold.flushId).catch(() => undefined)
  }
  return { ...(await conclude(work, hold.flushId, barriers, compared)), bySql }
}

/** A sink of a newer version changes tables when it starts: what columns there are is asked once it has passed a flush. */
async function prepare(instance: Instance, { interrupted }: VerifyOptions): Promise<Work> {
  const catalog = await catalogOf(instance)
  const codec = createCodec(catalog)
  const columns = {
    sessions: (await recordColumns(instance, 'sessions')).names,
    conversions: (await recordColumns(instance, 'conversions')).names,
    credits: (await recordColumns(instance, 'credits')).names,
  }
  const partitions = Array.from({ length: instance.partitions }, () => new ExpectedPartition(catalog, codec, columns))
  return { instance, interrupted, schemas: { catalog, codec }, partitions }
}

async function passed(
  instance: Instance,
  { timeoutMs, interrupted }: VerifyOptions,
  flushId: string,
): Promise<PassedBarrier[]> {
  const barriers = await barriersPassed(instance, flushId, timeoutMs, interrupted)
  interrupted.throwIfAborted()
  if (barriers !== undefined) return barriers
  throw new CommandFailure(
    exitCode.unavailable,
    'the sink did not reach the barrier in time; "cairn lag" shows what is behind',
  )
}

async function foldToTheEnd(work: Work): Promise<LogPosition> {
  let position: LogPosition = new Map()
  for (let round = 0; round < mostRounds; round++) {
    const began = performance.now()
    position = await foldOn(work, position)
    if (performance.now() - began < quickMs) break
  }
  return position
}

function foldOn({ instance, partitions, interrupted }: Work, from: LogPosition): Promise<LogPosition> {
  const topic = topicName(instance.namespace, 'events')
  return readLog(connectionOf(instance, 'verify'), topic, (p, records) => partitions[p]?.fold.add(records), {
    from,
    signal: interrupted,
  })
}

async function foldRest(work: Work, position: LogPosition, hold: Hold): Promise<void> {
  for (const { fold } of work.partitions) fold.endAt(hold.flushId)
  await foldOn(work, position)
  const incomplete = work.partitions.findIndex(({ fold }) => fold.end === undefined)
  if (incomplete < 0) return
  throw new CommandFailure(
    exitCode.unavailable,
    `partition ${incomplete} of topic events does not hold the flush: is this the Kafka the instance uses?`,
  )
}

function conflictingOf({ partitions }: Work): OrderConflict[] {
  return partitions.flatMap(({ fold }) => fold.conflicting)
}

/** What needs no standing still: events, which never change, the ledger, and what the differences are. */
async function conclude(
  { instance, schemas, partitions, interrupted }: Work,
  flushId: string,
  barriers: readonly PassedBarrier[],
  facts: readonly Compared[],
): Promise<Omit<Verification, 'bySql'>> {
  const found = [...facts]
  const inLedger = []
  for (const [p, expected] of partitions.entries()) {
    const barrier = barriers.find((b) => b.topic === 'labelled-events' && b.partition === p)?.offset ?? 0
    const events = await compareEvents(instance, p, expected, barrier)
    const missing = new Set(expected.events.missing())
    inLedger.push({ fold: expected.fold, end: expected.fold.end ?? 0, barrier, missing })
    found.push(events)
    interrupted.throwIfAborted()
  }
  const folds = partitions.map(({ fold }) => fold)
  const orders = await compareOrders(instance, schemas.codec, folds, flushId, interrupted)
  found.push({ differences: [...orders.differences], differing: [] })
  const all = { differences: found.flatMap((f) => f.differences), differing: found.flatMap((f) => f.differing) }
  const sum = (of: (p: ExpectedPartition) => number) => partitions.reduce((n, p) => n + of(p), 0)
  return {
    ledger: await readLedger(instance, schemas.codec, inLedger, interrupted),
    differences: await explained(instance, schemas, flushId, all, interrupted),
    compared: {
      events: sum((p) => p.events.standing),
      sessions: sum((p) => p.sessions.standing),
      conversions: sum((p) => p.conversions.standing),
      credits: sum((p) => p.credits.standing),
      rollUpRows: sum((p) => p.rollUp.rows().size),
      visitorUsers: sum((p) => p.visitorUsers.rows().size),
      orders: orders.orders,
    },
  }
}
