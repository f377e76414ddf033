import { describe, expect, it } from '@jest/globals'
import { NEVER, takeDirty, type StorefrontEvent } from '@cairn/domain'
import {
  arrivals,
  buildEvent,
  compoundGoals,
  EPOCH,
  FoldRun,
  jsonVisitorCodec,
  sessionRules,
  SPAN,
  visitorEvents,
  windowedGoals,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import { readCatalog } from './catalog.ts'
import { createMessageWriter } from './message.ts'
import { createVisitorCodec } from './visitor.ts'
import { readHeader } from './wire.ts'
import { compileWrite } from './write.ts'

const T = 1_790_000_000_000
const MINUTE = 60_000
/** Beyond which the fold forgets sessions and claims, estimated: what is well within it says nothing of the bound. */
const BOUND = 384 * 1024
/** Of 4 MiB that the state topic allows a record; the rest is for goals that repeat a large event. */
const MOST_BYTES = 2 * 1024 * 1024
/** The estimate takes a character for a byte, which may have three. */
const MOST_BYTES_OF_ESTIMATE = 3

const catalog = readCatalog()
const codec = createVisitorCodec(catalog)
const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }

function eventOf(event_id: string): FoldRun {
  const fold = new FoldRun()
  fold.event(T, { event_id })
  return fold
}

/** An event, and where it is an order what that comes to. */
function place(fold: FoldRun, appendedAt: number, event: StorefrontEvent): void {
  fold.event(appendedAt, event)
  if (event.order_id !== '') fold.verdict(appendedAt, event, {})
}

/** Bytes of the largest visitor state, and what the fold thought all of them take. */
function saved(fold: FoldRun): { bytes: number; estimate: number } {
  const estimate = fold.partition.dirtyBytes
  const states = takeDirty(fold.partition).map(([, bytes]) =>
    bytes === null ? 0 : codec.encode(jsonVisitorCodec.decode(bytes)).length,
  )
  return { bytes: Math.max(...states), estimate }
}

/** Written by the version before this one: an open session of one page view, its visitor's first. */
const firstVersion =
  '0000000014d0bf83c59868828ddfc6986882fd919999680873686f70047631021bb0565592f23443000200000280b083c5986800024830316130633435302d366330302d383734332d383033612d326338653362353037626566000080b083c5986880b083c5986802020280b083c598680261042f700280b083c598680261042f700280b083c5986802610c4469726563741028646972656374290c286e6f6e65290000000000000000000000828ddfc6986882fd91999968000100d0bf83c598680100e6060000'

/** What the version before did not keep, as of a visitor of whom there is nothing to say. */
const notKept = {
  orders: [],
  touches: [],
  past: [],
  omitted_days: [],
  said: [],
  users: [],
  companions: [],
  known_goals: [],
  past_matches: [],
}

