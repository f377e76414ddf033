import {
  eventKey,
  isKeyOf,
  orderStatuses,
  promotionOf,
  sitePattern,
  type Body,
  type LogRecord,
  type PoisonReason,
  type StorefrontEvent,
  type Verdict,
  type WrittenVerdict,
} from '@cairn/domain'
import type { Incoming } from '../kafka/record.ts'
import type { Codec, Undecoded } from './codec.ts'

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
export function readEventInput(codec: Codec, source: Incoming, read: Read = 'decode'): EventInput {
  const { body, schemaId } = bodyOf(codec, source, read)
  return { record: { offset: source.offset, appendedAt: source.timestamp, key: source.key, body }, source, schemaId }
}

type Read = 'decode' | 'skim'
type Poison = Extract<Body, { kind: 'poison' }>

function bodyOf(codec: Codec, source: Incoming, read: Read): { body: Body; schemaId: number } {
  const decoded = codec[read](source.value)
  if (!decoded.ok) return { body: unreadable(decoded, source), schemaId: 0 }
  const { schemaId } = decoded
  switch (decoded.kind) {
    case 'event': {
      const wrong = unfit(decoded.value, source.value as Buffer, source.key)
      return { body: wrong ?? { kind: 'event', event: decoded.value }, schemaId }
    }
    case 'verdict':
      return { body: verdictOf(codec, decoded.value, source, read), schemaId }
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

export function unreadable({ reason, detail, schemaId }: Undecoded, source: Incoming): Poison {
  if (reason === 'unknown_schema') throw new UnknownSchema(schemaId ?? -1, source.offset)
  return poison(reason, detail)
}

/** Why an event can't be folded where it stands; undefined when it can. */
function unfit(event: StorefrontEvent, message: Uint8Array, key: string): Poison | undefined {
  const large = tooLarge(event, message)
  if (large !== null) return poison('too_large', large)
  if (isKeyOf(key, event)) return undefined
  return poison('key_mismatch', `the key should be ${eventKey(event)}: another partition may hold this visitor`)
}

/** A verdict carries the purchase it is about as it was sent; one that is withdrawn carries none. */
function verdictOf(codec: Codec, record: WrittenVerdict, source: Incoming, read: Read): Body {
  const { status, event: bytes } = record
  if (!orderStatuses.includes(status)) return poison('undecodable', `no verdict has the status ${status}`)
  if (status === 'withdrawn') {
    if (bytes.length > 0) return poison('undecodable', 'a verdict that is withdrawn carries no event')
    if (!isVisitorKey(source.key)) return poison('key_mismatch', 'the key should be site:visitor')
    return { kind: 'verdict', verdict: verdictWith(record, null) }
  }
  const decoded = codec[read](bytes as Buffer)
  if (!decoded.ok) return unreadable({ ...decoded, detail: `the event of a verdict: ${decoded.detail}` }, source)
  if (decoded.kind !== 'event') return poison('undecodable', `a verdict carries a ${decoded.kind}, not an event`)
  const event = decoded.value
  if (event.name !== 'purchase' || event.order_id !== record.order_id)
    return poison('undecodable', 'the event of a verdict is no purchase of its order')
  return unfit(event, bytes, source.key) ?? { kind: 'verdict', verdict: verdictWith(record, event) }
}

/**
 * One literal: the fold reads verdicts and knows their shape.
 *
 * @param event was read for this verdict alone, so it can be changed: a copy would read all of it, which is mostly not asked for
 */
function verdictWith(record: WrittenVerdict, event: Worth | null): Verdict {
  const { order_id, order_offset, number, status, value_minor, currency, refunded_minor, coupon, promotion } = record
  const sent_currency = event?.currency ?? ''
  if (event !== null) {
    event.value_minor = value_minor
    event.currency = currency
    event.coupon = coupon
  }
  return { order_id, order_offset, number, status, value_minor, currency, refunded_minor, coupon, promotion, event, sent_currency } // prettier-ignore
}

type Worth = StorefrontEvent & { value_minor: number | null; currency: string; coupon: string }

function isVisitorKey(key: string): boolean {
  const colon = key.indexOf(':')
  return colon >= 0 && colon < key.length - 1 && sitePattern.test(key.slice(0, colon))
}

/** In what an event is too large to be folded; null when it is not. */
export function tooLarge(event: StorefrontEvent, { length }: Uint8Array): string | null {
  if (length <= largestRepeated) return null
  if (length > largestEvent) return `${length} bytes, of at most ${largestEvent}: send less with the event`
  const { event_id, name, user_id, order_id, coupon, currency } = event
  const repeated = [event_id, name, user_id, order_id, coupon, promotionOf(event), currency].join('').length
  if (repeated <= largestRepeated) return null
  return `${repeated} characters of ids, name, coupon, promotion and currency, of at most ${largestRepeated}: send shorter ones`
}

export function poison(reason: PoisonReason, detail: string): Poison {
  return { kind: 'poison', reason, detail }
}
