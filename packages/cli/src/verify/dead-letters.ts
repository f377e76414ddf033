import { topicName, type Codec, type DeadLetter, type TopicKind } from '@cairn/runtime'
import { messagesIn, readDeadLetters } from '../dead-letters/read.ts'
import type { Instance } from '../instance/instance.ts'
import type { Ledger, LedgerPartition } from './ledger.ts'

type Letter = Omit<DeadLetter, 'payload'> & { readonly messages: number }
type Counts = Map<string, number>

/** Counts topic dead-letters: what of it are events up to the flush, what are refused messages, and what is neither. */
export async function countDeadLetters(
  instance: Instance,
  codec: Codec,
  partitions: readonly LedgerPartition[],
  signal: AbortSignal,
): Promise<Pick<Ledger, 'deadLettered' | 'otherDeadLetters' | 'refused'>> {
  const letters = await lettersOf(instance, codec, signal)
  const deadLettered: Counts = new Map()
  const otherDeadLetters: Counts = new Map()
  const refused: Counts = new Map()
  const named = (kind: TopicKind) => topicName(instance.namespace, kind)
  const missing = partitions.map((p) => p.missing)
  const classOf = ({ stage, origin_topic, origin_partition: partition, origin_offset }: Letter): Counts | undefined => {
    const { end, barrier } = partitions[partition] ?? { end: 0, barrier: 0 }
    if (stage === 'ingest') return refused
    if (origin_topic === named('events')) return origin_offset < end ? deadLettered : undefined
    if (origin_topic !== named('labelled-events')) return otherDeadLetters
    if (origin_offset >= barrier) return undefined
    // A damaged record does not say which event it was: as many of them as events are missing are those.
    const left = missing[partition] ?? 0
    missing[partition] = left - 1
    return left > 0 ? deadLettered : otherDeadLetters
  }
  for (const letter of letters) {
    const { stage, reason, messages } = letter
    const counts = classOf(letter)
    const name = stage === 'ingest' ? reason : `${stage}: ${reason}`
    counts?.set(name, (counts.get(name) ?? 0) + messages)
  }
  return { deadLettered, otherDeadLetters, refused }
}

async function lettersOf(instance: Instance, codec: Codec, signal: AbortSignal): Promise<Iterable<Letter>> {
  const found = new Map<string, Letter>()
  const keep = (identity: string, { payload, ...letter }: DeadLetter) => {
    found.set(identity, { ...letter, messages: messagesIn({ reason: letter.reason, payload }) })
  }
  await readDeadLetters(instance, codec, keep, signal)
  return found.values()
}