describe('a visitor state', () => {
  it('of the version before is migrated when it is read, and is one of this version once it is written', () => {
    const old = Buffer.from(firstVersion, 'hex')
    const state = codec.decode(old)
    expect(state).toMatchObject({
      site: 'shop',
      visitor_id: 'v1',
      sessions: [{ events: 1, page_views: 1 }],
      claims: [],
    })
    expect(codec.peekDues(old)).toEqual({
      emit_due: state.emit_due,
      close_due: state.close_due,
      expire_due: state.expire_due,
    })
    const written = codec.encode(state)
    expect(readHeader(written as Buffer)).not.toBe(readHeader(old))
    expect(codec.decode(written)).toEqual(state)
  })

  it('of the version before has nothing of what was not kept then, as a new visitor has', () => {
    const { sessions, seen_id, ...state } = codec.decode(Buffer.from(firstVersion, 'hex'))
    const [session] = sessions
    expect([sessions.length, seen_id.length]).toEqual([1, 1])
    // Its own session is the first that is known of it: another one is not to count as new.
    expect(state).toMatchObject({ ...notKept, first_started_at: session?.started_at })
    expect(session).toMatchObject({ cart_rank: 0, cut: '', facts: [], standby: [], moved: [] })
  })

  it('of the version before without a session has no first one yet, and its claims', () => {
    const old = catalog.named('visitor-state.v1')
    const claim = { goal: 'buy', order_id: '', conversion_id: 'c', event_time: T, event_id: 'a', touched_at: T }
    const dues = { emit_due: NEVER, close_due: NEVER, expire_due: T + 1 }
    const seen = { seen_id: [], seen_content: [], seen_at: [] }
    const kept = { ...dues, site: 'shop', visitor_id: 'v1', ...seen, sessions: [], claims: [claim] }
    const written = { ...kept, claims: [{ ...claim, final_due: T + 1 }] }
    const state = codec.decode(createMessageWriter()(compileWrite(old.schema), written, old.id))
    expect(state).toEqual({ ...kept, ...notKept, first_started_at: NEVER })
    expect(codec.decode(codec.encode(state))).toEqual(state)
  })

  it('of a schema that never was one is refused, whatever is asked for', () => {
    const foreign = Buffer.from([0, 0, 0, 39, 15, 1, 2])
    expect(() => codec.decode(foreign)).toThrow('schema 9999')
    expect(() => codec.peekDues(foreign)).toThrow('written by another version')
  })

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

  it('comes back as it was, with counts of what its history has no room for', () => {
    const fold = new FoldRun()
    for (let at = 0; at < 150; at++) fold.event(T + at * 120 * MINUTE, { event_id: `e${at}` })
    const [[, bytes] = []] = takeDirty(fold.partition)
    const state = jsonVisitorCodec.decode(bytes!)
    expect(state.omitted_days.reduce((sum, { touches }) => sum + touches, 0)).toBeGreaterThan(30)
    expect(codec.decode(codec.encode(state))).toEqual(state)
  })

  it('comes back as it was after any events under any rules: nothing the fold keeps may be missing in the schema', () => {
    const goals = [
      { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
      { name: 'pay', kind: 'macro', match: { event: 'purchase' }, count: 'every' },
      { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
      { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
      ...compoundGoals,
      ...windowedGoals,
    ]
    const drawn = fc.tuple(visitorEvents.chain(arrivals), sessionRules, fc.boolean())
    fc.assert(
      fc.property(drawn, ([arriving, { session }, isLate]) => {
        const fold = new FoldRun()
        let [now, offset] = [EPOCH + SPAN, 0]
        fold.define(now, { goals, session })
        for (const { event, afterMs } of arriving) {
          now += afterMs
          fold.event(now, event)
          if (event.order_id !== '') fold.verdict(now, event, { order_offset: ++offset })
        }
        if (isLate) fold.tick(now + 26 * 60 * MINUTE)
        for (const [, bytes] of takeDirty(fold.partition)) {
          if (bytes === null) continue
          const state = jsonVisitorCodec.decode(bytes)
          const decoded = codec.decode(codec.encode(state))
          expect(decoded).toEqual(state)
          // Else what was read and what the fold made were two kinds of objects to the engine: all code would be slower.
          expect(JSON.stringify(decoded)).toBe(JSON.stringify(state))
        }
      }),
      { numRuns: 50 },
    )
  })

  it.each(['o', 'ö', '漢', '👟'])('stays within a Kafka record, whatever a visitor sends in %s', (character) => {
    const text = (length: number): string => character.repeat(length / character.length)
    for (const length of [2, 400]) {
      const fold = new FoldRun()
      fold.define(T, { goals: [buy] })
      const sizes = [70, 140, 210].map((until) => {
        for (let at = until - 70; at < until; at++) {
          const event_time = T + at * 1_000 - (at % 40) * 31 * MINUTE
          const order_id = `${text(length)}${at}`
          const properties = { promotion_id: text(length) }
          const order = { event_id: order_id, event_time, name: 'purchase', order_id, path: text(length), properties }
          place(fold, T + at * 1_000, buildEvent(order))
        }
        return saved(fold)
      })
      for (const { bytes, estimate } of sizes) {
        expect(bytes).toBeLessThan(MOST_BYTES)
        expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
      }
      if (length > 2) expect(sizes.at(-1)?.estimate).toBeGreaterThan(BOUND)
    }
  })

  it.each(['o', 'ö', '漢', '👟'])('stays within one when it keeps facts and server events in %s, too', (character) => {
    const text = character.repeat(100 / character.length)
    const fold = new FoldRun()
    fold.define(T, { session: { cut_on_campaign: true }, goals: [buy] })
    const told = { referrer: text, source: text, medium: text, path: text, user_id: text }
    for (let at = 0; at < 300; at++) {
      const [event_id, is_server] = [`${text}${at}`, at % 3 === 0]
      const order = is_server ? { name: 'purchase', order_id: event_id } : {}
      place(
        fold,
        T + at,
        buildEvent({ event_id, event_time: T + at, is_server, ...told, campaign: `${at % 100}`, ...order }),
      )
    }
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
    expect(bytes / estimate).toBeGreaterThan(0.5)
    expect(estimate).toBeGreaterThan(BOUND)
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

  it.each(['漢', 'o'])('stays within one when sessions in %s that were let go were part of all goals', (character) => {
    const names = ['view_item', 'search', 'add_to_cart']
    const goals = names.map((event) => {
      const compound = { all: [{ match: { event }, times: 100 }], within: '30d' }
      return { name: `goal ${event}`, kind: 'micro', compound }
    })
    const fold = new FoldRun()
    fold.define(T, { session: { grace: '1h' }, goals })
    for (let at = 0; at < 300; at++) {
      const event_id = `${character.repeat(600 / Buffer.byteLength(character))}${at}`
      fold.event(T + Math.floor(at / 30) * 120 * MINUTE + at, { event_id, name: names[at % 3] ?? '', is_bot: true })
    }
    fold.tick(T + 24 * 60 * MINUTE)
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES / 8)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
    expect(estimate).toBeGreaterThan(60 * 1024)
  })

  it('stays within a Kafka record when its sessions count every goal there is', () => {
    const fold = new FoldRun()
    const many = Array.from({ length: 60 }, (_, at) => ({ ...buy, name: `${'目標'.repeat(20)}${at}` }))
    fold.define(T, { goals: many })
    for (let at = 0; at < 60; at++) {
      const event_time = T + at * 1_000 - at * 31 * MINUTE
      const worth = { value_minor: 1, currency: 'EUR', order_id: at % 3 === 0 ? `o${at}` : '' }
      place(fold, T + at * 1_000, buildEvent({ event_id: `e${at}`, event_time, name: 'purchase', ...worth }))
    }
    fold.flush(T + 60_000)
    const { bytes, estimate } = saved(fold)
    expect(bytes).toBeLessThan(MOST_BYTES)
    expect(bytes / estimate).toBeLessThan(MOST_BYTES_OF_ESTIMATE)
    expect(estimate).toBeGreaterThan(BOUND)
  })
})
