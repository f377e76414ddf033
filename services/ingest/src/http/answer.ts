import type { Answer } from '../answer.ts'

/** An answer as HTTP says it. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/** Request-level refusals that HTTP itself gives, before the pipeline sees a body. */
export type HttpRefusal =
  'batch_too_large' | 'unsupported_content_type' | 'unsupported_encoding' | 'invalid_encoding' | 'bad_request'

/**
 * 200 when anything was accepted, 400 when nothing was, 401 without a known key, 413 when it is too much at once, 503
 * when it is worth trying again:
 * SDKs send again after 5xx and drop what got a 4xx.
 */
export function httpAnswer(answer: Answer, retryAfterSeconds: number): HttpAnswer {
  switch (answer.kind) {
    case 'answered': {
      const { accepted, refused } = answer
      const status = accepted === 0 && refused.length > 0 ? 400 : 200
      return { status, headers: {}, body: { accepted, refused } }
    }
    case 'unauthorised': {
      // Not `Basic`: at that word browsers ask the visitor of the shop for a password.
      const headers = { 'www-authenticate': 'WriteKey realm="cairn"' }
      return { status: 401, headers, body: refusedWhole(answer) }
    }
    case 'malformed':
      return { status: answer.reason === 'too_many_messages' ? 413 : 400, headers: {}, body: refusedWhole(answer) }
    case 'undelivered':
      return { status: 503, headers: { 'retry-after': String(retryAfterSeconds) }, body: refusedWhole(answer) }
  }
}

/** The body of an answer that concerns the request as a whole. */
export function refusedWhole({ reason, message }: { readonly reason: string; readonly message: string }): object {
  return { accepted: 0, refused: [], reason, message }
}
