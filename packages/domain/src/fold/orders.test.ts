import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, jsonVisitorCodec, MemoryVisitors, Warehouse, type Stepped } from '@cairn/testkit/domain'
import { restorePartition, takeDirty, type StorefrontEvent } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const DAY = 24 * 60 * MINUTE
const [PLACED, REFUNDED] = [
  { order_offset: 1, number: 1 },
  { order_offset: 2, number: 2 },
]

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const sale = { name: 'sale', kind: 'micro', match: { event: 'purchase' }, value: { amount: 5, currency: 'EUR' }, dedupe_by: 'order_id' } // prettier-ignore
const pay = { name: 'pay', kind: 'micro', match: { event: 'purchase' } }

function foldWith(...goals: unknown[]): FoldRun {
  const fold = new FoldRun()
  fold.define(T, { goals })
  return fold
}

function purchase(over: Partial<StorefrontEvent> = {}): StorefrontEvent {
  const order = { order_id: 'o', value_minor: 1_000, currency: 'EUR' }
  return buildEvent({ event_id: 'p', event_time: T, name: 'purchase', ...order, ...over })
}

/** Conversion rows as `+event value refunded status` and `-event`. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) =>
    row.is_deleted === 1
      ? `-${row.goal}`
      : `+${row.goal} ${String(row.value_minor)} ${row.refunded_minor} ${row.order_status}`,
  )
}

function values({ credits }: Stepped): unknown[] {
  return credits.map((row) => [row.reason, row.value_minor, row.values_minor[0] ?? null])
}

/** A visit by mail, a day later one that buys. */
function bought(...goals: unknown[]) {
  const fold = foldWith(...goals)
  fold.event(T - DAY, { event_id: 'a', path: '/', source: 'letter', medium: 'email' })
  const event = purchase()
  const own = fold.event(T, event)
  return { fold, event, own }
}

