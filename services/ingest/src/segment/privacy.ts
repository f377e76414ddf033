import { clickIdNames, consentOf, type Consent, type StorefrontEvent } from '@cairn/domain'
import { isObject, objectOf, type JsonObject } from './json.ts'
import { put } from './properties.ts'

const clickIdParameter = new RegExp(`(?<=[?&])(?:${clickIdNames.join('|')})=[^&#"\\\\\\s]*&?`, 'gi')
const clickIds: ReadonlySet<string> = new Set(clickIdNames)

/** What was agreed to for a message. `batchConsent` is what its batch says where its own context says nothing, or null. */
export function agreedTo(context: JsonObject, batchConsent: unknown): Consent {
  return consentOf(context['consent'] ?? batchConsent)
}

/** The event as it may be kept without analytics consent: without what leads back to the person behind it. */
export function withoutIdentity(event: StorefrontEvent): StorefrontEvent {
  return {
    ...event,
    ip: '',
    visitor_id: '',
    user_id: '',
    previous_id: '',
    client_session_id: '',
    click_id_name: '',
    click_id: '',
    url: withoutClickIds(event.url),
    referrer: withoutClickIds(event.referrer),
    group_id: '',
    properties: hasTraits(event) ? {} : propertiesWithoutClickIds(event.properties),
  }
}

/** Traits are of a person, or of a group that may have no other member. */
function hasTraits({ type }: StorefrontEvent): boolean {
  return type === 'identify' || type === 'group'
}

/** The text without the click ids of addresses in it. */
function withoutClickIds(text: string): string {
  if (!text.includes('=')) return text
  const cut = text.replaceAll(clickIdParameter, '')
  return cut === text ? text : cut.replaceAll(/[?&](?=["#]|$)/g, '')
}

/** Click ids go whether they are a property of their own or part of an address. */
function propertiesWithoutClickIds(properties: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties)) {
    if (!clickIds.has(name.toLowerCase())) put(kept, name, withoutClickIds(value))
  }
  return kept
}

const identifyingFields: ReadonlySet<string> = new Set(['anonymousId', 'userId', 'previousId', 'groupId', 'traits'])
const identifyingContext: ReadonlySet<string> = new Set(['ip', 'traits', 'groupId', 'sessionId', 'device'])

/**
 * A refused message as JSON for its dead letter. Without analytics consent it is kept as its event would have been:
 * without what identifies a person, so that sending it again gives the same event. `batchConsent` is what the batch says
 * for messages that say nothing themselves.
 */
export function keptJson(sent: unknown, batchConsent: unknown): string {
  if (!isObject(sent)) return JSON.stringify(sent)
  const context = objectOf(sent['context'])
  if (agreedTo(context, batchConsent).analytics) return JSON.stringify(sent)
  return withoutClickIds(
    JSON.stringify({
      ...omit(sent, identifyingFields),
      context: omit(context, identifyingContext),
      properties: omit(objectOf(sent['properties']), clickIds),
    }),
  )
}

function omit(fields: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)))
}
