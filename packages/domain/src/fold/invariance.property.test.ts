import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  decided,
  EPOCH,
  folded,
  jsonVisitorCodec,
  LogBuilder,
  oracleCompoundGoals,
  oracleWindowedGoals,
  ordersIn,
  sessionNames,
  sessionRules,
  SPAN,
  toldTotals,
  truthOf,
  visitorEvents,
  Warehouse,
  buildEvent,
  type Arriving,
  type DrawnRules,
  type OracleGoal,
  type Truth,
  windowedGoals,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, StorefrontEvent } from '../index.ts'
import { createPartition, eventKey, step } from '../index.ts'

const HOUR = 3_600_000

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'large', kind: 'micro', match: { event: 'purchase', fields: { value: { gte: 2 } } }, value: 'event', dedupe_by: 'order_id' }, // prettier-ignore
  { name: 'pay', kind: 'micro', match: { event: 'purchase' }, value: 'event', count: 'every' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'page_a', kind: 'micro', match: { event: 'page_view', path: '/a' }, count: 'once_per_session' },
  {
    name: 'join',
    kind: 'micro',
    match: { any: [{ event: 'sign_up' }, { event: 'add_to_cart' }] },
    count: 'once_per_visitor',
  },
  { name: 'merge', kind: 'micro', match: { event: 'alias' }, count: 'every' },
  { name: 'leave', kind: 'negative', match: { path: '/b' }, count: 'once_per_session' },
  ...compoundGoals,
  ...windowedGoals,
]

const free = () => null
const price = (event: StorefrontEvent) => event.value_minor

/** @param events all there are: whose an order is can only be told from all that speak of it */
function oracleGoals(events: readonly StorefrontEvent[]): OracleGoal[] {
  const { decides, gross, net, currency, names } = ordersIn(events)
  const isOrder = (e: StorefrontEvent) => e.name === 'purchase' && decides(e)
  const order = { worth: net, currency, names, count: 'every' } as const
  const micro = { kind: 'micro', worth: free } as const
  const isA = (e: StorefrontEvent) => e.name === 'page_view' && e.path === '/a'
  return [
    { name: 'buy', kind: 'macro', matches: isOrder, ...order },
    { name: 'large', kind: 'micro', matches: (e) => isOrder(e) && (gross(e) ?? 0) >= 200, ...order },
    { ...micro, name: 'pay', matches: (e) => e.name === 'purchase', worth: price, count: 'every' },
    { ...micro, name: 'look', matches: (e) => e.name === 'view_item', count: 'once_per_session' },
    { ...micro, name: 'page_a', matches: isA, count: 'once_per_session' },
    { ...micro, name: 'join', matches: (e) => ['sign_up', 'add_to_cart'].includes(e.name), count: 'once_per_visitor' },
    { ...micro, name: 'merge', matches: (e) => e.name === 'alias', count: 'every' },
    { name: 'leave', kind: 'negative', matches: (e) => e.path === '/b', worth: free, count: 'once_per_session' },
    ...oracleCompoundGoals,
    ...oracleWindowedGoals,
  ]
}

type TimeSource = 'log' | 'event'

/** What is in force, and the clock it goes by. */
interface Setting {
  readonly rules: DrawnRules
  readonly timeSource: TimeSource
  /** How many records come between an event and the verdicts on its order, in turn. */
  readonly delays: readonly number[]
}

const settings: fc.Arbitrary<Setting> = fc.record({
  rules: sessionRules,
  timeSource: fc.constantFrom<TimeSource>('log', 'event'),
  delays: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 }),
})

const scenario = visitorEvents.chain((events) =>
  fc.record({
    events: fc.constant(events),
    arriving: arrivals(events),
    setting: settings,
  }),
)

