import { migrate, readMigrations } from '@cairn/runtime'
import { buildEvent, definitionsJson, inAnyOrder, orderEvents } from '@cairn/testkit/domain'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import { rulesBySite } from '../../packages/cli/src/verify/sql/rules.ts'
import {
  conversionDifferences,
  creditDifferences,
  sessionDifferences,
} from '../../packages/cli/src/verify/sql/statements.ts'
import { definitionsIn, eventsOf, foldEvents, foldParts } from '../cases/folded.ts'
import { loadFolded } from '../support/load-folded.ts'
import { clickhouseServer, emptyWarehouse } from '../support/warehouse.ts'

jest.setTimeout(120_000)

const { url, user, password } = clickhouseServer()
const warehouse = emptyWarehouse(`verify_sql_${process.pid}`)

const bought = { match: { event: 'purchase' }, kind: 'macro' } as const
/** The demo's goals at one site; at the other every way to count and to value an order. */
const deployed = definitionsJson({
  ...(JSON.parse(definitionsIn('demo.yaml')) as object),
  sites: {
    orders: {
      goals: [
        { ...bought, name: 'order', value: 'event', dedupe_by: 'order_id' },
        { ...bought, name: 'a_fixed', value: { amount: '7.50', currency: 'EUR' }, dedupe_by: 'order_id' },
        { ...bought, name: 'worthless', dedupe_by: 'order_id' },
        { ...bought, name: 'sent_by_server', match: { all: [{ event: 'purchase' }, { path: '/till' }] }, value: 'event', dedupe_by: 'order_id' }, // prettier-ignore
        { ...bought, name: 'spoken_of', match: { event: ['refund', 'page_view'] }, dedupe_by: 'order_id' },
        { ...bought, name: 'each', value: 'event' },
        { ...bought, name: 'first', kind: 'micro', value: 'event', count: 'once_per_visitor' },
        { name: 'merged', kind: 'micro', match: { event: 'alias' }, count: 'every' },
      ],
    },
  },
})
const rulesOf = rulesBySite([{ number: 0, json: deployed }])

const facts = { sessions: sessionDifferences, conversions: conversionDifferences, credits: creditDifferences } as const

async function ask(sql: string, site: string): Promise<Record<string, unknown>[]> {
  const address = new URL(url)
  address.searchParams.set('database', warehouse.database.replaceAll('`', ''))
  address.searchParams.set('default_format', 'JSONEachRow')
  address.searchParams.set('output_format_json_quote_64bit_integers', '0')
  address.searchParams.set('param_site', site)
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password }
  const response = await fetch(address, { method: 'POST', body: sql, headers })
  const body = await response.text()
  if (!response.ok) throw new Error(body)
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** What SQL over the events of a site says otherwise than the tables. */
async function differences(fact: keyof typeof facts, site: string): Promise<Record<string, unknown>[]> {
  const judged = rulesOf(site, [0])
  if (!judged.ok) throw new Error(judged.because)
  return ask(facts[fact](judged.rules), site)
}

const end = Date.parse('2026-11-23T09:00:00Z')
const { parts } = simulate({ seed: 5, days: 4, people: 800, end })

/** Orders of every kind, some of one visitor, their events in any order and repeated. */
const orders = fc.sample(orderEvents.chain(inAnyOrder), { numRuns: 500, seed: 7 }).flatMap((events, at) =>
  events.map((event) => ({
    ...event,
    site: 'orders',
    event_id: `${at}-${event.event_id}`,
    order_id: `o${at}`,
    path: event.is_server ? '/till' : '',
    visitor_id: event.visitor_id === '' ? '' : `${event.visitor_id}-${at % 60}`,
  })),
)
const visits = orders
  .filter(({ event_id, visitor_id }) => visitor_id.startsWith('v') && event_id.endsWith('1'))
  .map((event) => ({
    ...event,
    event_id: `page-${event.event_id}`,
    event_time: event.event_time - 5,
    name: 'page_view',
  }))
  .map((event) => buildEvent({ ...event, order_id: '', path: '', is_server: false, value_minor: null, currency: '' }))

