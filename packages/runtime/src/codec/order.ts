import type { OrderCodec } from '@cairn/domain'
import type { Codec } from './codec.ts'

/** Bytes of an order state as the state topic holds them. Throws for bytes of another kind: nothing can go on then. */
export function createOrderCodec(codec: Codec): OrderCodec {
  return {
    encode: (state) => ownBytes(codec.encode('order-state', state)),
    decode(bytes) {
      const decoded = codec.decode(bytes as Buffer)
      if (decoded.ok && decoded.kind === 'order-state') return decoded.value
      const found = decoded.ok ? `it is a ${decoded.kind}` : decoded.detail
      throw new Error(`the state of an order cannot be read (${found}): it was written by another version`)
    },
  }
}

/**
 * A copy that takes no more memory than its bytes. Small buffers are slices of a pool that Node hands out: one that stays
 * would keep its whole pool.
 */
export function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}
