import type { Outcome } from '@cairn/domain'
import type { Codec } from '@cairn/runtime'
import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import { countDeadLetters } from './dead-letters.ts'
import type { PartitionFold } from './fold.ts'

/**
 * received = stored + duplicate + dead-lettered, each counted by itself: received, duplicates and poison by folding the
 * log, stored by ClickHouse, dead letters by their topic. Refused messages never reached the log and are counted beside
 * it, as are dead letters of records that no event made.
 */
export interface Ledger {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly duplicateConflict: number
  readonly late: number
  /** Events by stage and reason, each once however often it was written. */
  readonly deadLettered: ReadonlyMap<string, number>
  /** Records of sessions, conversions and credits, and ones that came into a topic otherwise than by the fold. */
  readonly otherDeadLetters: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
}

/** One partition as the ledger needs it, up to the flush. */
export interface LedgerPartition {
  readonly fold: Pick<PartitionFold, 'outcomes' | 'late'>
  /** Offset of the flush in topic `events`. */
  readonly end: number
  /** Offset of its barrier in `labelled-events`. */
  readonly barrier: number
  /** Events that are to be stored and are not, by their offset in topic `events`. */
  readonly missing: ReadonlySet<number>
}

export async function readLedger(
  instance: Instance,
  codec: Codec,
  partitions: readonly LedgerPartition[],
  signal: AbortSignal,
): Promise<Ledger> {
  const sum = (of: (p: LedgerPartition) => number) => partitions.reduce((total, p) => total + of(p), 0)
  const counted = (outcome: Outcome) => sum(({ fold }) => fold.outcomes[outcome])
  const [duplicate, duplicateConflict] = [counted('duplicate'), counted('duplicate_conflict')]
  return {
    received: counted('accepted') + duplicate + duplicateConflict + counted('poison'),
    stored: await storedEvents(instance, partitions),
    duplicate,
    duplicateConflict,
    late: sum(({ fold }) => fold.late),
    ...(await countDeadLetters(instance, codec, partitions, signal)),
  }
}

async function storedEvents(instance: Instance, partitions: readonly LedgerPartition[]): Promise<number> {
  let stored = 0
  for (const [partition, { barrier }] of partitions.entries()) {
    const [counted] = await rows<{ n: number }>(
      instance,
      'SELECT count() AS n FROM events WHERE _partition = {partition:UInt16} AND _offset < {barrier:UInt64}',
      { partition: String(partition), barrier: String(barrier) },
    )
    stored += counted?.n ?? 0
  }
  return stored
}

export function ledgerText(ledger: Ledger): string {
  const { received, stored, duplicate, duplicateConflict, late } = ledger
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0)
  const row = (name: string, n: number) => `  ${name.padEnd(34)}${String(n).padStart(10)}\n`
  const reasons = (counts: ReadonlyMap<string, number>) => [...counts].map(([name, n]) => row(`  ${name}`, n)).join('')
  const balance = unaccounted(ledger)
  const others = total(ledger.otherDeadLetters)
  return [
    'ledger\n',
    row('received on the log', received),
    row('= stored', stored),
    row('+ duplicate', duplicate),
    row('+ duplicate_conflict', duplicateConflict),
    row('+ dead-lettered', total(ledger.deadLettered)),
    reasons(ledger.deadLettered),
    balance === 0 ? '' : row('UNACCOUNTED FOR', balance),
    row('refused at the door', total(ledger.refused)),
    reasons(ledger.refused),
    others === 0 ? '' : row('dead letters of no event', others),
    reasons(ledger.otherDeadLetters),
    row('late among the stored', late),
  ].join('')
}

/** Events on the log that are in none of the ledger's classes; zero when it balances. */
export function unaccounted({ received, stored, duplicate, duplicateConflict, deadLettered }: Ledger): number {
  return received - stored - duplicate - duplicateConflict - [...deadLettered.values()].reduce((a, b) => a + b, 0)
}
