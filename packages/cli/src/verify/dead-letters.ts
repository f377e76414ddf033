import { topicName, type Codec, type DeadLetter } from '@cairn/runtime'
import { messagesIn, readDeadLetters } from '../dead-letters/read.ts'
import type { Instance } from '../instance/instance.ts'
import type { Ledger, LedgerPartition } from './ledger.ts'

export type Letter = Pick<DeadLetter, 'stage' | 'reason' | 'origin_topic' | 'origin_partition' | 'origin_offset'> & {
  readonly messages: number
  /** Offset in topic `events` of the event whose label the message begins with. */
  readonly inputOffset: number | undefined
}

type Books = Pick<Ledger, 'deadLettered' | 'otherDeadLetters' | 'refused'>
type Counts = Map<string, number>

/** Counts topic dead-letters: what of it are events up to the flush, what are refused messages, and what is neither. */
export async function countDeadLetters(
  instance: Instance,
  codec: Codec,
  partitions: readonly LedgerPartition[],
  signal: AbortSignal,
): Promise<Books> {
  const found = new Map<string, Letter>()
  await readDeadLetters(instance, codec, (identity, letter) => void found.set(identity, summary(letter, codec)), signal)
  return booksOf(found.values(), partitions, instance.namespace)
}

/** A letter without its payload, which may be large. */
export function summary({ payload, ...letter }: DeadLetter, codec: Pick<Codec, 'labelOf'>): Letter {
  const { stage, reason, origin_topic, origin_partition, origin_offset } = letter
  const inputOffset = stage === 'sink' ? codec.labelOf(payload)?.input_offset : undefined
  const messages = messagesIn({ reason, payload })
  return { stage, reason, origin_topic, origin_partition, origin_offset, messages, inputOffset }
}

/**
 * Books each letter once. A letter of a labelled event stands for an event only where its label names one that is
 * missing, and for no second time: so a lost event cannot be balanced by the letter of something else, be it a foreign
 * record or an event that is stored. An event whose label was damaged too stays unaccounted for.
 */
export function booksOf(letters: Iterable<Letter>, partitions: readonly LedgerPartition[], namespace: string): Books {
  const deadLettered: Counts = new Map()
  const otherDeadLetters: Counts = new Map()
  const refused: Counts = new Map()
  const [events, labelled] = [topicName(namespace, 'events'), topicName(namespace, 'labelled-events')]
  const missing = partitions.map((p) => new Set(p.missing))
  const classOf = (letter: Letter): Counts | undefined => {
    const { stage, origin_topic, origin_partition: partition, origin_offset, inputOffset } = letter
    const { end, barrier } = partitions[partition] ?? { end: 0, barrier: 0 }
    if (stage === 'ingest') return refused
    if (origin_topic === events) return origin_offset < end ? deadLettered : undefined
    if (origin_topic !== labelled) return otherDeadLetters
    if (origin_offset >= barrier) return undefined
    return inputOffset !== undefined && missing[partition]?.delete(inputOffset) === true
      ? deadLettered
      : otherDeadLetters
  }
  for (const letter of letters) {
    const { stage, reason, messages } = letter
    const counts = classOf(letter)
    const name = stage === 'ingest' ? reason : `${stage}: ${reason}`
    counts?.set(name, (counts.get(name) ?? 0) + messages)
  }
  return { deadLettered, otherDeadLetters, refused }
}
