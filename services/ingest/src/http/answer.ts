import type { Answer, RefusedMessage } from '../answer.ts'
import { statusOf } from './reasons.ts'

/** An answer as HTTP says it. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/** 200 when anything was accepted, 400 when nothing was; what was refused as a whole has the status of its reason. */
export function httpAnswer(answer: Answer, retryAfterSeconds: number): HttpAnswer {
  switch (answer.kind) {
    case 'answered': {
      const { accepted, refused } = answer
      const status = accepted === 0 && refused.length > 0 ? 400 : 200
      return { status, headers: {}, body: { accepted, refused } }
    }
    case 'unauthorised':
      // Not `Basic`: at that word browsers ask the visitor of the shop for a password.
      return whole(answer, { 'www-authenticate': 'WriteKey realm="cairn"' })
    case 'malformed':
      return whole(answer, {})
    case 'undelivered':
      return whole(answer, { 'retry-after': String(retryAfterSeconds) })
  }
}

function whole(answer: Exclude<Answer, { kind: 'answered' }>, headers: HttpAnswer['headers']): HttpAnswer {
  return {
    status: statusOf[answer.reason],
    headers,
    body: refusedWhole(answer, 'refused' in answer ? answer.refused : []),
  }
}

/** The body of an answer that concerns the request as a whole; `refused` names its messages where they were looked at. */
export function refusedWhole(
  { reason, message }: { readonly reason: string; readonly message: string },
  refused: readonly RefusedMessage[] = [],
): object {
  return { accepted: 0, refused, reason, message }
}
