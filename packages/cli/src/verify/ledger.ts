import { readLog, topicName, type Codec, type DeadLetter } from '@cairn/runtime'
import { connectionOf } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import type { ExpectedPartition } from './expected.ts'

/** received = stored + duplicate + dead-lettered; refused ones never reached the log and are counted beside it. */
export interface Ledger {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly duplicateConflict: number
  readonly late: number
  /** By stage and reason, each message once however often it was written. */
  readonly deadLettered: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
}

export async function readLedger(
  instance: Instance,
  codec: Codec,
  partitions: readonly ExpectedPartition[],
): Promise<Ledger> {
  const letters = await deadLetters(instance, codec)
  const sum = (of: (p: ExpectedPartition) => number) => partitions.reduce((total, p) => total + of(p), 0)
  const { outcomes } = totals(partitions)
  return {
    received: outcomes.accepted + outcomes.duplicate + outcomes.duplicate_conflict + outcomes.poison,
    stored: sum((p) => p.events.size),
    duplicate: outcomes.duplicate,
    duplicateConflict: outcomes.duplicate_conflict,
    late: sum((p) => p.late),
    deadLettered: countReasons(letters.filter((l) => l.stage !== 'ingest')),
    refused: countReasons(letters.filter((l) => l.stage === 'ingest')),
  }
}

function totals(partitions: readonly ExpectedPartition[]) {
  const outcomes = { accepted: 0, duplicate: 0, duplicate_conflict: 0, poison: 0 }
  for (const { outcomes: one } of partitions) {
    for (const name of Object.keys(outcomes) as (keyof typeof outcomes)[]) outcomes[name] += one[name]
  }
  return { outcomes }
}

async function deadLetters(instance: Instance, codec: Codec): Promise<DeadLetter[]> {
  const found = new Map<string, DeadLetter>()
  await readLog(connectionOf(instance, 'verify'), topicName(instance.namespace, 'dead-letters'), (_, records) => {
    for (const { value } of records) {
      const decoded = codec.decode(value)
      if (decoded.ok && decoded.kind === 'dead-letter') found.set(decoded.value.id, decoded.value)
    }
  })
  return [...found.values()]
}

function countReasons(letters: readonly DeadLetter[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { stage, reason } of letters) {
    const name = stage === 'ingest' ? reason : `${stage}: ${reason}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

export function ledgerText(ledger: Ledger): string {
  const { received, stored, duplicate, duplicateConflict, late } = ledger
  const dead = [...ledger.deadLettered.values()].reduce((a, b) => a + b, 0)
  const row = (name: string, n: number) => `  ${name.padEnd(34)}${String(n).padStart(10)}\n`
  const reasons = (counts: ReadonlyMap<string, number>) => [...counts].map(([name, n]) => row(`  ${name}`, n)).join('')
  const balance = received - stored - duplicate - duplicateConflict - dead
  return [
    'ledger\n',
    row('received on the log', received),
    row('= stored', stored),
    row('+ duplicate', duplicate),
    row('+ duplicate_conflict', duplicateConflict),
    row('+ dead-lettered', dead),
    reasons(ledger.deadLettered),
    balance === 0 ? '' : row('UNACCOUNTED FOR', balance),
    row(
      'refused at the door',
      [...ledger.refused.values()].reduce((a, b) => a + b, 0),
    ),
    reasons(ledger.refused),
    row('late among the stored', late),
  ].join('')
}

/** Events on the log that are in none of the ledger's classes; zero when it balances. */
export function unaccounted({ received, stored, duplicate, duplicateConflict, deadLettered }: Ledger): number {
  return received - stored - duplicate - duplicateConflict - [...deadLettered.values()].reduce((a, b) => a + b, 0)
}
