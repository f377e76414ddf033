import { PartitionStopped, type Codec, type Decoded, type Incoming } from '@cairn/runtime'

/** A record of a state topic that is no state but says where the fold stands. */
export type ControlRecord = Pick<Incoming, 'key' | 'value' | 'offset'>

type Kind = Extract<Decoded, { ok: true }>['kind']
type ValueOf<K extends Kind> = Extract<Decoded, { kind: K }>['value']

/** @throws PartitionStopped (`unreadable_state`) when it is none of its kind */
export function readControlRecord<K extends Kind>(codec: Codec, { value, offset }: ControlRecord, kind: K): ValueOf<K> {
  const decoded = codec.decode(value)
  if (decoded.ok && decoded.kind === kind) return decoded.value as ValueOf<K>
  throw new PartitionStopped(
    'unreadable_state',
    `the ${kind} record at offset ${offset} of the state topic cannot be read (${decoded.ok ? `it is a ${decoded.kind}` : decoded.detail}): something else writes to it, or it is from another version`,
  )
}
