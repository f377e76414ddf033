import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  creditTruth,
  decided,
  EPOCH,
  folded,
  LogBuilder,
  oracleCompoundGoals,
  oracleWindowedGoals,
  ordersIn,
  sessionNames,
  sessionRules,
  SPAN,
  truthOf,
  visitorEvents,
  type Warehouse,
  windowedGoals,
  type Arriving,
  type OracleCredit,
  type OracleGoal,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { LogRecord, StorefrontEvent } from '../index.ts'
import { eventKey, models, type CreditRow } from '../index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const MILLION = 1_000_000

/** Of the compound goals two macro ones and a micro one, within the session and within windows. */
const credited = [
  'three_views',
  'bought_after_pages',
  'first_pair',
  'sequence_in_2h',
  'set_in_80m',
  'first_pair_in_50m',
]

function isCredited({ name }: { readonly name?: unknown }): boolean {
  return credited.includes(String(name))
}

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'join', kind: 'macro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'cart', kind: 'micro', match: { event: 'add_to_cart' }, count: 'every' },
  ...[...compoundGoals, ...windowedGoals].filter(isCredited),
]

const free = () => null

function oracleGoals(events: readonly StorefrontEvent[]): OracleGoal[] {
  const { decides, net } = ordersIn(events)
  return [
    { name: 'buy', kind: 'macro', matches: (e) => e.name === 'purchase' && decides(e), worth: net, count: 'every' },
    { name: 'join', kind: 'macro', matches: (e) => e.name === 'sign_up', worth: free, count: 'once_per_visitor' },
    { name: 'look', kind: 'micro', matches: (e) => e.name === 'view_item', worth: free, count: 'once_per_session' },
    { name: 'cart', kind: 'micro', matches: (e) => e.name === 'add_to_cart', worth: free, count: 'every' },
    ...[...oracleCompoundGoals, ...oracleWindowedGoals].filter(isCredited),
  ]
}

const macros = goals.filter(({ kind }) => kind === 'macro').map(({ name }) => String(name))

const scenario = visitorEvents.chain((events) =>
  fc.record({
    events: fc.constant(events),
    arriving: arrivals(events),
    lookbackHours: fc.constantFrom(1, 3, 24),
    resets: fc.boolean(),
    collapses: fc.boolean(),
    rules: sessionRules,
    delay: fc.nat({ max: 5 }),
  }),
)

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never
interface Rules extends Pick<Scenario, 'resets' | 'collapses' | 'rules'> {
  readonly lookbackHours: number
}
type Setting = Rules & Pick<Scenario, 'delay'>

function definitionsOf({ lookbackHours, resets, collapses, rules }: Rules): object {
  const attribution = { lookback: `${lookbackHours}h`, reset_on_conversion: resets, collapse_repeats: collapses }
  return { session: rules.session, attribution, goals }
}

function logOf(arriving: readonly Arriving[], { delay, ...rules }: Setting): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  log.definitions(now, 1, definitionsOf(rules))
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then !== 'nothing') log.tick(now)
  }
  const whole = new LogBuilder(decided(log.records, delay))
  whole.flush(now + HOUR)
  return whole.records
}

/**
 * Late by less than the grace, also after hours of silence in a session that its client goes on with; beyond it an event finds
 * its session let go, as beyond-grace.property.test.ts says.
 */
const lateness = fc.constantFrom(0, 0, 1, 5 * HOUR, 18 * HOUR)

/** Some on the same day, so that there are visits of several events. */
const day = fc.oneof(fc.nat(44), fc.constantFrom(1, 2, 20))

/** The hours of the events spread over weeks, so that sessions are let go between them and only their touchpoints stay. */
const overWeeks = visitorEvents.chain((events) => {
  const each = { minLength: events.length, maxLength: events.length }
  return fc.record({
    events: fc.array(day, each).map((days) => events.map((event, at) => onDay(event, reportDay(at, events, days)))),
    late: fc.array(lateness, each),
    lookbackHours: fc.constantFrom(24, 3 * 24, 20 * 24, 30 * 24),
    resets: fc.boolean(),
    collapses: fc.boolean(),
    rules: sessionRules,
  })
})

