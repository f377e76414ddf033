import { describe, expect, it } from '@jest/globals'
import { foldOrder, type OrderState } from '@cairn/domain'
import { buildEvent, inAnyOrder, jsonOrderCodec, orderEvents } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import { createOrderCodec } from './order.ts'

const codec = createCodec(readCatalog())
const orders = createOrderCodec(codec)

describe('the state of an order', () => {
  it('comes back from its bytes as it was, whatever happened to the order', () => {
    fc.assert(
      fc.property(orderEvents.chain(inAnyOrder), (events) => {
        let state: OrderState | null = null
        events.forEach((event, offset) => {
          state = foldOrder(state, { event, wire: codec.encodeEvent(event) }, offset, 1_700_000_000_000 + offset).state
          if (state === null) return
          const again = orders.decode(orders.encode(state))
          expect(orders.touchedAt(orders.encode(state))).toBe(state.touched_at)
          expect(jsonOrderCodec.encode(again).toString()).toBe(jsonOrderCodec.encode(state).toString())
        })
      }),
      { numRuns: 100 },
    )
  })

  it('takes no more memory than its bytes', () => {
    const { state } = foldOrder(
      null,
      { event: buildEvent({ event_id: 'e', name: 'purchase' }), wire: Buffer.from('x') },
      0,
      0,
    )
    const bytes = Buffer.from(orders.encode(state as OrderState).buffer)
    expect(bytes.length).toBe(orders.encode(state as OrderState).length)
  })

  it('that is none is not taken for one', () => {
    expect(() => orders.decode(codec.encode('fence', { owner: 'x' }))).toThrow('it is a fence')
    expect(() => orders.decode(Buffer.from([1]))).toThrow('another version')
    expect(() => orders.touchedAt(Buffer.from([1]))).toThrow('another version')
  })
})
