import { canonicalName, messageTypes, type MessageType, type Refusal } from '@cairn/domain'
import { idIn, isUnusable } from './id.ts'
import { isObject, type JsonObject } from './json.ts'
import { remembering } from './remembering.ts'
import { largestMessage, deepestMessage, sizeOf } from './size.ts'

/** A message that has the shape of a Segment call; what its optional parts mean is still open. */
export interface Message {
  readonly type: MessageType
  readonly name: string
  readonly sourceName: string
  readonly messageId: string
  readonly anonymousId: string
  readonly userId: string
  readonly previousId: string
  readonly groupId: string
  readonly context: JsonObject
  /** Properties of a track, page or screen call, traits of an identify or group call. */
  readonly properties: JsonObject
  readonly timestamp: unknown
  readonly sentAt: unknown
}

export type Shaped =
  { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly refusal: Refusal }

/** Checks what a message must have, or says why it is refused. `type` is given where the call's address names it. */
export function shapeOf(sent: unknown, type: string | undefined): Shaped {
  if (!isObject(sent)) return refused('not_an_object', `a message must be a JSON object, this is ${kindOf(sent)}`)
  const size = sizeOf(sent)
  if (size === 'too_deep') return refused('too_deep', `a message may be nested ${deepestMessage} levels deep`)
  if (size > largestMessage)
    return refused('too_large', `a message may have ${largestMessage} bytes of JSON, this one has ${size}`)
  const called = typeOf(type ?? sent['type'])
  if (called === undefined)
    return refused(
      'unknown_type',
      `"type" must be one of ${messageTypes.join(', ')}; got ${shown(type ?? sent['type'])}`,
    )
  const wrong = wrongField(sent)
  if (wrong !== undefined) return refused('bad_field', wrong)
  return named(sent, called)
}

const texts = ['messageId', 'anonymousId', 'userId', 'previousId', 'groupId', 'event', 'name', 'category'] as const
const persons = ['anonymousId', 'userId', 'previousId'] as const
const objects = ['context', 'properties', 'traits'] as const

/** Whether a message was sent with a text for a visitor or user that stands for nobody. */
export function namesNobody(sent: unknown): boolean {
  return isObject(sent) && persons.some((field) => isUnusable(string(sent[field])))
}

function wrongField(sent: JsonObject): string | undefined {
  for (const field of texts) {
    const value = sent[field]
    if (value !== undefined && value !== null && typeof value !== 'string')
      return `"${field}" must be a string, this is ${kindOf(value)}`
  }
  for (const field of objects) {
    const value = sent[field]
    if (value !== undefined && value !== null && !isObject(value))
      return `"${field}" must be a JSON object, this is ${kindOf(value)}`
  }
  return undefined
}

function named(sent: JsonObject, type: MessageType): Shaped {
  const sourceName = string(sent[type === 'track' ? 'event' : 'name'])
  if (type === 'track' && sourceName.trim() === '')
    return refused('no_event_name', 'a track call needs its name in "event"')
  const message: Message = {
    type,
    name: type === 'track' ? trackName(sourceName) : canonicalName(type, sourceName),
    sourceName,
    messageId: string(sent['messageId']),
    anonymousId: idIn(string(sent['anonymousId'])),
    userId: idIn(string(sent['userId'])),
    previousId: idIn(string(sent['previousId'])),
    groupId: string(sent['groupId']),
    context: object(sent['context']),
    properties: propertiesFor(type, sent),
    timestamp: sent['timestamp'] ?? sent['originalTimestamp'],
    sentAt: sent['sentAt'],
  }
  return { ok: true, message }
}

const trackName = remembering((sent) => canonicalName('track', sent))

function propertiesFor(type: MessageType, sent: JsonObject): JsonObject {
  if (type === 'identify' || type === 'group') return object(sent['traits'])
  const properties = object(sent['properties'])
  const category = string(sent['category'])
  return category === '' || properties['category'] !== undefined ? properties : { ...properties, category }
}

function typeOf(sent: unknown): MessageType | undefined {
  return messageTypes.find((type) => type === sent)
}

const noFields: JsonObject = {}

/** After `wrongField` has passed, a field is an object or absent. */
function object(value: unknown): JsonObject {
  return (value as JsonObject | null | undefined) ?? noFields
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function refused(reason: Refusal['reason'], message: string): Shaped {
  return { ok: false, refusal: { reason, message } }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** What was sent, short enough to be said to the sender. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none'
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : kindOf(value)
}