/**
 * What a server says of an order before its buyer's own client does counts until then, and for good once the session it counts
 * in is let go: it says so on the day of the first of these. So does a visitor who says again what of several visitors another
 * one bought: that an order was matched is kept beyond its session only where it is counted.
 */
function reportDay(at: number, events: readonly StorefrontEvent[], days: readonly number[]): number {
  const { is_server, name, order_id, visitor_id } = events[at] as StorefrontEvent
  const drawn = days[at] ?? 0
  if (name !== 'purchase' || order_id === '') return drawn
  const isReport = (other: StorefrontEvent) => other.name === name && other.order_id === order_id
  const isShared = events.some((other) => isReport(other) && other.visitor_id !== visitor_id)
  if (!is_server && !isShared) return drawn
  const ownDays = (isServer: boolean) =>
    days.filter((_, of) => {
      const other = events[of] as StorefrontEvent
      return isReport(other) && other.visitor_id === visitor_id && other.is_server === isServer
    })
  const own = ownDays(false)
  if (own.length > 0) return Math.min(...own)
  return isShared ? Math.min(...ownDays(true)) : drawn
}

/** A client names its sessions anew each day: one that it went on with after it was let go would be another. */
function onDay(event: StorefrontEvent, day: number): StorefrontEvent {
  const client_session_id = event.client_session_id && `${event.client_session_id} ${day}`
  return { ...event, client_session_id, event_time: event.event_time + day * DAY }
}

type OverWeeks = typeof overWeeks extends fc.Arbitrary<infer T> ? T : never

function logOverWeeks({ events, late, ...rules }: OverWeeks): LogRecord[] {
  const log = new LogBuilder()
  log.definitions(EPOCH, 1, definitionsOf(rules))
  const arriving = events.map((event, at) => ({ event, now: event.event_time + (late[at] ?? 0) }))
  arriving.sort((a, b) => a.now - b.now)
  for (const { event, now } of arriving) {
    log.event(now, event)
    log.tick(now)
  }
  const whole = new LogBuilder(decided(log.records))
  whole.flush((arriving.at(-1)?.now ?? EPOCH) + HOUR)
  return whole.records
}

/** With what there is to share. */
type Valued = OracleCredit & { readonly value: number | null }

/** What the warehouse says of credits, sessions named by their events and conversions by goal and event. */
function shown(records: readonly LogRecord[], warehouse: Warehouse): Map<string, Valued[]> {
  const named = sessionNames(records, warehouse)
  const byKey = new Map<string, Valued[]>()
  for (const { key, row } of warehouse.liveCredits()) {
    const conversion = warehouse.conversions.get(row.conversion_id)
    const assist = (id: string): string => {
      const found = warehouse.conversions.get(id)
      return `${found?.goal ?? '?'} ${found?.event_id ?? '?'}${found?.is_deleted === 1 ? ' withdrawn' : ''}`
    }
    const credit = {
      goal: row.goal,
      event_id: conversion?.event_id ?? '?',
      path: row.touch_session_ids.map(named),
      credits: Object.fromEntries(row.models.map((model, at) => [model, fractions(row.credits[at] ?? [])])),
      assists: row.assist_conversion_ids.map(assist).sort(),
      value: row.value_minor,
    }
    byKey.set(key, [...(byKey.get(key) ?? []), credit])
  }
  return byKey
}

function fractions(millionths: readonly number[]): number[] {
  return millionths.map((credit) => credit / MILLION)
}

function expectTruth(records: readonly LogRecord[], events: readonly StorefrontEvent[], drawn: Rules): void {
  const { lookbackHours, resets, collapses, rules } = drawn
  const trust = rules.oracle.trust === true
  const attribution = { lookbackMs: lookbackHours * HOUR, halfLifeMs: 7 * DAY, resets, collapses, trust }
  const found = shown(records, folded(records))
  for (const key of new Set(events.map(eventKey))) {
    const own = events.filter((event) => eventKey(event) === key)
    const truth = truthOf(own, rules.oracle, oracleGoals(events))
    const worth = new Map(truth.conversions.map((c) => [`${c.goal} ${c.event_id}`, c.value_minor]))
    const expected = creditTruth(truth, own, macros, attribution).map((credit) => ({
      ...credit,
      value: worth.get(`${credit.goal} ${credit.event_id}`) ?? null,
    }))
    expectClose(found.get(key) ?? [], expected)
  }
}

