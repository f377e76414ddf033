import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { migrate, openWarehouse, readMigrations } from '@cairn/runtime'
import { fold } from '../cases/folded.ts'
import { pages, readPage } from '../docs/examples.ts'
import { loadFolded } from '../support/load-folded.ts'

jest.setTimeout(120_000)

const url = process.env['CLICKHOUSE_URL'] ?? ''
const username = process.env['CLICKHOUSE_USER'] ?? 'default'
const password = process.env['CLICKHOUSE_PASSWORD'] ?? ''

describe.each(pages)('docs/%s', (path, definitions) => {
  const { messages, fromServer, queries } = readPage(path)
  const database = `example_${path.replaceAll(/\W/g, '_')}_${process.pid}`
  const warehouse = openWarehouse({ url, username, password, database })

  beforeAll(async () => {
    const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 100 })
    if (!migrated.ok) throw new Error(migrated.message)
    await loadFolded(
      warehouse,
      await fold(messages, 'dev', Date.parse('2025-05-01T00:00:00Z'), definitions, fromServer),
    )
  })
  afterAll(async () => {
    await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
    await warehouse.close()
  })

  it.each(queries)('is answered as it says: $sql', async ({ sql, answer }) => {
    expect(await printed(sql)).toBe(answer)
  })

  /** As `cairn query` prints it. */
  async function printed(sql: string): Promise<string> {
    const address = new URL(url)
    address.searchParams.set('database', database)
    address.searchParams.set('default_format', 'PrettyCompactMonoBlock')
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const response = await fetch(address, { method: 'POST', body: sql, headers: { authorization } })
    const body = await response.text()
    if (!response.ok) throw new Error(body)
    return body
  }
})
