import type { Answer } from '../answer.ts'

/** Why HTTP refuses a request by itself, before the pipeline sees a body. */
export type HttpRefusal =
  | 'batch_too_large'
  | 'unsupported_content_type'
  | 'unsupported_encoding'
  | 'invalid_encoding'
  | 'bad_request'
  | 'unknown_route'
  | 'internal_error'

/** Why nothing of a request was taken; closed, and the label of `cairn_ingest_requests_total`. */
export type RequestReason = Exclude<Answer, { kind: 'answered' }>['reason'] | HttpRefusal

/**
 * The status of each reason. 4xx says that the same request would be refused again, 5xx that it is worth sending again:
 * SDKs send again after 5xx and drop what got a 4xx.
 */
export const statusOf: Readonly<Record<RequestReason, number>> = {
  invalid_json: 400,
  no_batch: 400,
  invalid_encoding: 400,
  bad_request: 400,
  no_write_key: 401,
  unknown_write_key: 401,
  unknown_route: 404,
  batch_too_large: 413,
  too_many_messages: 413,
  unsupported_content_type: 415,
  unsupported_encoding: 415,
  internal_error: 500,
  queue_full: 503,
  timed_out: 503,
  kafka_unavailable: 503,
  stopping: 503,
}
