import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, jsonVisitorCodec, MemoryVisitors, type Stepped } from '@cairn/testkit/domain'
import type { Conversion } from '../conversion/conversion.ts'
import { NEVER, restorePartition, takeDirty, type StorefrontEvent, type VisitorState } from '../index.ts'
import { takeFormer } from './former-visitor.ts'

const T = 1_700_000_000_000
const DAY = 24 * 60 * 60_000

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const apply = { name: 'apply', kind: 'micro', match: { event: 'application' }, dedupe_by: 'order_id' }
const event = buildEvent({ event_id: 'p', event_time: T, name: 'purchase', order_id: 'o', value_minor: 1_000, currency: 'EUR' }) // prettier-ignore

/** Conversion rows as `+value refunded status` and `-`, each with the event it is of. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map(
    (row) =>
    row.is_deleted === 1 ? `-${row.event_id}` : `+${row.event_id} ${String(row.value_minor)} ${row.refunded_minor} ${row.order_status}`, // prettier-ignore
  )
}

/** The fold of one visitor, restored from what the version before would have kept of it; `over` is of its conversions. */
function former(fold: FoldRun, over: Partial<Conversion> = {}): FoldRun {
  const states = new MemoryVisitors(jsonVisitorCodec)
  states.write(
    takeDirty(fold.partition).map(([key, bytes]) => {
      if (bytes === null) return [key, bytes] as const
      const state = asFormer(jsonVisitorCodec.decode(bytes), over)
      takeFormer(state)
      return [key, jsonVisitorCodec.encode(state)] as const
    }),
  )
  const { position, parts, streamTime, eventClock, definitions } = fold.partition
  const at = { position, parts, stream_time: streamTime, event_clock: eventClock }
  const checkpoint = { ...at, definitions_number: definitions.number, definitions: definitions.json }
  return new FoldRun(restorePartition(jsonVisitorCodec, checkpoint, { cold: states }), fold.log)
}

/** Without orders, users and a first session: a purchase is a conversion like others, and claims its order. */
function asFormer(state: VisitorState, over: Partial<Conversion>): VisitorState {
  const counted = state.orders.flatMap(({ order_id, touched_at, said }) =>
    said.map(({ row: { goal, conversion_id, event_time, event_id } }) => {
      return { goal, order_id, conversion_id, event_time, event_id, touched_at }
    }),
  )
  const sessions = state.sessions.map((session) => {
    const conversions = session.conversions.map((one) => ({ ...one, order_status: '' as const, ...over }))
    return { ...session, conversions }
  })
  const none = { said: [], orders: [], users: [], first_started_at: NEVER }
  return { ...state, ...none, sessions, claims: [...state.claims, ...counted] }
}

/** A purchase that the version before has counted in its session. */
function bought(...goals: unknown[]): { fold: FoldRun; counted: string | undefined } {
  const fold = new FoldRun()
  fold.define(T, { goals: [buy, ...goals] })
  fold.event(T - DAY, { event_id: 'a', path: '/', source: 'letter', medium: 'email' })
  fold.event(T, event)
  const [row] = fold.verdict(T, event, {}).conversions
  fold.flush(T)
  return { fold, counted: row?.conversion_id }
}

const server: StorefrontEvent = { ...event, event_id: 's', is_server: true }
const refund = { status: 'partly_refunded', refunded_minor: 400, number: 2 } as const

