import type { Millis, StorefrontEvent } from './event.ts'

/** A record of topic `events`, decoded. `appendedAt` is the broker's clock: the only clock the fold knows. */
export interface LogRecord {
  readonly offset: number
  readonly appendedAt: Millis
  readonly key: string
  readonly body: Body
}

export type Body =
  | { readonly kind: 'event'; readonly event: StorefrontEvent }
  | { readonly kind: 'tick'; readonly flush_id: string; readonly hold_ms: number }
  | { readonly kind: 'definitions'; readonly number: number; readonly json: string }
  /** Could not be decoded, or is not fit to be folded; goes to dead letters as it came. */
  | { readonly kind: 'poison'; readonly reason: PoisonReason; readonly detail: string }

export type PoisonReason =
  'no_value' | 'not_wire_format' | 'truncated' | 'trailing_bytes' | 'undecodable' | 'key_mismatch' | 'too_large'
