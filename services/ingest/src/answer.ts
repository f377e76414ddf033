import type { RefusalReason } from '@cairn/domain'
import type { UndeliveredReason } from './outbox/outbox.ts'
import type { MalformedReason } from './segment/body.ts'

/** One refused message of a request, by its place in the batch. */
export interface RefusedMessage {
  readonly index: number
  /** As sent, empty when the message has none. */
  readonly messageId: string
  readonly reason: RefusalReason
  /** For the sender: what is wrong and what would be accepted. */
  readonly message: string
}

/** What became of a request. Only `answered` means that what is counted as accepted is in the log. */
export type Answer =
  | {
      readonly kind: 'answered'
      readonly accepted: number
      readonly refused: readonly RefusedMessage[]
      /** Accepted events whose order id is none: for operators, senders are not told. */
      readonly unusableOrderIds: number
      /** Accepted events that name a visitor or user by an id that is none. */
      readonly unusablePersonIds: number
      /** Accepted events with an amount that cannot be read. */
      readonly unusableAmounts: number
    }
  | {
      readonly kind: 'unauthorised'
      readonly reason: 'no_write_key' | 'unknown_write_key'
      readonly message: string
      /** Every message of a request with an unknown key; none where there is no key, since nothing is kept then. */
      readonly refused: readonly RefusedMessage[]
    }
  | { readonly kind: 'malformed'; readonly reason: MalformedReason; readonly message: string }
  | { readonly kind: 'undelivered'; readonly reason: UndeliveredReason; readonly message: string }
