import type { OrderCodec } from '@cairn/domain'
import type { Codec } from './codec.ts'
import { compileRead } from './read.ts'
import { headerBytes, readHeader } from './wire.ts'

/** `touched_at` is a state's first field, in every version. */
const readTouched = compileRead({
  type: 'record',
  name: 'OrderTouched',
  fields: [{ name: 'touched_at', type: 'long' }],
}) as (bytes: Buffer, at: number) => { readonly touched_at: number }

/** Bytes of an order state as the state topic holds them. Throws for bytes of another kind: nothing can go on then. */
export function createOrderCodec(codec: Codec): OrderCodec {
  return {
    encode: (state) => ownBytes(codec.encode('order-state', state)),
    decode(bytes) {
      const decoded = codec.decode(bytes as Buffer)
      if (decoded.ok && decoded.kind === 'order-state') return decoded.value
      const found = decoded.ok ? `it is a ${decoded.kind}` : decoded.detail
      throw unreadable(found)
    },
    touchedAt(bytes) {
      const state = bytes as Buffer
      if (readHeader(state) === undefined || state.length <= headerBytes) throw unreadable('it has no header')
      return readTouched(state, headerBytes).touched_at
    },
  }
}

function unreadable(found: string): Error {
  return new Error(`the state of an order cannot be read (${found}): it was written by another version`)
}

/**
 * A copy that takes no more memory than its bytes. Small buffers are slices of a pool that Node hands out: one that stays
 * would keep its whole pool.
 */
function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}