describe('an order', () => {
  it('converts by its verdict in the session of its purchase, not by the purchase itself', () => {
    const { fold, event, own } = bought(buy, pay)
    expect(own.goals).toEqual(['buy', 'pay'])
    expect(changes(own)).toEqual(['+pay null 0 '])
    const decided = fold.verdict(T + 1, event, {})
    expect(decided).toMatchObject({ outcome: 'verdict', labelled: undefined })
    expect(decided.conversions).toMatchObject([
      { goal: 'buy', event_id: 'p', session_id: own.labelled, value_minor: 1_000, order_status: 'placed', version: 3 },
    ])
    expect(decided.credits).toMatchObject([{ reason: 'conversion', value_minor: 1_000 }])
    expect(fold.flush(T + 1).sessions.at(-1)).toMatchObject({ session_id: own.labelled, events: 1, macro: 1, micro: 1 })
  })

  it('is worth less when refunded, in its conversion, its credits and its session', () => {
    const { fold, event } = bought(buy)
    const placed = fold.verdict(T, event, PLACED)
    fold.flush(T)
    const refunded = fold.verdict(T + 1, event, { ...REFUNDED, status: 'partly_refunded', refunded_minor: 300 })
    expect(changes(refunded)).toEqual(['+buy 700 300 partly_refunded'])
    expect(refunded.conversions).toMatchObject([{ reason: 'order' }])
    expect(refunded.conversions[0]?.conversion_id).toBe(placed.conversions[0]?.conversion_id)
    expect(values(refunded)).toEqual([['order', 700, [700, 0]]])
    expect(fold.flush(T + 1).sessions).toMatchObject([{ goal_values: [700], macro: 1 }])
    const cancelled = fold.verdict(T + 2, event, {
      order_offset: 3,
      number: 3,
      status: 'cancelled',
      refunded_minor: 1_000,
    })
    expect(changes(cancelled)).toEqual(['+buy 0 1000 cancelled'])
    expect(values(cancelled)).toEqual([['order', 0, [0, 0]]])
  })

  it('takes a refund in part off its own value only; a worth that the goal sets goes as a whole', () => {
    const { fold, event } = bought(sale)
    expect(changes(fold.verdict(T, event, PLACED))).toEqual(['+sale 500 0 placed'])
    expect(changes(fold.verdict(T, event, { ...REFUNDED, status: 'partly_refunded', refunded_minor: 999 }))).toEqual([
      '+sale 500 0 partly_refunded',
    ])
    const whole = { order_offset: 3, number: 3, status: 'refunded', refunded_minor: 1_000 } as const
    expect(changes(fold.verdict(T, event, whole))).toEqual(['+sale 0 500 refunded'])
  })

  it.each([2 * DAY, 60 * DAY, 180 * DAY])('is refunded %d ms later, when its session is forgotten', (later) => {
    const { fold, event, own } = bought(buy)
    const [placed] = fold.verdict(T, event, PLACED).conversions
    fold.flush(T)
    fold.tick(T + later)
    const refunded = fold.verdict(T + later, event, { ...REFUNDED, status: 'partly_refunded', refunded_minor: 1 })
    const { version } = refunded.conversions[0] ?? {}
    expect(refunded.conversions).toEqual([
      { ...placed, version, value_minor: 999, refunded_minor: 1, order_status: 'partly_refunded', reason: 'order' },
    ])
    expect(refunded.credits).toMatchObject([
      {
        touch_session_ids: [expect.any(String), own.labelled],
        values_minor: expect.arrayContaining([
          [999, 0],
          [500, 499],
        ]),
      },
    ])
    expect(refunded.sessions).toEqual([])
  })

  it.each(['verdict', 'verdict_forgotten'])('is known for 191 days: at their end a refund is a %s', (outcome) => {
    const { fold, event } = bought(buy)
    fold.verdict(T, event, PLACED)
    const end = T + 191 * DAY + (outcome === 'verdict' ? 0 : 1)
    const late = fold.verdict(end, event, { ...REFUNDED, status: 'refunded', refunded_minor: 1_000 })
    expect([late.outcome, changes(late)]).toEqual([outcome, outcome === 'verdict' ? ['+buy 0 1000 refunded'] : []])
  })

  it('takes each verdict once, and none that was overtaken', () => {
    const { fold, event } = bought(buy)
    fold.verdict(T, event, PLACED)
    const refund = { ...REFUNDED, status: 'partly_refunded', refunded_minor: 300 } as const
    fold.verdict(T, event, refund)
    for (const again of [PLACED, refund]) {
      const stepped = fold.verdict(T, event, again)
      expect([stepped.outcome, changes(stepped), values(stepped)]).toEqual(['verdict_repeated', [], []])
    }
  })

  it('is withdrawn from a visitor who turns out not to be the buyer, and may come back', () => {
    const { fold, event } = bought(buy)
    const [placed] = fold.verdict(T, event, PLACED).conversions
    const gone = { ...REFUNDED, status: 'withdrawn', event: null } as const
    const withdrawn = fold.verdict(T, event, gone)
    expect(withdrawn.conversions).toMatchObject([{ conversion_id: placed?.conversion_id, is_deleted: 1 }])
    expect(withdrawn.credits).toMatchObject([{ conversion_id: placed?.conversion_id, is_deleted: 1, reason: 'order' }])
    expect(fold.flush(T).sessions.at(-1)).toMatchObject({ macro: 0 })
    const again = fold.verdict(T, event, { order_offset: 3, number: 1 })
    expect(changes(again)).toEqual(['+buy 1000 0 placed'])
    expect(again.conversions[0]?.conversion_id).not.toBe(placed?.conversion_id)
  })

  it('is withdrawn when its session is forgotten, too, and leads nowhere any more', () => {
    const { fold, event } = bought(buy)
    const [placed] = fold.verdict(T, event, PLACED).conversions
    fold.tick(T + 3 * DAY)
    const withdrawn = fold.verdict(T + 3 * DAY, event, { ...REFUNDED, status: 'withdrawn', event: null })
    expect(withdrawn.conversions).toMatchObject([
      { conversion_id: placed?.conversion_id, is_deleted: 1, event_time: T },
    ])
    expect(withdrawn.credits).toMatchObject([{ conversion_id: placed?.conversion_id, is_deleted: 1 }])
    const state = takeDirty(fold.partition).find(([key]) => key === 'shop:v1')?.[1]
    expect(jsonVisitorCodec.decode(state!).past).toEqual([])
  })

  it('of a purchase that comes earlier than the first is another conversion', () => {
    const { fold, event } = bought(buy)
    fold.verdict(T, event, PLACED)
    const earlier = purchase({ event_id: 'q', event_time: T - MINUTE })
    fold.event(T, earlier)
    const moved = fold.verdict(T, earlier, REFUNDED)
    expect(changes(moved)).toEqual(['-buy', '+buy 1000 0 placed'])
    expect(moved.credits.map((row) => [row.is_deleted, row.event_time])).toEqual([
      [1, T],
      [0, T - MINUTE],
    ])
  })

  it.each(['visitor', ''])('is matched again when it is updated, with the order’s value, of "%s" too', (visitor_id) => {
    const large = { ...buy, name: 'large', match: { event: 'purchase', fields: { value: { gte: 15 } }, path: '/done' } }
    const fold = foldWith(buy, large)
    const event = purchase({ visitor_id, path: '/done' })
    fold.event(T, event)
    expect(changes(fold.verdict(T, event, PLACED))).toEqual(['+buy 1000 0 placed'])
    expect(changes(fold.verdict(T, event, { ...REFUNDED, value_minor: 2_000 }))).toEqual([
      '+buy 2000 0 placed',
      '+large 2000 0 placed',
    ])
    const refund = {
      order_offset: 3,
      number: 3,
      value_minor: 2_000,
      status: 'partly_refunded',
      refunded_minor: 1_900,
    } as const
    expect(changes(fold.verdict(T, event, refund))).toEqual([
      '+buy 100 1900 partly_refunded',
      '+large 100 1900 partly_refunded',
    ])
  })

  it('that a server sends waits for the session that covers it; one of nobody has none and is refunded all the same', () => {
    const fold = foldWith(buy)
    const sent = purchase({ is_server: true })
    fold.event(T, sent)
    expect(fold.verdict(T, sent, PLACED).conversions).toMatchObject([{ session_id: null }])
    const session = fold.event(T, { event_id: 'a', event_time: T - GAP, path: '/' })
    expect(session.conversions).toMatchObject([{ session_id: session.labelled, channel: 'Direct' }])
    expect(fold.flush(T).sessions).toMatchObject([{ events: 2, macro: 1, moved_offsets: [1] }])

    const nobody = purchase({ visitor_id: '', order_id: 'x', event_id: 'n' })
    fold.event(T, nobody)
    expect(fold.verdict(T, nobody, PLACED).conversions).toMatchObject([{ session_id: null, visitor_id: '' }])
    expect(changes(fold.verdict(T, nobody, { ...REFUNDED, status: 'refunded', refunded_minor: 1_000 }))).toEqual([
      '+buy 0 1000 refunded',
    ])
  })

  it('of the visitor’s own client costs later events nothing: it is with the conversions of its session', () => {
    const { fold, event } = bought(buy)
    fold.verdict(T, event, PLACED)
    const [state] = takeDirty(fold.partition).map(([, bytes]) => jsonVisitorCodec.decode(bytes!))
    expect(state?.companions).toEqual([])
    expect(state?.sessions.at(-1)?.conversions).toMatchObject([{ goal: 'buy', order_status: 'placed' }])
  })

  it('whose purchase comes after its verdict goes to the session of that, and stays with it', () => {
    const fold = foldWith(buy)
    const event = purchase()
    expect(fold.verdict(T, event, PLACED).conversions).toMatchObject([{ session_id: null }])
    const own = fold.event(T, event)
    expect(own.conversions).toMatchObject([{ goal: 'buy', session_id: own.labelled, order_status: 'placed' }])
    expect(changes(fold.verdict(T, event, { ...REFUNDED, status: 'refunded', refunded_minor: 1_000 }))).toEqual([
      '+buy 0 1000 refunded',
    ])
    expect(fold.flush(T).sessions).toMatchObject([{ events: 1, macro: 1, goal_values: [0], moved_offsets: [] }])
  })

  it('that no goal counted is counted when an update makes it worth a goal, also when its session is forgotten', () => {
    const fold = foldWith({ ...buy, match: { event: 'purchase', fields: { value: { gte: 15 } } } })
    const event = purchase()
    const own = fold.event(T, event)
    expect(changes(fold.verdict(T, event, PLACED))).toEqual([])
    fold.tick(T + 3 * DAY)
    const updated = fold.verdict(T + 3 * DAY, event, { ...REFUNDED, value_minor: 2_000 })
    expect(updated.conversions).toMatchObject([{ value_minor: 2_000, session_id: own.labelled }])
  })

  it('that is decided when its session is forgotten still goes there', () => {
    const { fold, event, own } = bought(buy)
    fold.tick(T + 3 * DAY)
    const decided = fold.verdict(T + 3 * DAY, event, PLACED)
    expect(decided.conversions).toMatchObject([{ session_id: own.labelled, channel: 'Direct' }])
    expect(decided.credits).toMatchObject([{ touch_session_ids: [expect.any(String), own.labelled] }])
    const refunded = fold.verdict(T + 4 * DAY, event, { ...REFUNDED, status: 'refunded', refunded_minor: 1_000 })
    expect(values(refunded)).toEqual([['order', 0, [0, 0]]])
  })

  it('that a server sends goes to a session it was let go from up to the gap after its end, and no millisecond later', () => {
    const session = (late: number): unknown => {
      const fold = foldWith(buy)
      const own = fold.event(T, { event_id: 'a', path: '/' })
      const sent = purchase({ event_time: T + GAP + late, is_server: true })
      fold.tick(T + 3 * DAY)
      const [placed] = fold.verdict(T + 3 * DAY, sent, PLACED).conversions
      return placed?.session_id === own.labelled ? 'own' : placed?.session_id
    }
    expect([session(0), session(1)]).toEqual(['own', null])
  })

  it.each([
    ['in order', ['a', 'b']],
    ['the later one first', ['b', 'a']],
  ])('goes to the latest of several forgotten sessions that cover it, come %s', (_, order) => {
    const fold = new FoldRun()
    fold.define(T, { session: { cut_on_campaign: true }, goals: [buy] })
    for (const id of order) {
      const event_time = id === 'a' ? T : T + MINUTE
      fold.event(T + MINUTE, { event_id: id, event_time, source: id, medium: 'email', path: '/' })
    }
    const sent = purchase({ event_time: T + 2 * MINUTE, is_server: true })
    fold.tick(T + 3 * DAY)
    const [placed] = fold.verdict(T + 3 * DAY, sent, PLACED).conversions
    expect([placed?.source, placed?.session_id]).toEqual(['b', expect.any(String)])
  })

  it('of which only the status changes when its session is forgotten has its conversion said again, not its credits', () => {
    const { fold, event } = bought({ ...sale, kind: 'macro' })
    fold.verdict(T, event, PLACED)
    fold.tick(T + 3 * DAY)
    const refunded = fold.verdict(T + 3 * DAY, event, { ...REFUNDED, status: 'partly_refunded', refunded_minor: 300 })
    expect([changes(refunded), values(refunded)]).toEqual([['+sale 500 0 partly_refunded'], []])
  })

  it('comes back from a checkpoint as it was', () => {
    const { fold, event } = bought(buy)
    fold.verdict(T, event, PLACED)
    fold.tick(T + 3 * DAY)
    const { position, parts, streamTime, eventClock, definitions } = fold.partition
    const cold = new MemoryVisitors(jsonVisitorCodec)
    cold.write(takeDirty(fold.partition))
    const checkpoint = { position, parts, stream_time: streamTime, event_clock: eventClock, definitions_number: definitions.number, definitions: definitions.json } // prettier-ignore
    const restored = new FoldRun(restorePartition(jsonVisitorCodec, checkpoint, { cold }), fold.log)
    const refund = { ...REFUNDED, status: 'refunded', refunded_minor: 1_000 } as const
    expect(values(restored.verdict(T + 4 * DAY, event, refund))).toEqual([['order', 0, [0, 0]]])
  })
})

describe('the orders of one visitor', () => {
  it('are bounded: the longest untouched are forgotten', () => {
    const fold = foldWith(buy)
    const warehouse = new Warehouse()
    const place = (at: number, number = 1) => {
      const event = purchase({
        event_id: `e${at}`,
        order_id: `${at}-${'x'.repeat(8_000)}`,
        event_time: T - at * GAP * 3,
      })
      if (number === 1) warehouse.apply(fold.event(T, event).result.outputs)
      const stepped = fold.verdict(T, event, { order_offset: number, number, status: number === 1 ? 'placed' : 'refunded', refunded_minor: number === 1 ? 0 : 1_000 }) // prettier-ignore
      warehouse.apply(stepped.result.outputs)
      return stepped
    }
    for (let at = 0; at < 60; at++) place(at)
    expect(warehouse.liveConversions()).toHaveLength(60)
    const [first, last] = [place(0, 2), place(59, 2)]
    expect([first.outcome, last.outcome]).toEqual(['verdict_forgotten', 'verdict'])
    const saved = takeDirty(fold.partition).map(([, bytes]) => bytes?.length ?? 0)
    expect(Math.max(...saved)).toBeLessThan(2 * 1024 * 1024)
  })
})
