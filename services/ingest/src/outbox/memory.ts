import type { Delivery, Outbox, Shipment } from './outbox.ts'

/** Keeps what it is given, or answers as `refuseWith` says. */
export interface MemoryOutbox extends Outbox {
  readonly shipments: Shipment[]
  refuseWith: Delivery
}

export function createMemoryOutbox(): MemoryOutbox {
  return {
    shipments: [],
    refuseWith: { ok: true },
    deliver(shipment) {
      if (this.refuseWith.ok) this.shipments.push(shipment)
      return Promise.resolve(this.refuseWith)
    },
  }
}