describe('an order that the version before counted', () => {
  it('is the same conversion when its purchase is reported once more, and from then on is corrected', () => {
    const { fold, counted } = bought()
    const now = former(fold)
    const said = now.verdict(T + 1, event, { order_offset: 0 })
    expect(changes(said)).toEqual(['+p 1000 0 placed'])
    expect(said.conversions[0]?.conversion_id).toBe(counted)
    const refunded = now.verdict(T + 2, event, { ...refund, order_offset: 1 })
    expect(changes(refunded)).toEqual(['+p 600 400 partly_refunded'])
    now.tick(T + 3 * DAY)
    const late = now.verdict(T + 3 * DAY, event, { ...refund, order_offset: 2, number: 3, refunded_minor: 500 })
    expect(changes(late)).toEqual(['+p 500 500 partly_refunded'])
    expect(late.credits.map(({ values_minor }) => values_minor[0])).toEqual([[500, 0]])
  })

  it('gives way to the purchase that decides, which another event may be', () => {
    const { fold } = bought()
    expect(changes(former(fold).verdict(T + 1, server, { order_offset: 0 }))).toEqual(['-p', '+s 1000 0 placed'])
  })

  it('is not counted again once its session was let go, before the change of versions or after it', () => {
    const before = bought().fold
    before.tick(T + 3 * DAY)
    const after = former(bought().fold)
    after.tick(T + 3 * DAY)
    for (const fold of [former(before), after]) {
      expect(changes(fold.verdict(T + 3 * DAY, server, { order_offset: 0 }))).toEqual([])
      expect(changes(fold.verdict(T + 3 * DAY, server, { ...refund, order_offset: 1 }))).toEqual([])
    }
  })

  it('is none where another event claimed the id: the purchase of that name counts', () => {
    const { fold } = bought(apply)
    fold.event(T, { event_id: 'q', name: 'application', order_id: 'other' })
    const other = { ...event, order_id: 'other', event_id: 'r' }
    expect(changes(former(fold).verdict(T + 1, other, { order_offset: 0 }))).toEqual(['+r 1000 0 placed'])
  })

  it('is in one place again, where goals counted it by purchases of several visits', () => {
    const fold = new FoldRun()
    const coded = { ...buy, name: 'coded', kind: 'micro', match: { event: 'purchase', fields: { coupon: 'MAY' } } }
    // As the version before counted purchases, other events that name an order are counted still.
    const applied = [buy, coded].map((goal) => ({ ...goal, match: { ...goal.match, event: 'application' } }))
    fold.define(T, { goals: applied })
    const again = { ...event, event_id: 'q', event_time: T + DAY / 24, coupon: 'MAY' }
    const counted = [event, again].map((one) => fold.event(one.event_time, { ...one, name: 'application' }))
    expect(counted.map(({ conversions }) => conversions.map(({ goal }) => goal))).toEqual([['buy'], ['coded']])
    const now = former(fold, { event_name: 'purchase' })
    now.define(T + DAY, { goals: [buy, coded] })
    const said = now.verdict(T + DAY, event, { order_offset: 0, coupon: 'MAY' })
    expect(changes(said)).toEqual(['-q', '+p 1000 0 placed', '+p 1000 0 placed'])
    expect(new Set(said.conversions.slice(1).map(({ session_id }) => session_id))).toEqual(new Set([counted[0]?.labelled])) // prettier-ignore
    expect(changes(now.verdict(T + DAY, event, { ...refund, order_offset: 1, coupon: 'MAY' }))).toEqual(['+p 600 400 partly_refunded', '+p 600 400 partly_refunded']) // prettier-ignore
  })

  it('leaves others as they are', () => {
    const now = former(bought().fold)
    const other = { ...event, order_id: 'new', event_id: 'n', event_time: T + 1 }
    now.event(T + 1, other)
    expect(changes(now.verdict(T + 1, other, { order_offset: 7 }))).toEqual(['+n 1000 0 placed'])
  })

  it('is forgotten as long after it was last met as others are after their last verdict', () => {
    const now = former(bought().fold)
    const held = () => {
      now.event(now.partition.streamTime, { event_id: `e${now.partition.position}` })
      const [[, bytes] = []] = takeDirty(now.partition)
      return jsonVisitorCodec.decode(bytes as Uint8Array).orders.length
    }
    now.tick(T + 191 * DAY)
    expect(held()).toBe(1)
    now.tick(T + 191 * DAY + 1)
    expect(held()).toBe(0)
  })
})

describe('a visitor of the version before', () => {
  it('is known as whom it logged in as, and its next session is not its first', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [] })
    for (const [at, user_id] of ['ada', '', 'bob'].entries())
      fold.event(T + at * DAY * 0.3, { event_id: `e${at}`, user_id })
    fold.flush(T + DAY * 0.6)
    const now = former(fold)
    for (const event_time of [T + DAY * 0.2, T + DAY * 0.8])
      now.event(T + DAY * 0.8, { event_id: `n${event_time}`, event_time })
    const rows = now.flush(T + DAY * 0.8).sessions.map(({ user_id, is_new }) => [user_id, is_new])
    expect(rows).toEqual([
      ['ada', 0],
      ['bob', 0],
    ])
  })
})