function expectClose(found: readonly Valued[], expected: readonly Valued[]): void {
  const order = (a: OracleCredit, b: OracleCredit): number =>
    `${a.goal} ${a.event_id}` < `${b.goal} ${b.event_id}` ? -1 : 1
  const lengths = (credits: OracleCredit['credits']) =>
    Object.fromEntries(Object.entries(credits).map(([model, shares]) => [model, shares.length]))
  const plain = (all: readonly Valued[]) =>
    all.toSorted(order).map(({ credits, ...rest }) => ({ ...rest, credits: lengths(credits) }))
  expect(plain(found)).toEqual(plain(expected))
  for (const [at, { credits }] of expected.toSorted(order).entries()) {
    const given = found.toSorted(order)[at]?.credits
    for (const [model, shares] of Object.entries(credits))
      for (const [touch, share] of shares.entries()) expect(given?.[model]?.[touch]).toBeCloseTo(share, 5)
  }
}

/** The rows whole, but for what follows arrival: ids, versions, and why and when they were written. */
function rowsAfter(records: readonly LogRecord[]): string[] {
  const warehouse = folded(records)
  return warehouse
    .liveCredits()
    .map(({ row }) =>
      JSON.stringify({ ...row, ...NAMELESS, event_id: warehouse.conversions.get(row.conversion_id)?.event_id }),
    )
    .sort()
}

const NAMELESS: Partial<CreditRow> = {
  conversion_id: '',
  version: 0,
  session_id: '',
  reason: 'conversion',
  touch_session_ids: [],
  assist_conversion_ids: [],
}

describe('credits after any order of arrival, with repeats', () => {
  it('are those that the sessions and conversions themselves tell', () => {
    fc.assert(
      fc.property(scenario, ({ events, arriving, ...setting }) => {
        expectTruth(logOf(arriving, setting), events, setting)
      }),
      { numRuns: 400 },
    )
  })

  it('are so over weeks, too, when the sessions on the way were let go', () => {
    fc.assert(
      fc.property(overWeeks, (drawn) => {
        expectTruth(logOverWeeks(drawn), drawn.events, drawn)
      }),
      { numRuns: 200 },
    )
  })

  it('are equal rows, field by field, whatever the order was', () => {
    const twice = scenario.chain(({ events, ...setting }) =>
      fc.tuple(arrivals(events), arrivals(events), fc.constant(setting)),
    )
    fc.assert(
      fc.property(twice, ([one, other, setting]) => {
        expect(rowsAfter(logOf(other, setting))).toEqual(rowsAfter(logOf(one, setting)))
      }),
      { numRuns: 200 },
    )
  })

  it('stand for every macro conversion that stands, and share its value to the last minor unit', () => {
    const logs = fc.oneof(
      scenario.map(({ arriving, ...setting }) => logOf(arriving, setting)),
      overWeeks.map(logOverWeeks),
    )
    fc.assert(
      fc.property(logs, (records) => {
        const warehouse = folded(records)
        const macros = warehouse.liveConversions().filter(({ kind }) => kind === 'macro')
        const credited = warehouse.liveCredits().map(({ row }) => row.conversion_id)
        expect(credited.sort()).toEqual(macros.map(({ conversion_id }) => conversion_id).sort())
        for (const { row } of warehouse.liveCredits()) {
          const conversion = warehouse.conversions.get(row.conversion_id)
          expect([row.value_minor, row.session_id]).toEqual([conversion?.value_minor, conversion?.session_id])
          const touches = row.touch_session_ids.length
          const shares = row.value_minor === null ? [] : models.map(() => touches)
          expect(row.values_minor.map(({ length }) => length)).toEqual(shares)
          // Without a touchpoint there is nobody to share it with.
          if (touches === 0) continue
          for (const values of row.values_minor) expect(values.reduce((a, b) => a + b, 0)).toBe(row.value_minor)
        }
      }),
      { numRuns: 300 },
    )
  })
})
