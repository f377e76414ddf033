import { readLog, topicName, type Codec, type DeadLetter } from '@cairn/runtime'
import { connectionOf } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'

/** Reads topic dead-letters to its end. A letter that was written more than once has the same identity each time. */
export async function readDeadLetters(
  instance: Instance,
  codec: Codec,
  visit: (identity: string, letter: DeadLetter) => void,
  signal: AbortSignal,
): Promise<void> {
  await readLog(
    connectionOf(instance, 'dead-letters'),
    topicName(instance.namespace, 'dead-letters'),
    (_, records) => {
      for (const { value } of records) {
        const decoded = codec.decode(value)
        if (decoded.ok && decoded.kind === 'dead-letter') visit(identityOf(decoded.value), decoded.value)
      }
    },
    { signal },
  )
}

/** The identity that schemas/avro/dead-letter.avsc gives. */
function identityOf(letter: DeadLetter): string {
  if (letter.origin_topic === '') return letter.id
  return `${letter.origin_topic}-${letter.origin_partition}-${letter.origin_offset}`
}

const numberOfMessages = /^\{"messages":(\d+),/

/** Ingest keeps all messages of a request whose key nobody has in one dead letter, and their number first in it. */
export function messagesIn({ reason, payload }: Pick<DeadLetter, 'reason' | 'payload'>): number {
  if (reason !== 'unknown_write_key') return 1
  const number = numberOfMessages.exec(payload.subarray(0, 40).toString())?.[1]
  return number === undefined ? 1 : Number(number)
}

/** The payload without what ingest puts before it. */
export function asSent(reason: string, payload: string): string {
  return reason === 'unknown_write_key' ? payload.replace(numberOfMessages, '{') : payload
}