/** Who each of them is, said by browser and server by turns: within a visit, beside one, and of some who made none. */
const aliases = visits.map((visit, at) =>
  buildEvent({
    event_id: `alias-${visit.event_id}`,
    site: visit.site,
    visitor_id: at % 5 === 0 ? `${visit.visitor_id}-former` : visit.visitor_id,
    user_id: `user-${visit.visitor_id}`,
    type: 'alias',
    name: 'alias',
    event_time: visit.event_time + (at % 3) * 20 * 60_000,
    is_server: at % 2 === 0,
    is_bot: at % 7 === 0,
  }),
)

/** Append times of a shop whose events are sent when they happen: what was kept on a device comes late. */
function asTimeGoesBy(): (event: { readonly event_time: number }) => number {
  let now = 0
  return ({ event_time }) => (now = Math.max(now, event_time))
}

beforeAll(async () => {
  const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 100 })
  if (!migrated.ok) throw new Error(migrated.message)
  await loadFolded(warehouse, await foldParts(parts, 'demo', end + 2000), 'demo')
  await loadFolded(
    warehouse,
    foldEvents([...visits, ...orders, ...aliases], (_, at) => end + 2000 + at, deployed),
    'orders',
  )
  await loadFolded(warehouse, foldEvents(await eventsOf(parts, 'live', end + 2000), asTimeGoesBy(), deployed), 'live')
})

afterAll(async () => {
  await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
  await warehouse.close()
})

