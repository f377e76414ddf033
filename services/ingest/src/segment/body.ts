import { isObject, textOf, type JsonObject } from './json.ts'

/** The messages of a request body, not looked into yet. */
export interface Batch {
  readonly messages: readonly unknown[]
  /** The key in the body, as clients send it that can't set headers; empty without one. */
  readonly writeKey: string
  readonly sentAt: unknown
  readonly context: unknown
  /** Whether any text was written with escapes, the only way for half a surrogate pair to get in. */
  readonly hasEscapes: boolean
}

export type Opened =
  | { readonly ok: true; readonly batch: Batch }
  | { readonly ok: false; readonly reason: MalformedReason; readonly message: string }

/** Why no message of a body is looked at. */
export type MalformedReason = 'invalid_json' | 'no_batch' | 'too_many_messages'

/**
 * Most messages of a batch; SDKs send at most a few hundred. Each refused one costs a record and a line of the answer,
 * and the smallest body of a byte a message would be a quarter of a million of them.
 */
export const mostMessages = 2500

/** Reads a request body; `isBatch` tells the batch call from those that carry one message. */
export function openBody(body: Buffer, isBatch: boolean): Opened {
  let json: unknown
  try {
    json = JSON.parse(withoutMark(body.toString('utf8')))
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: 'invalid_json', message: `the body is not JSON: ${detail}` }
  }
  const fields: JsonObject = isObject(json) ? json : {}
  const writeKey = textOf(fields['writeKey'])
  const hasEscapes = body.includes('\\u')
  if (!isBatch)
    return { ok: true, batch: { messages: [json], writeKey, hasEscapes, sentAt: undefined, context: undefined } }
  const messages = fields['batch']
  if (!Array.isArray(messages))
    return { ok: false, reason: 'no_batch', message: 'a batch call needs an object with its messages in "batch"' }
  if (messages.length > mostMessages)
    return {
      ok: false,
      reason: 'too_many_messages',
      message: `a batch may have ${mostMessages} messages, this one has ${messages.length}; send fewer at once`,
    }
  return { ok: true, batch: { messages, writeKey, hasEscapes, sentAt: fields['sentAt'], context: fields['context'] } }
}

/** Some clients begin their text with a byte order mark, which is no JSON. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}
