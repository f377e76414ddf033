import { createCodec, openCatalog, readLog, topicName } from '@cairn/runtime'
import { CommandFailure, exitCode } from '../command.ts'
import { barriersPassed, connectionOf, flush, release, type PassedBarrier } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { compareEvents, compareFacts, compareRollUp, type Difference } from './compare.ts'
import { ExpectedPartition } from './expected.ts'
import { readLedger, type Ledger } from './ledger.ts'

export interface Verification {
  readonly ledger: Ledger
  readonly differences: readonly Difference[]
  readonly compared: {
    readonly events: number
    readonly sessions: number
    readonly conversions: number
    readonly rollUpRows: number
  }
}

export interface VerifyOptions {
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
}

/** The sink goes on by itself after this long, whatever became of us. */
const holdMs = 120_000

/**
 * Folds topic `events` again from its beginning to a flush, and compares what that gives with every row the warehouse
 * holds. The sink stands still at the flush's barriers meanwhile, so that both sides speak of the same moment.
 */
export async function verify(instance: Instance, options: VerifyOptions): Promise<Verification> {
  const flushId = await flush(instance, holdMs)
  try {
    const passed = await barriersPassed(instance, flushId, options.timeoutMs, options.interrupted)
    if (passed === undefined)
      throw new CommandFailure(
        exitCode.unavailable,
        'the sink did not reach the barrier in time; "cairn lag" shows what is behind',
      )
    return await compareAll(instance, flushId, passed)
  } finally {
    await release(instance, flushId)
  }
}

async function compareAll(
  instance: Instance,
  flushId: string,
  passed: readonly PassedBarrier[],
): Promise<Verification> {
  const catalog = await openCatalog(instance.schemaRegistry)
  const codec = createCodec(catalog)
  const partitions = Array.from({ length: instance.partitions }, () => new ExpectedPartition(catalog, codec, flushId))
  await readLog(connectionOf(instance, 'verify'), topicName(instance.namespace, 'events'), (p, records) =>
    partitions[p]?.add(records),
  )
  const incomplete = partitions.findIndex((p) => !p.complete)
  if (incomplete >= 0)
    throw new CommandFailure(
      exitCode.unavailable,
      `partition ${incomplete} of topic events does not hold the flush: is this the Kafka the instance uses?`,
    )

  const differences: Difference[] = []
  let rollUpRows = 0
  for (const [p, expected] of partitions.entries()) {
    const barrier = passed.find((b) => b.topic === 'labelled-events' && b.partition === p)?.offset ?? 0
    const rollUp = expected.rollUp().rows
    rollUpRows += rollUp.size
    differences.push(
      ...(await compareEvents(instance, p, expected, barrier)),
      ...(await compareFacts(instance, p, 'sessions', expected.sessions)),
      ...(await compareFacts(instance, p, 'conversions', expected.conversions)),
      ...(await compareRollUp(instance, p, rollUp)),
    )
  }
  const standing = (rows: (p: ExpectedPartition) => ReadonlyMap<string, { readonly is_deleted: 0 | 1 }>) =>
    partitions.reduce((n, p) => n + [...rows(p).values()].filter((row) => row.is_deleted === 0).length, 0)
  return {
    ledger: await readLedger(instance, codec, partitions),
    differences,
    compared: {
      events: partitions.reduce((n, p) => n + p.events.size, 0),
      sessions: standing((p) => p.sessions),
      conversions: standing((p) => p.conversions),
      rollUpRows,
    },
  }
}
