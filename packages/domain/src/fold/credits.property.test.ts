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
    { name: 'buy', matches: (e) => e.name === 'purchase' && decides(e), worth: net, count: 'every' },
    { name: 'join', matches: (e) => e.name === 'sign_up', worth: free, count: 'once_per_visitor' },
    { name: 'look', matches: (e) => e.name === 'view_item', worth: free, count: 'once_per_session' },
    { name: 'cart', matches: (e) => e.name === 'add_to_cart', worth: free, count: 'every' },
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
    rules: sessionRules,
    delay: fc.nat({ max: 5 }),
  }),
)

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never
type Setting = Pick<Scenario, 'lookbackHours' | 'resets' | 'rules' | 'delay'>

function logOf(arriving: readonly Arriving[], { lookbackHours, resets, rules, delay }: Setting): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  const attribution = { lookback: `${lookbackHours}h`, reset_on_conversion: resets }
  log.definitions(now, 1, { session: rules.session, attribution, goals })
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then !== 'nothing') log.tick(now)
  }
  const whole = new LogBuilder(decided(log.records, delay))
  whole.flush(now + HOUR)
  return whole.records
}

/** What the warehouse says of credits, sessions named by their events and conversions by goal and event. */
function shown(records: readonly LogRecord[], warehouse: Warehouse): Map<string, OracleCredit[]> {
  const named = sessionNames(records, warehouse)
  const byKey = new Map<string, OracleCredit[]>()
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
      credits: Object.fromEntries(models.map((model, at) => [model, fractions(row.credits[at] ?? [])])),
      assists: row.assist_conversion_ids.map(assist).sort(),
    }
    byKey.set(key, [...(byKey.get(key) ?? []), credit])
  }
  return byKey
}

function fractions(millionths: readonly number[]): number[] {
  return millionths.map((credit) => credit / MILLION)
}

function expectClose(found: readonly OracleCredit[], expected: readonly OracleCredit[]): void {
  const order = (a: OracleCredit, b: OracleCredit): number =>
    `${a.goal} ${a.event_id}` < `${b.goal} ${b.event_id}` ? -1 : 1
  const plain = (credits: readonly OracleCredit[]) => credits.toSorted(order).map(({ credits: _, ...rest }) => rest)
  expect(plain(found)).toEqual(plain(expected))
  for (const [at, { credits }] of found.toSorted(order).entries()) {
    for (const model of models) {
      const wanted = expected.toSorted(order)[at]?.credits[model] ?? []
      for (const [touch, credit] of (credits[model] ?? []).entries()) expect(credit).toBeCloseTo(wanted[touch] ?? 0, 5)
    }
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
        const records = logOf(arriving, setting)
        const { lookbackHours, resets } = setting
        const trust = setting.rules.oracle.trust === true
        const found = shown(records, folded(records))
        for (const key of new Set(events.map(eventKey))) {
          const own = events.filter((event) => eventKey(event) === key)
          const rules = { lookbackMs: lookbackHours * HOUR, halfLifeMs: 7 * 24 * HOUR, resets, trust }
          expectClose(
            found.get(key) ?? [],
            creditTruth(truthOf(own, setting.rules.oracle, oracleGoals(events)), own, macros, rules),
          )
        }
      }),
      { numRuns: 400 },
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
    fc.assert(
      fc.property(scenario, ({ arriving, ...setting }) => {
        const warehouse = folded(logOf(arriving, setting))
        const macros = warehouse.liveConversions().filter(({ kind }) => kind === 'macro')
        const credited = warehouse.liveCredits().map(({ row }) => row.conversion_id)
        expect(credited.sort()).toEqual(macros.map(({ conversion_id }) => conversion_id).sort())
        for (const { row } of warehouse.liveCredits()) {
          const conversion = warehouse.conversions.get(row.conversion_id)
          expect([row.value_minor, row.session_id]).toEqual([conversion?.value_minor, conversion?.session_id])
          // Without a touchpoint there is nobody to share it with.
          if (row.touch_session_ids.length === 0) continue
          for (const values of row.values_minor) expect(values.reduce((a, b) => a + b, 0)).toBe(row.value_minor)
        }
      }),
      { numRuns: 200 },
    )
  })
})
