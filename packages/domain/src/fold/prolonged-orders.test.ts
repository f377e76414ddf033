import { describe, expect, it } from '@jest/globals'
import { buildEvent, decided, folded, LogBuilder } from '@cairn/testkit/domain'
import type { StorefrontEvent } from '../index.ts'

const T = Date.UTC(2026, 0, 5, 10)
const DAY = 24 * 60 * 60_000
const goals = [{ name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }]

/** An order of 10 on day 0, and what is sent of it on other days; what its one conversion comes to. */
function comesTo(...sent: readonly (readonly [day: number, name: string, fields?: Partial<StorefrontEvent>])[]) {
  const log = new LogBuilder()
  log.definitions(T, 1, { goals })
  for (const [day, name, fields] of [[0, 'purchase', {}] as const, ...sent]) {
    const [event_id, event_time] = [`${name}${day}`, T + day * DAY]
    log.event(event_time, buildEvent({ event_id, event_time, name, order_id: 'o', value_minor: 1_000, currency: 'EUR', ...fields })) // prettier-ignore
  }
  return folded(decided(log.records))
    .liveConversions()
    .map(({ value_minor, refunded_minor }) => [value_minor, refunded_minor])
}

const server = { is_server: true }
const refund = { ...server, value_minor: 400 }

describe('an order that events prolong which change nothing that is said of it', () => {
  it.each([
    ['a report of the server', 100, server],
    ['a thank-you page loaded again', 100, {}],
    ['one loaded again on the last day', 182, {}],
  ])('is netted by a refund, or has another value, as long as it is remembered after %s', (_, day, fields) => {
    const late = day + 90
    expect(comesTo([day, 'purchase', fields], [late, 'order_updated', { ...server, value_minor: 700 }])).toEqual([
      [700, 0],
    ])
    const netted = 'is_server' in fields ? [600, 400] : [1_000, 0]
    expect(comesTo([day, 'purchase', fields], [late, 'refund', refund])).toEqual([netted])
  })

  it.each([3, 30])('is known to its visitor as long as to the fold of orders, prolonged every %d days', (every) => {
    const reloads = Array.from({ length: Math.ceil(400 / every) }, (_, at) => [at * every + 1, 'purchase'] as const)
    const last = reloads.at(-1)?.[0] ?? 0
    const update = [last + 182, 'order_updated', { ...server, value_minor: 700 }] as const
    expect(comesTo(...reloads.slice(-99), update)).toEqual([[700, 0]])
  })
})
