import type { OrderCodec, OrderState, StorefrontEvent } from '@cairn/domain'

/** Order states as JSON, the deciding purchase in base 64. */
export const jsonOrderCodec: OrderCodec = {
  encode({ buyer, ...rest }) {
    const wire = buyer === null ? null : Buffer.from(buyer.wire).toString('base64')
    return Buffer.from(JSON.stringify({ ...rest, buyer, wire }))
  },
  decode(bytes) {
    const { wire, buyer, ...rest } = JSON.parse(Buffer.from(bytes).toString()) as OrderState & { wire: string | null }
    return { ...rest, buyer: buyer === null ? null : { ...buyer, wire: Buffer.from(wire ?? '', 'base64') } }
  },
  touchedAt: (bytes) => (JSON.parse(Buffer.from(bytes).toString()) as OrderState).touched_at,
}

/** What stands for an event's wire message where nobody writes it. */
export function wireOf(event: StorefrontEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event))
}

export function eventOf(wire: Uint8Array): StorefrontEvent {
  return JSON.parse(Buffer.from(wire).toString()) as StorefrontEvent
}