/** The log of some arrivals: definitions first, at the end everything closed and flushed. */
function logOf(arriving: readonly Arriving[], { rules, timeSource, delays }: Setting): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  log.definitions(now, 1, { time_source: timeSource, session: rules.session, channels: rules.channels, goals })
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then === 'tick') log.tick(now)
    if (then === 'flush') log.flush(now)
  }
  let next = 0
  const whole = new LogBuilder(decided(log.records, () => delays[next++ % delays.length] ?? 0))
  const end = Math.max(now, EPOCH + SPAN) + HOUR
  whole.event(end, closing(end))
  whole.flush(end)
  return whole.records
}

/** Moves the event clock past every gap; belongs to a visitor nobody looks at. */
function closing(eventTime: number): StorefrontEvent {
  return buildEvent({ event_id: 'closing', visitor_id: 'nobody', event_time: eventTime })
}

/** The events that the warehouse has labelled, by record key. */
function labelledIn(records: readonly LogRecord[], warehouse: Warehouse): Map<string, StorefrontEvent[]> {
  const visitors = new Map<string, StorefrontEvent[]>()
  for (const { body, offset, key } of records) {
    if (body.kind !== 'event' || !warehouse.labels.has(offset) || body.event.visitor_id === 'nobody') continue
    visitors.set(key, [...(visitors.get(key) ?? []), body.event])
  }
  return visitors
}

/**
 * What follows arrival: ids and what is part of them, offsets, and what was put out before the row.
 * A session is named by its events, a conversion by its goal and event.
 */
const followsArrival = /^(session_id|conversion_id|id_time|version|reason|moved_offsets|prev_.*)$/

/** All live rows after some arrivals, whole but for what follows arrival, in an order of their own. */
function rowsAfter(arriving: readonly Arriving[], under: Setting): string[] {
  const records = logOf(arriving, under)
  const warehouse = folded(records)
  const named = sessionNames(records, warehouse)
  return [...warehouse.liveSessions(), ...warehouse.liveConversions()]
    .filter(({ visitor_id }) => visitor_id !== 'nobody')
    .map((row) => {
      const fixed = Object.entries(row).filter(([field]) => !followsArrival.test(field))
      return JSON.stringify({ session: named(row.session_id ?? ''), ...Object.fromEntries(fixed) })
    })
    .sort()
}

/** The sessions and conversions of each visitor as the warehouse shows them, named by the ids of their events. */
function shown(records: readonly LogRecord[], warehouse: Warehouse): Map<string, Truth> {
  const named = sessionNames(records, warehouse)
  return new Map(
    [...labelledIn(records, warehouse)].map(([key, events]) => {
      const own = new Set(events.map((event) => event.event_id))
      const sessions = warehouse.liveSessions().filter((row) => named(row.session_id).some((id) => own.has(id)))
      return [
        key,
        sorted({
          sessions: sessions.map((row) => ({
            events: named(row.session_id),
            event_count: row.events,
            started_at: row.started_at,
            ended_at: row.ended_at,
            duration_ms: row.ended_at - row.started_at,
            page_views: row.page_views,
            entry_page: row.entry_page,
            exit_page: row.exit_page,
            channel: row.channel,
            source: row.source,
            medium: row.medium,
            campaign: row.campaign,
            user_id: row.user_id,
            device: row.device,
            country: row.country,
            is_bot: row.is_bot === 1,
            // As v_sessions has it.
            is_engaged: row.ended_at - row.started_at > 10_000 || row.page_views >= 2 || row.micro + row.macro > 0,
            ...toldTotals(row),
            is_new: row.is_new === 1,
            cart_stage: row.cart_stage,
            end_reason: row.end_reason,
          })),
          conversions: warehouse
            .liveConversions()
            .filter((row) => own.has(row.event_id))
            .map((row) => ({
              goal: row.goal,
              kind: row.kind,
              event_id: row.event_id,
              value_minor: row.value_minor,
              currency: row.currency,
              coupon: row.coupon,
              promotion: row.promotion,
              user_id: row.user_id,
              session: row.session_id === null ? null : named(row.session_id),
              is_bot: row.is_bot === 1,
            })),
        }),
      ]
    }),
  )
}

