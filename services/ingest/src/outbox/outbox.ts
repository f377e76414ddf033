import type { StorefrontEvent } from '@cairn/domain'
import type { DeadLetter } from '@cairn/runtime'

/** What one request leaves behind. It is delivered as a whole or answered as not accepted. */
export interface Shipment {
  readonly events: readonly StorefrontEvent[]
  readonly deadLetters: readonly DeadLetter[]
}

/**
 * Why a shipment was not delivered. Some of its records may still have reached the log; the client sends all of it
 * again and repetitions are recognised by their ids downstream.
 */
export type UndeliveredReason = 'queue_full' | 'kafka_unavailable' | 'timed_out' | 'stopping'

export type Delivery =
  { readonly ok: true } | { readonly ok: false; readonly reason: UndeliveredReason; readonly message: string }

/** Where accepted events and refused messages go. */
export interface Outbox {
  /** Resolves once the log has acknowledged every record with all its replicas, or it is known that it will not. */
  deliver(shipment: Shipment): Promise<Delivery>
}
