import { eventKey, type Body, type LogRecord, type PoisonReason } from '@cairn/domain'
import type { Incoming } from '../kafka/record.ts'
import type { Codec, Decoded } from './codec.ts'

/** A record of topic `events` as the fold takes it, with what passing its bytes on needs. */
export interface EventInput {
  readonly record: LogRecord
  readonly source: Incoming
  readonly schemaId: number
}

/**
 * Thrown for a schema id the catalog does not have: its writer was deployed first, so this is retried, never dead-lettered.
 * A registry tells a running service nothing new: it gave ids to the schemas of this version.
 */
export class UnknownSchema extends Error {
  readonly schemaId: number
  constructor(schemaId: number, offset: number) {
    super(
      `schema ${schemaId} of the record at offset ${offset} is not among those of this version: deploy the version that wrote it here too, and see that all services of the namespace have the same SCHEMA_REGISTRY_URL, or none; ids are asked for when a service starts`,
    )
    this.name = 'UnknownSchema'
    this.schemaId = schemaId
  }
}

/**
 * Reads a record of topic `events`; what cannot be read becomes a poison body with its reason.
 *
 * @param read `skim` for the fold alone; `decode` for who looks at events whole
 */
export function readEventInput(codec: Codec, source: Incoming, read: 'decode' | 'skim' = 'decode'): EventInput {
  const { body, schemaId } = bodyOf(codec[read](source.value), source)
  return { record: { offset: source.offset, appendedAt: source.timestamp, key: source.key, body }, source, schemaId }
}

function bodyOf(decoded: Decoded, source: Incoming): { body: Body; schemaId: number } {
  if (!decoded.ok) {
    if (decoded.reason === 'unknown_schema') throw new UnknownSchema(decoded.schemaId ?? -1, source.offset)
    return { body: poison(decoded.reason, decoded.detail), schemaId: 0 }
  }
  const { schemaId } = decoded
  switch (decoded.kind) {
    case 'event': {
      const key = eventKey(decoded.value)
      if (key === source.key) return { body: { kind: 'event', event: decoded.value }, schemaId }
      return {
        body: poison('key_mismatch', `the key should be ${key}: another partition may hold this visitor`),
        schemaId,
      }
    }
    case 'tick':
      return { body: { kind: 'tick', ...decoded.value }, schemaId }
    case 'definitions':
      return { body: { kind: 'definitions', ...decoded.value }, schemaId }
    default:
      return {
        body: poison('undecodable', `a record of schema ${decoded.kind} does not belong in topic events`),
        schemaId,
      }
  }
}

function poison(reason: PoisonReason, detail: string): Body {
  return { kind: 'poison', reason, detail }
}