function expected(events: readonly StorefrontEvent[], { rules }: Setting): Map<string, Truth> {
  const keys = [...new Set(events.map(eventKey))]
  return new Map(
    keys.map((key) => {
      const own = events.filter((event) => eventKey(event) === key)
      return [key, sorted(truthOf(own, rules.oracle, oracleGoals(events)))]
    }),
  )
}

/** Without why sessions ended: at a flush on the way some have not. */
function unended(truths: ReadonlyMap<string, Truth>): Map<string, Truth> {
  const of = ({ sessions, conversions }: Truth): Truth =>
    sorted({ sessions: sessions.map((session) => ({ ...session, end_reason: '' })), conversions })
  return new Map([...truths].map(([key, truth]) => [key, of(truth)]))
}

function sorted(truth: Truth): Truth {
  const order = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  return { sessions: truth.sessions.toSorted(order), conversions: truth.conversions.toSorted(order) }
}

describe('any order of arrival, with repeats', () => {
  it('ends in the sessions and conversions that the events themselves tell', () => {
    fc.assert(
      fc.property(scenario, ({ events, arriving, setting }) => {
        const records = logOf(arriving, setting)
        const warehouse = folded(records)
        const truth = expected(events, setting)
        const found = shown(records, warehouse)
        for (const [key, own] of truth) expect({ key, ...found.get(key) }).toEqual({ key, ...own })
        expect(warehouse.liveSessions().every((row) => row.state === 'closed' || row.visitor_id === 'nobody')).toBe(
          true,
        )
      }),
      { numRuns: 400 },
    )
  })

  it('ends in equal rows, field by field, whatever the order was', () => {
    const twice = visitorEvents.chain((events) => fc.tuple(arrivals(events), arrivals(events), settings))
    fc.assert(
      fc.property(twice, ([one, other, setting]) => {
        expect(rowsAfter(other, setting)).toEqual(rowsAfter(one, setting))
      }),
      { numRuns: 400 },
    )
  })

  it('keeps the roll-up of what rows add and subtract equal to the rows that stand, at every flush', () => {
    fc.assert(
      fc.property(scenario, ({ arriving, setting }) => {
        const partition = createPartition(jsonVisitorCodec)
        const warehouse = new Warehouse()
        for (const record of logOf(arriving, setting)) {
          warehouse.apply(step(partition, record).outputs)
          expect(warehouse.rollUp).toEqual(warehouse.recomputedRollUp())
        }
      }),
      { numRuns: 100 },
    )
  })

  it('shows at every flush what the events so far tell', () => {
    fc.assert(
      fc.property(scenario, ({ arriving, setting: drawn }) => {
        const setting = { ...drawn, delays: [0] }
        const records = logOf(arriving, setting)
        const partition = createPartition(jsonVisitorCodec)
        const warehouse = new Warehouse()
        for (const [at, record] of records.entries()) {
          warehouse.apply(step(partition, record).outputs)
          if (record.body.kind !== 'tick' || record.body.flush_id === '') continue
          const soFar = records.slice(0, at + 1)
          const events = soFar.flatMap(({ body }) =>
            body.kind === 'event' && body.event.visitor_id !== 'nobody' ? [body.event] : [],
          )
          expect(unended(shown(soFar, warehouse))).toEqual(unended(expected(events, setting)))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('writes at most one row an id and step, and versions that never go back', () => {
    fc.assert(
      fc.property(scenario, ({ arriving, setting }) => {
        const partition = createPartition(jsonVisitorCodec)
        for (const record of logOf(arriving, setting)) {
          const { outputs } = step(partition, record)
          const ids = outputs.flatMap((output) => {
            if (output.kind === 'session') return [output.row.session_id]
            return output.kind === 'conversion' ? [output.row.conversion_id] : []
          })
          expect(new Set(ids).size).toBe(ids.length)
          for (const output of outputs) {
            if (output.kind === 'session' || output.kind === 'conversion')
              expect(output.row.version).toBe(record.offset)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