describe('SQL over the events alone', () => {
  it.each(['sessions', 'conversions', 'credits'] as const)('tells the same %s of the simulated shop', async (fact) => {
    expect(await differences(fact, 'demo')).toEqual([])
  })

  it.each(['sessions', 'conversions', 'credits'] as const)(
    'tells the same %s of the simulated shop day by day, where refunds come when visits are let go',
    async (fact) => {
      expect(await differences(fact, 'live')).toEqual([])
    },
  )

  it.each(['sessions', 'conversions', 'credits'] as const)(
    'tells the same %s of orders of every kind',
    async (fact) => {
      expect(await differences(fact, 'orders')).toEqual([])
    },
  )

  it('has judged orders of every status, and with and without session', async () => {
    const kinds = await ask(
      `SELECT order_status, count() AS n, countIf(isNull(session_id)) AS sessionless FROM v_orders WHERE site = {site:String} GROUP BY order_status ORDER BY order_status`,
      'orders',
    )
    expect(kinds.map((kind) => kind['order_status'])).toEqual(['cancelled', 'partly_refunded', 'placed', 'refunded'])
    for (const { n, sessionless } of kinds)
      expect([Number(sessionless) > 0, Number(n) > Number(sessionless)]).toEqual([true, true])
  })

  it('has judged orders that a goal counts which only a server can reach', async () => {
    const [counted] = await ask(
      `SELECT countIf(by_server) AS servers, countIf(NOT by_server) AS browsers, countIf(by_server != is_server) AS wrong FROM (
        SELECT event_id, countIf(goal = 'sent_by_server') = 1 AS by_server FROM v_conversions
        WHERE site = {site:String} AND order_id != '' GROUP BY event_id HAVING countIf(goal = 'order') = 1
      ) AS counted INNER JOIN (SELECT DISTINCT event_id, is_server FROM v_events WHERE site = {site:String}) AS sent USING event_id`,
      'orders',
    )
    expect(counted).toEqual({ servers: expect.any(Number), browsers: expect.any(Number), wrong: 0 })
    expect(Number(counted?.['servers'])).toBeGreaterThan(10)
    expect(Number(counted?.['browsers'])).toBeGreaterThan(10)
  })

  it('has as the money of each order its own, whichever goals count it besides', async () => {
    const of = `order_id, currency, gross, refunded, net, goal`
    const own = `SELECT order_id, currency, value + refunded AS gross, refunded, value AS net, goal FROM v_conversions
      WHERE site = {site:String} AND goal = 'order' AND order_id != ''`
    const shown = `SELECT ${of} FROM v_orders WHERE site = {site:String}`
    expect(await ask(`SELECT count() AS n FROM (${own}) HAVING n = 0 OR uniqExact(order_id) != n`, 'orders')).toEqual(
      [],
    )
    expect(await ask(`SELECT * FROM (${own}) EXCEPT ${shown}`, 'orders')).toEqual([])
    expect(await ask(`${shown} EXCEPT SELECT * FROM (${own}) WHERE order_id != ''`, 'orders')).toEqual([])
    const [{ n = 0 } = {}] = await ask(
      `SELECT count() AS n FROM v_orders WHERE site = {site:String} AND order_status = 'partly_refunded' AND refunded > 0 AND gross = net + refunded AND net != 7.5`,
      'orders',
    )
    expect(n).toBeGreaterThan(10)
  })

  it('has judged orders whose visit was let go before they were refunded, and keeps its value', async () => {
    const sums = `SELECT sum(value['EUR']) > (SELECT sum(net) FROM v_orders WHERE site = {site:String} AND currency = 'EUR' AND session_id IS NOT NULL) AS is_more
      FROM v_sessions WHERE site = {site:String}`
    expect(await ask(sums, 'live')).toEqual([{ is_more: 1 }])
    expect(await ask(sums, 'demo')).toEqual([{ is_more: 0 }])
  })

  it('finds each order whose conversion was forged, and each whose credit was', async () => {
    const { value: ids } = await found(
      `SELECT toString(conversion_id) AS id FROM ${warehouse.table('conversions')} FINAL WHERE site = 'demo' AND goal = 'purchase' AND session_id IS NOT NULL ORDER BY order_id`,
    )
    for (const [at, change] of forgeries.entries()) {
      const { id } = ids[at] as { id: string }
      await alter(`${warehouse.table('conversions')} UPDATE ${change} WHERE conversion_id = '${id}'`)
    }
    const told = await differences('conversions', 'demo')
    expect(told).toHaveLength(2 * forgeries.length)
    expect(await differences('credits', 'demo')).toEqual([])

    const { id } = ids[0] as { id: string }
    const more = `arrayMap(minors -> arrayMap(minor -> minor + 1, minors), values_minor)`
    await alter(`${warehouse.table('credits')} UPDATE values_minor = ${more} WHERE conversion_id = '${id}'`)
    const models = (await differences('credits', 'demo')).map(({ model }) => model)
    expect(models.sort()).toEqual(['first_touch', 'first_touch', 'last_touch', 'last_touch', 'linear', 'linear'])
  })

  it('finds an order that converts twice, or not at all', async () => {
    const table = warehouse.table('conversions')
    const one = `site = 'orders' AND goal = 'order' AND order_status = 'refunded' ORDER BY order_id LIMIT 1`
    await warehouse.command(
      `INSERT INTO ${table} SELECT * REPLACE (generateUUIDv4() AS conversion_id) FROM ${table} FINAL WHERE ${one}`,
    )
    expect(await differences('conversions', 'orders')).toMatchObject([{ order_status: 'refunded', surplus: -1 }])
    await alter(`${table} DELETE WHERE site = 'orders' AND goal = 'order' AND order_status = 'partly_refunded'`)
    const gone = (await differences('conversions', 'orders')).filter(({ surplus }) => surplus === 1)
    expect(gone.length).toBeGreaterThan(0)
    expect(new Set(gone.map((row) => row['order_status']))).toEqual(new Set(['partly_refunded']))
  })
})

const forgeries = [
  'value_minor = value_minor - 1',
  'refunded_minor = refunded_minor + 1',
  "order_status = if(order_status = 'placed', 'cancelled', 'placed')",
  "currency = 'USD'",
  "coupon = 'FORGED'",
  'is_order_value = NOT is_order_value',
  'session_id = NULL',
]

async function found(sql: string): Promise<{ value: readonly Record<string, unknown>[] }> {
  const answer = await warehouse.query<Record<string, unknown>>(sql)
  if (!answer.ok) throw new Error(answer.message)
  return answer
}

async function alter(sql: string): Promise<void> {
  await warehouse.command(`ALTER TABLE ${sql} SETTINGS mutations_sync = 1`)
}
