import {
  eventKey,
  promotionOf,
  type Body,
  type LogRecord,
  type PoisonReason,
  type StorefrontEvent,
} from '@cairn/domain'
import type { Incoming } from '../kafka/record.ts'
import type { Codec, Decoded } from './codec.ts'

/**
 * Bytes of an event. Ingest takes 32 KB of JSON and makes less than 150 KB of it; another producer may write as much as
 * the broker takes, more where it compresses. Outputs repeat parts of the event and of those before it in its session, a
 * few times at most: one over the 4 MiB of their topics would be refused, and stop the partition for good.
 */
export const largestEvent = 256 * 1024

/**
 * Characters of what an event's conversions repeat, one for each goal it matches. They stand side by side in one record
 * of the visitor's state, which has room for a hundred. What ingest takes has less: it is text of the same 32 KB.
 */
export const largestRepeated = 36 * 1024

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
      const large = tooLarge(decoded.value, source.value as Buffer)
      if (large !== null) return { body: poison('too_large', large), schemaId }
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

/** In what an event is too large to be folded; null when it is not. */
function tooLarge(event: StorefrontEvent, { length }: Buffer): string | null {
  if (length <= largestRepeated) return null
  if (length > largestEvent) return `${length} bytes, of at most ${largestEvent}: send less with the event`
  const { event_id, name, user_id, order_id, coupon, currency } = event
  const repeated = [event_id, name, user_id, order_id, coupon, promotionOf(event), currency].join('').length
  if (repeated <= largestRepeated) return null
  return `${repeated} characters of ids, name, coupon, promotion and currency, of at most ${largestRepeated}: send shorter ones`
}

function poison(reason: PoisonReason, detail: string): Body {
  return { kind: 'poison', reason, detail }
}
