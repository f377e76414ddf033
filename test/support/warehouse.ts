import { migrate, openWarehouse, readMigrations, type Warehouse } from '@cairn/runtime'

/** Where the run's shared ClickHouse is, as settings of a service. */
export function clickhouse(): { CLICKHOUSE_URL: string; CLICKHOUSE_USER?: string; CLICKHOUSE_PASSWORD?: string } {
  const { CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD } = process.env
  if (CLICKHOUSE_URL === undefined)
    throw new Error('CLICKHOUSE_URL is not set: run the integration tests through npm test')
  return {
    CLICKHOUSE_URL,
    ...(CLICKHOUSE_USER === undefined ? {} : { CLICKHOUSE_USER }),
    ...(CLICKHOUSE_PASSWORD === undefined ? {} : { CLICKHOUSE_PASSWORD }),
  }
}

/** The same as an instance has it. */
export function clickhouseServer(): { url: string; user: string; password: string } {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user = 'default', CLICKHOUSE_PASSWORD: password = '' } = clickhouse()
  return { url, user, password }
}

/** A database of the shared engine, without tables. */
export function emptyWarehouse(database: string): Warehouse {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: username, CLICKHOUSE_PASSWORD: password } = clickhouse()
  return openWarehouse({
    url,
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  })
}

/** A database with the tables. */
export async function migratedWarehouse(database: string, dedupWindow = 1000): Promise<Warehouse> {
  const warehouse = emptyWarehouse(database)
  const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow })
  if (!migrated.ok) throw new Error(migrated.message)
  return warehouse
}

/** The rows of a query; fails where the query does. */
export async function rowsOf<Row>(warehouse: Warehouse, statement: string): Promise<Row[]> {
  const result = await warehouse.query<Row>(statement)
  if (!result.ok) throw new Error(result.message)
  return result.value
}

export async function dropDatabase(warehouse: Warehouse): Promise<void> {
  await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database} SYNC`)
  await warehouse.close()
}
