import { randomUUID } from 'node:crypto'
import { controlPrefix, type Codec, type Incoming, type Outgoing } from '@cairn/runtime'
import type { TopicName } from './disk-position.ts'

/** Written once to each partition of a state topic: what it is recognised by. */
export const nameKey = `${controlPrefix}name`

/** Undefined for what is no name. */
export function readName(codec: Codec, { value, offset }: Incoming): TopicName | undefined {
  const decoded = codec.decode(value)
  return decoded.ok && decoded.kind === 'fence' ? { offset, id: decoded.value.owner } : undefined
}

export function nameRecord(codec: Codec): { readonly record: Outgoing; readonly id: string } {
  const id = randomUUID()
  return { record: { key: nameKey, value: codec.encode('fence', { owner: id }) }, id }
}
