import type { Millis, StorefrontEvent } from '../event/event.ts'
import type { PoisonReason } from '../event/poison.ts'
import type { Verdict } from '../order/verdict.ts'

/** A record of topic `events`, decoded. `appendedAt` is the broker's clock: the only clock the fold knows. */
export interface LogRecord {
  readonly offset: number
  readonly appendedAt: Millis
  readonly key: string
  readonly body: Body
}

export type Body =
  | { readonly kind: 'event'; readonly event: StorefrontEvent }
  /** The record's key is the key of the visitor it is said to. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'tick'; readonly flush_id: string; readonly hold_ms: number }
  | { readonly kind: 'definitions'; readonly number: number; readonly json: string }
  /** Could not be decoded, or is not fit to be folded; goes to dead letters as it came. */
  | { readonly kind: 'poison'; readonly reason: PoisonReason; readonly detail: string }
