import { isOrderEvent, orderKey, type OrderBody, type OrderRecord, type StorefrontEvent } from '@cairn/domain'
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
  if (decoded.kind === 'event') return eventBody(decoded.value, source)
  return poison('undecodable', `a record of schema ${decoded.kind} does not belong in topic order-events`)
}

function eventBody(event: StorefrontEvent, { key, value }: Incoming): OrderBody {
  const wire = value as Buffer
  const large = tooLarge(event, wire)
  if (large !== null) return poison('too_large', large)
  if (!isOrderEvent(event))
    return poison('undecodable', `an event ${event.name} that names no order does not belong in topic order-events`)
  const own = orderKey(event)
  if (own !== key) return poison('key_mismatch', `the key should be ${own}: another partition may hold this order`)
  return { kind: 'event', event, wire }
}
