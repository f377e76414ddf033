import { describe, expect, it } from '@jest/globals'
import { takeDirty } from '@cairn/domain'
import {
  arrivals,
  compoundGoals,
  EPOCH,
  FoldRun,
  jsonVisitorCodec,
  sessionRules,
  SPAN,
  visitorEvents,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import { readCatalog } from './catalog.ts'
import { createVisitorCodec } from './visitor.ts'

const T = 1_790_000_000_000
const MINUTE = 60_000
/** Of 4 MiB that the state topic allows a record; the rest is for goals that repeat a large event. */
const MOST_BYTES = 2 * 1024 * 1024
/** The estimate takes a character for a byte, which may have three. */
const MOST_BYTES_OF_ESTIMATE = 3

const codec = createVisitorCodec(readCatalog())
const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }

function eventOf(event_id: string): FoldRun {
  const fold = new FoldRun()
  fold.event(T, { event_id })
  return fold
}

/** Bytes of the largest visitor state, and what the fold thought all of them take. */
function saved(fold: FoldRun): { bytes: number; estimate: number } {
  const estimate = fold.partition.dirtyBytes
  const states = takeDirty(fold.partition).map(([, bytes]) =>
    bytes === null ? 0 : codec.encode(jsonVisitorCodec.decode(bytes)).length,
  )
  return { bytes: Math.max(...states), estimate }
}

describe('a visitor state', () => {
  it('that is cut off is refused, also where only its due times are asked for', () => {
    const [[, bytes] = []] = takeDirty(eventOf('a').partition)
    const state = codec.encode(jsonVisitorCodec.decode(bytes!))
    for (const length of [5, 6, state.length - 1]) {
      expect(() => codec.decode(state.subarray(0, length))).toThrow('does not end where its schema does')
      if (length < 10) expect(() => codec.peekDues(state.subarray(0, length))).toThrow('the bytes end within a number')
    }
  })

  it('comes back as it was, with the users it was known as', () => {
    const fold = eventOf('a')
    fold.event(T + 1, { event_id: 'b', user_id: 'ada' })
    const [[, bytes] = []] = takeDirty(fold.partition)
    const state = jsonVisitorCodec.decode(bytes!)
    expect(state.users).toEqual([{ time: T + 1, event_id: 'b', value: 'ada' }])
    expect(codec.decode(codec.encode(state))).toEqual(state)
  })

  it('comes back as it was after any events under any rules: nothing the fold keeps may be missing in the schema', () => {
    const goals = [
      { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
      { name: 'pay', kind: 'macro', match: { event: 'purchase' }, count: 'every' },
      { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
      { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
      ...compoundGoals,
    ]
    const drawn = fc.tuple(visitorEvents.chain(arrivals), sessionRules, fc.boolean())
    fc.assert(
      fc.property(drawn, ([arriving, { session }, isLate]) => {
        const fold = new FoldRun()
        let now = EPOCH + SPAN
        fold.define(now, { goals, session })
        for (const { event, afterMs } of arriving) {
          now += afterMs
          fold.event(now, event)
        }
        if (isLate) fold.tick(now + 26 * 60 * MINUTE)
        for (const [, bytes] of takeDirty(fold.partition)) {
          if (bytes === null) continue
          const state = jsonVisitorCodec.decode(bytes)
          expect(codec.decode(codec.encode(state))).toEqual(state)
        }
      }),
      { numRuns: 200 },
    )
  })

  it.each(['o', 'ö', '漢', '👟'])('stays within a Kafka record, whatever a visitor sends in %s', (character) => {
    const text = (length: number): string => character.repeat(length / character.length)
    for (const length of [2, 400]) {
      const fold = new FoldRun()
      fold.define(T, { goals: [buy] })
      const sizes = [500, 1_000, 1_500].map((until) => {
        for (let at = until - 500; at < until; at++) {
          const event_time = T + at * 1_000 - (at % 40) * 31 * MINUTE
          const order_id = `${text(length)}${at}`
          const properties = { promotion_id: text(length) }
          const order = { event_id: order_id, event_time, name: 'purchase', order_id, path: text(length), properties }
          fold.event(T + at * 1_000, order)
        }
        return saved(fold)
      })
      for (const { bytes, estimate } of sizes) {
        expect(bytes).toBeLessThan(MOST_BYTES)
        expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
      }
    }
  })

  it.each(['o', 'ö', '漢', '👟'])('stays within one when it keeps facts and server events in %s, too', (character) => {
    const text = character.repeat(100 / character.length)
    const fold = new FoldRun()
    fold.define(T, { session: { cut_on_campaign: true }, goals: [buy] })
    const told = { referrer: text, source: text, medium: text, path: text, user_id: text }
    for (let at = 0; at < 1_500; at++) {
      const [event_id, is_server] = [`${text}${at}`, at % 3 === 0]
      const order = is_server ? { name: 'purchase', order_id: event_id } : {}
      fold.event(T + at, { event_id, is_server, ...told, campaign: `${at % 100}`, ...order })
    }
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
    expect(bytes / estimate).toBeGreaterThan(0.5)
  })

  it.each([true, false])('stays within one when every event is part of all goals; cut by campaigns: %s', (isCut) => {
    const all = [{ match: { not: { event: 'nothing' } }, times: 100 }]
    const goals = Array.from({ length: 16 }, (_, at) => ({ name: `goal ${at}`, kind: 'micro', compound: { all } }))
    const fold = new FoldRun()
    fold.define(T, { session: { cut_on_campaign: isCut }, goals })
    for (let at = 0; at < 1_500; at++)
      fold.event(T + at, { event_id: `${'漢'.repeat(20)}${at}`, order_id: `order ${at}` })
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
    expect(bytes / estimate).toBeGreaterThan(0.5)
  })

  it('stays within a Kafka record when its sessions count every goal there is', () => {
    const fold = new FoldRun()
    const many = Array.from({ length: 60 }, (_, at) => ({ ...buy, name: `${'目標'.repeat(20)}${at}` }))
    fold.define(T, { goals: many })
    for (let at = 0; at < 300; at++) {
      const event_time = T + at * 1_000 - at * 31 * MINUTE
      fold.event(T + at * 1_000, { event_id: `e${at}`, event_time, name: 'purchase', value_minor: 1, currency: 'EUR' })
    }
    fold.flush(T + 300_000)
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
  })
})
