import type { StorefrontEvent } from '@cairn/domain'
import { put } from './properties.ts'

/**
 * The text as UTF-8 can carry it: half a surrogate pair, which JSON can escape and no UTF-8 can hold, becomes U+FFFD.
 * The encoder would write short texts with one as bytes that are no UTF-8 and long ones as U+FFFD.
 */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

/** The event with every text in it well formed. */
export function wellFormedEvent(event: StorefrontEvent): StorefrontEvent {
  const consent = wellFormedMap(event.consent)
  const properties = wellFormedMap(event.properties)
  const fields: Record<string, unknown> = { ...event, consent, properties }
  for (const [name, value] of Object.entries(fields)) if (typeof value === 'string') fields[name] = wellFormed(value)
  return fields as unknown as StorefrontEvent
}

function wellFormedMap(map: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(map)) put(result, wellFormed(name), wellFormed(value))
  return result
}
