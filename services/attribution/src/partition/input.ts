import { visitorKey, type Body, type LogRecord, type PoisonReason } from '@cairn/domain'
import type { Codec, Incoming } from '@cairn/runtime'

/** A record of topic `events` with what attribution needs to pass its bytes on. */
export interface Input {
  readonly record: LogRecord
  readonly source: Incoming
  readonly schemaId: number
}

/** Thrown for a schema id the catalog does not have: the writer was deployed before us, so this is retried, never dead-lettered. */
export class UnknownSchema extends Error {
  readonly schemaId: number
  constructor(schemaId: number, offset: number) {
    super(
      `schema ${schemaId} of the event at offset ${offset} is not known here: deploy attribution with the newer schemas, or set SCHEMA_REGISTRY_URL`,
    )
    this.name = 'UnknownSchema'
    this.schemaId = schemaId
  }
}

export function readInput(codec: Codec, source: Incoming): Input {
  const decoded = codec.decode(source.value)
  const record = (body: Body): LogRecord => ({
    offset: source.offset,
    appendedAt: source.timestamp,
    key: source.key,
    body,
  })
  if (!decoded.ok) {
    if (decoded.reason === 'unknown_schema') throw new UnknownSchema(decoded.schemaId ?? -1, source.offset)
    return { record: record({ kind: 'poison', reason: decoded.reason, detail: decoded.detail }), source, schemaId: 0 }
  }
  const { schemaId } = decoded
  switch (decoded.kind) {
    case 'event':
      if (visitorKey(decoded.value) !== source.key) {
        return {
          record: record(
            poison(
              'key_mismatch',
              `the key is not ${visitorKey(decoded.value)}, so another partition may hold this visitor`,
            ),
          ),
          source,
          schemaId,
        }
      }
      return { record: record({ kind: 'event', event: decoded.value }), source, schemaId }
    case 'tick':
      return { record: record({ kind: 'tick', ...decoded.value }), source, schemaId }
    case 'definitions':
      return { record: record({ kind: 'definitions', ...decoded.value }), source, schemaId }
    default:
      return {
        record: record(poison('undecodable', `a record of schema ${decoded.kind} does not belong in topic events`)),
        source,
        schemaId,
      }
  }
}

function poison(reason: PoisonReason, detail: string): Body {
  return { kind: 'poison', reason, detail }
}
