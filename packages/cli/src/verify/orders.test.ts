import { describe, expect, it } from '@jest/globals'
import { orderKey, type StorefrontEvent } from '@cairn/domain'
import { createCodec, readCatalog, readEventInput, type Incoming } from '@cairn/runtime'
import { buildEvent, Decider } from '@cairn/testkit/domain'
import { OrderEventTopics } from './order-events.ts'
import { Found, PartitionOrders } from './orders.ts'
import { SaidVerdicts } from './verdicts.ts'

const codec = createCodec(readCatalog())
const T = Date.UTC(2026, 0, 5, 10)
const flush = 'flush'

function of(order_id: string, name: string, over: Partial<StorefrontEvent> = {}): StorefrontEvent {
  const event_id = over.event_id ?? `${order_id}-${name}`
  return buildEvent({ event_id, name, order_id, event_time: T, value_minor: 100, currency: 'EUR', ...over })
}

const sent = [
  of('o1', 'purchase'),
  of('o2', 'purchase', { visitor_id: 'u:7' }),
  of('o1', 'refund'),
  of('o2', 'purchase', { visitor_id: 'v2', event_id: 'again' }),
]

/** Topic order-events: what was sent before the flush, the flush, and what came after it. */
function orderEvents(before: readonly StorefrontEvent[], after: readonly StorefrontEvent[] = []): Incoming[] {
  const tick = { key: '', value: codec.encode('tick', { flush_id: flush, hold_ms: 0 }) }
  const record = (event: StorefrontEvent) => ({ key: orderKey(event), value: codec.encodeEvent(event) })
  const all = [...before.map(record), tick, ...after.map(record)]
  return all.map((one, offset) => ({ ...one, offset, timestamp: T + offset }))
}

/** What was said of the events, in order. */
function verdictsOn(events: readonly StorefrontEvent[]) {
  const decider = new Decider()
  return events.flatMap((event) => decider.take({ appendedAt: T, key: '', body: { kind: 'event', event } }))
}

/** Compares order-events with verdicts. */
function compared(log: readonly Incoming[], verdicts: ReturnType<typeof verdictsOn>) {
  const said = new SaidVerdicts()
  for (const { key, body } of verdicts) if (body.kind === 'verdict') said.add(key, body.verdict)
  const found = new Found([said])
  const fold = new PartitionOrders(codec, 0, flush, found, new OrderEventTopics([]))
  fold.add(log)
  const differences = [...fold.differences(), ...found.extra()]
  return { orders: fold.orders, differences: differences.map(({ row, what }) => `${row} ${what}`) }
}

describe('orders folded again', () => {
  it('agree with what was said, also where a batch was said twice', () => {
    const said = verdictsOn(sent)
    expect(said).toHaveLength(5)
    expect(compared(orderEvents(sent), said)).toEqual({ orders: 2, differences: [] })
    expect(compared(orderEvents(sent), [...said, ...said])).toEqual({ orders: 2, differences: [] })
  })

  it('find each last verdict that was not said', () => {
    const said = verdictsOn(sent)
    const without = (at: number) => compared(orderEvents(sent), said.toSpliced(at, 1)).differences
    expect(without(2)).toEqual(['o1 of shop:v1 missing'])
    expect(without(3)).toEqual(['o2 of shop:u:7 missing'])
    expect(without(4)).toEqual(['o2 of shop:v2 missing'])
    // The first of o1 was followed by another, which says all.
    expect(without(0)).toEqual([])
  })

  it('find a verdict that says something else, and one that nothing brought about', () => {
    const [first, ...rest] = verdictsOn(sent)
    const { body } = first as NonNullable<typeof first>
    if (body.kind !== 'verdict') throw new Error('no verdict')
    const wrong = (over: object) => ({ ...first!, body: { ...body, verdict: { ...body.verdict, ...over } } })
    const [only] = sent as [StorefrontEvent]
    expect(compared(orderEvents([only]), [wrong({ value_minor: 99 })]).differences).toEqual(['o1 of shop:v1 differs'])
    for (const name of ['coupon', 'promotion'])
      expect(compared(orderEvents([only]), [wrong({ [name]: 'x' })]).differences).toEqual(['o1 of shop:v1 differs'])
    expect(compared(orderEvents([only]), [wrong({ event: null })]).differences).toEqual(['o1 of shop:v1 differs'])
    const extra = wrong({ order_id: 'o9' })
    expect(compared(orderEvents(sent), [first!, ...rest, extra]).differences).toEqual(['o9 of shop:v1 extra'])
    expect(compared(orderEvents([only]), [first!, wrong({ order_offset: 99 })]).differences).toEqual([
      'o1 of shop:v1 extra',
    ])
  })

  it('leave open what came after the flush: it may have been said, or not yet', () => {
    const [before, after] = [sent.slice(0, 2), sent.slice(2)]
    const log = orderEvents(before, after)
    // In the place of the tick stands what says nothing, so that offsets are the same.
    const said = verdictsOn([...before, of('none', 'order_updated'), ...after])
    expect(compared(log, said)).toEqual({ orders: 2, differences: [] })
    expect(compared(log, said.slice(0, 2))).toEqual({ orders: 2, differences: [] })
    expect(compared(log, said.slice(0, 1)).differences).toEqual(['o2 of shop:u:7 missing'])
  })

  it('are read as the fold of events reads verdicts', () => {
    const value = codec.encode('verdict', {
      ...{ order_id: 'o1', order_offset: 0, number: 1, status: 'placed', value_minor: 100, currency: 'EUR' },
      refunded_minor: 0,
      coupon: '',
      promotion: '',
      event: codec.encodeEvent(sent[0]!),
    })
    const { record } = readEventInput(codec, { key: 'shop:v1', value, offset: 9, timestamp: T })
    expect(compared(orderEvents(sent.slice(0, 1)), [record])).toEqual({ orders: 1, differences: [] })
  })
})
