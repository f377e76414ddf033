import {
  isOrderEvent,
  orderKey,
  promotionOf,
  type OrderBody,
  type OrderRecord,
  type StorefrontEvent,
} from '@cairn/domain'
import type { Incoming } from '../kafka/record.ts'
import type { Codec } from './codec.ts'
import { poison, tooLarge, unreadable } from './log-record.ts'

/** Reads a record of topic `order-events`; what cannot be read becomes a poison body with its reason. */
export function readOrderRecord(codec: Codec, source: Incoming): OrderRecord {
  return { offset: source.offset, appendedAt: source.timestamp, key: source.key, body: bodyOf(codec, source) }
}

function bodyOf(codec: Codec, source: Incoming): OrderBody {
  const decoded = codec.skim(source.value)
  if (!decoded.ok) return unreadable(decoded, source)
  if (decoded.kind === 'tick') return { kind: 'tick', ...decoded.value }
  if (decoded.kind === 'event') return eventBody(codec, decoded.value, source)
  return poison('undecodable', `a record of schema ${decoded.kind} does not belong in topic order-events`)
}

function eventBody(codec: Codec, event: StorefrontEvent, { key, value }: Incoming): OrderBody {
  const wire = value as Buffer
  const large = tooLarge(event, wire)
  if (large !== null) return poison('too_large', large)
  if (!isOrderEvent(event))
    return poison('undecodable', `an event ${event.name} that names no order does not belong in topic order-events`)
  const own = orderKey(event)
  if (own !== key) return poison('key_mismatch', `the key should be ${own}: another partition may hold this order`)
  return { kind: 'event', event, wire: keptWire(codec, event, wire) }
}

/** Bytes up to which an order keeps its purchase as it was sent, and says it so. */
const wholeBytes = 8 * 1024
/** Characters up to which a property of a larger one is kept. */
const shortProperty = 200

/**
 * What is kept of a purchase, for half a year: a large one without its long properties, and without any where that is
 * not enough. All else of an event is short, or is what its conversions repeat; so is its promotion, which its items
 * alone may name.
 */
function keptWire(codec: Codec, { name }: StorefrontEvent, wire: Buffer): Buffer {
  if (wire.length <= wholeBytes || name !== 'purchase') return wire
  const decoded = codec.decode(wire)
  if (!decoded.ok || decoded.kind !== 'event') return wire
  const { value } = decoded
  const promotion = promotionOf(value)
  const kept = (properties: Record<string, string>): Buffer => {
    const event = { ...value, properties }
    const isNamed = promotionOf(event) === promotion
    return codec.encodeEvent(isNamed ? event : { ...event, properties: { ...properties, promotion_id: promotion } })
  }
  const short = Object.entries(value.properties).filter(([, { length }]) => length <= shortProperty)
  const cut = kept(Object.fromEntries(short))
  return cut.length <= wholeBytes ? cut : kept({})
}
