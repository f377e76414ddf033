import { migrate, openWarehouse, readMigrations } from '@cairn/runtime'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { bookDifferences } from '../../packages/cli/src/demo/books.ts'
import { readFigures } from '../../packages/cli/src/demo/report/figures.ts'
import { report } from '../../packages/cli/src/demo/report/report.ts'
import type { Query } from '../../packages/cli/src/demo/report/rows.ts'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import { foldParts } from '../cases/folded.ts'
import { loadFolded } from '../support/load-folded.ts'

jest.setTimeout(120_000)

const warehouse = openWarehouse({
  url: process.env['CLICKHOUSE_URL'] ?? '',
  database: `demo_report_${process.pid}`,
  username: process.env['CLICKHOUSE_USER'] ?? 'default',
  password: process.env['CLICKHOUSE_PASSWORD'] ?? '',
})

const views = /\bv_(?:events|sessions|conversions|orders|channel_hourly|attribution|micro_to_macro)\b/g

/** The report names its views without a database, which `cairn query` has as its default. */
const query: Query = async (sql) => {
  const answer = await warehouse.query<Record<string, unknown>>(sql.replaceAll(views, (view) => warehouse.table(view)))
  if (answer.ok) return answer.value
  throw new Error(answer.message)
}

const end = Date.parse('2026-11-23T09:00:00Z')
const { parts, books } = simulate({ seed: 3, days: 4, people: 800, end })

/** The queries of these documents, which name views and tables as `cairn query` finds them: in the default database. */
const recipes = ['warehouse.md', 'micro-conversions.md'].flatMap((name) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)
})

async function answerTo(sql: string): Promise<readonly string[]> {
  const url = new URL(process.env['CLICKHOUSE_URL'] ?? '')
  url.searchParams.set('database', warehouse.database.replaceAll('`', ''))
  url.searchParams.set('default_format', 'JSONEachRow')
  const user = process.env['CLICKHOUSE_USER'] ?? 'default'
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': process.env['CLICKHOUSE_PASSWORD'] ?? '' }
  const response = await fetch(url, { method: 'POST', body: sql, headers })
  const body = await response.text()
  if (!response.ok) throw new Error(body)
  return body.split('\n').filter((line) => line !== '')
}

describe('the report on a real engine', () => {
  beforeAll(async () => {
    const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 100 })
    if (!migrated.ok) throw new Error(migrated.message)
    await loadFolded(warehouse, await foldParts(parts, 'demo', end + 2000))
  })
  afterAll(async () => {
    await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
    await warehouse.close()
  })

  it('has the figures the simulated shop has in its books', async () => {
    expect(bookDifferences(books, await readFigures(query, 'demo'))).toEqual([])
  })

  it('has rows for every table of the report', async () => {
    const figures = await readFigures(query, 'demo')
    const { channels, micros, ordersByStatus, attribution, effects } = figures
    for (const [name, rows] of Object.entries({ channels, micros, ordersByStatus, attribution, effects }))
      expect([name, rows.length > 0]).toEqual([name, true])
    expect(effects.some(({ assists, lift }) => assists > 0 && lift !== undefined)).toBe(true)
    expect(report('Simulated shop', figures)).not.toContain('Nothing: ')
  })

  it('shows funnel and abandonment as the books have them', async () => {
    const { funnel, carts } = await readFigures(query, 'demo')
    const [visits, viewed, added, begun, bought] = funnel.map((step) => step.visits)
    expect(visits).toBe(books.visits)
    expect([visits! >= viewed!, viewed! >= added!, added! >= begun!, begun! >= bought!]).not.toContain(false)
    expect(added).toBe(books.visitsWithCart)
    expect(bought).toBe(books.visitsWithOrder)
    expect(carts).toEqual({ visits: books.visitsWithCart, left: books.visitsWithCart - books.visitsWithOrder })
  })

  it('credits every order and all of its revenue once, under each model', async () => {
    const { attribution, orders } = await readFigures(query, 'demo')
    for (const { currency, count, major } of orders) {
      for (const model of new Set(attribution.map((one) => one.model))) {
        const own = attribution.filter((one) => one.currency === currency && one.model === model)
        expect(own.reduce((sum, one) => sum + one.orders, 0)).toBeCloseTo(count, 6)
        expect(own.reduce((sum, one) => sum + one.major, 0)).toBeCloseTo(major, 6)
      }
    }
  })

  it('counts as orders after a micro conversion those whose credit names it', async () => {
    const [credits, found] = [warehouse.table('credits'), warehouse.table('v_micro_to_macro')]
    const named = await warehouse.query(
      `SELECT goal, count() AS orders FROM (
        SELECT arrayJoin(arrayDistinct(assist_goals)) AS goal FROM ${credits} FINAL WHERE NOT is_bot
      ) GROUP BY goal ORDER BY goal`,
    )
    const counted = `SELECT micro_goal AS goal, assists AS orders FROM ${found} WHERE window_days = 30 AND channel = '' AND assists > 0 ORDER BY goal`
    expect(named).toMatchObject({ ok: true, value: expect.arrayContaining([expect.anything()]) })
    expect(await warehouse.query(counted)).toEqual(named)
  })

  it('credits orders of a user with one visitor at reading as in stream', async () => {
    const [inStream, byUser] = [warehouse.table('v_attribution'), warehouse.table('v_attribution_by_user')]
    const columns =
      'conversion_id, model, touch, touches, session_id, touched_at, channel, source, campaign, credit, value'
    const alone = `conversion_id NOT IN (SELECT conversion_id FROM ${byUser} WHERE touch_visitor_id != visitor_id)`
    const there = `SELECT ${columns} FROM ${inStream} WHERE model IN (SELECT model FROM ${byUser}) AND ${alone} ORDER BY conversion_id, model, touch`
    const here = `SELECT ${columns} FROM ${byUser} WHERE ${alone} ORDER BY conversion_id, model, touch`
    const expected = await warehouse.query(there)
    expect(expected).toMatchObject({ ok: true, value: expect.arrayContaining([expect.anything()]) })
    expect(await warehouse.query(here)).toEqual(expected)
  })

  it.each(recipes)('answers the recipe %s', async (sql) => {
    const rows = await answerTo(sql)
    // The visitor of the recipes on late events is not among those who are simulated.
    if (!sql.includes("'lou'")) expect(rows.length).toBeGreaterThan(0)
  })

  it('says of a site without visits that nobody came', async () => {
    expect(report('Nowhere', await readFigures(query, 'nowhere'))).toContain('No visits yet.')
  })
})
