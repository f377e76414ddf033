import { migrate, openWarehouse, readMigrations } from '@cairn/runtime'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { bookDifferences } from '../../packages/cli/src/demo/books.ts'
import { readFigures, type Query } from '../../packages/cli/src/demo/report/figures.ts'
import { report } from '../../packages/cli/src/demo/report/report.ts'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import { fold } from '../cases/folded.ts'
import { loadFolded } from '../support/load-folded.ts'

jest.setTimeout(120_000)

const warehouse = openWarehouse({
  url: process.env['CLICKHOUSE_URL'] ?? '',
  database: `demo_report_${process.pid}`,
  username: process.env['CLICKHOUSE_USER'] ?? 'default',
  password: process.env['CLICKHOUSE_PASSWORD'] ?? '',
})

const views = /\bv_(?:events|sessions|conversions|channel_hourly)\b/g

/** The report names its views without a database, which `cairn query` has as its default. */
const query: Query = async (sql) => {
  const answer = await warehouse.query<Record<string, unknown>>(sql.replaceAll(views, (view) => warehouse.table(view)))
  if (answer.ok) return answer.value
  throw new Error(answer.message)
}

const end = Date.parse('2026-11-23T09:00:00Z')
const { messages, books } = simulate({ seed: 3, days: 4, people: 800, end })

/** The queries of docs/warehouse.md, which name views and tables as `cairn query` finds them: in the default database. */
const recipes = [
  ...readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'warehouse.md'), 'utf8').matchAll(/```sql\n(.*?)```/gs),
].map(([, sql = '']) => sql)

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
    await loadFolded(warehouse, await fold(messages, 'demo', end + 2000))
  })
  afterAll(async () => {
    await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
    await warehouse.close()
  })

  it('has the figures the simulated shop has in its books', async () => {
    expect(bookDifferences(books, await readFigures(query, 'demo'))).toEqual([])
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

  it.each(recipes)('answers the recipe %s', async (sql) => {
    const rows = await answerTo(sql)
    // The visitor of the recipes on late events is not among those who are simulated.
    if (!sql.includes("'lou'")) expect(rows.length).toBeGreaterThan(0)
  })

  it('says of a site without visits that nobody came', async () => {
    expect(report('Nowhere', await readFigures(query, 'nowhere'))).toContain('No visits yet.')
  })
})
