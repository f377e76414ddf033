import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unitsOfCurrency } from './minor-units.ts'
import type { Warehouse } from './warehouse.ts'
import type { WarehouseFailure } from './failure.ts'

/** One numbered file of schemas/clickhouse. */
export interface Migration {
  readonly name: string
  /** SHA-256 of the file as it is, before its placeholders are filled: another window is not another migration. */
  readonly checksum: string
  readonly text: string
}

export type Migrated =
  | { readonly ok: true; readonly applied: readonly string[] }
  | { readonly ok: false; readonly reason: 'changed'; readonly message: string }
  | { readonly ok: false; readonly reason: 'failed'; readonly message: string; readonly failure: WarehouseFailure }

export interface MigrationOptions {
  readonly migrations: readonly Migration[]
  /** Inserts a table remembers by their tokens, counted once for each of its partitions they touched. */
  readonly dedupWindow: number
}

/** schemas/clickhouse of this checkout. */
export const migrationFolder = fileURLToPath(new URL('../../../../schemas/clickhouse', import.meta.url))

const migrationTable = 'schema_migrations'

/** Reads `NNN_*.sql` in the order of their names. Throws on a broken folder: nothing can run without it. */
export function readMigrations(folder: string = migrationFolder): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8')
      return { name, checksum: createHash('sha256').update(text).digest('hex'), text }
    })
}

/**
 * Applies the files that were not applied yet, in order. Every statement may run twice (`IF NOT EXISTS`, `OR REPLACE`),
 * so two processes that start at once, or one that died half way, do no harm. A file that changed after it was applied is
 * refused: servers would then differ by when they were set up.
 */
export async function migrate(warehouse: Warehouse, options: MigrationOptions): Promise<Migrated> {
  const known = await readApplied(warehouse)
  if (!known.ok) return failed('the table of applied migrations', known)
  const changed = options.migrations.find((m) => (known.value.get(m.name) ?? m.checksum) !== m.checksum)
  if (changed !== undefined) return { ok: false, reason: 'changed', message: changedMessage(changed, warehouse) }

  const applied: string[] = []
  for (const migration of options.migrations.filter((m) => !known.value.has(m.name))) {
    for (const statement of statements(migration, warehouse.database, options.dedupWindow)) {
      const done = await warehouse.command(statement)
      if (!done.ok) return failed(`${migration.name}, at "${statement.slice(0, 80)}"`, done)
    }
    const { name, checksum } = migration
    const noted = await warehouse.insertRows(migrationTable, [{ name, checksum, applied_at: Date.now() }])
    if (!noted.ok) return failed(`${name}, noting that it is applied`, noted)
    applied.push(name)
  }
  return { ok: true, applied }
}

/** The statements of a file with its placeholders filled in. Throws on a placeholder nobody knows. */
export function statements(migration: Migration, database: string, dedupWindow: number): string[] {
  const values = new Map([
    ['database', database],
    ['dedup_window', String(dedupWindow)],
    ['units_of_currency', unitsOfCurrency()],
  ])
  const filled = migration.text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`${migration.name}: there is no placeholder {{${name}}}`)
    return value
  })
  return filled
    .split(/;\s*$/m)
    .map((statement) => statement.replace(/^--.*\n/gm, '').trim())
    .filter((statement) => statement !== '')
}

async function readApplied(warehouse: Warehouse) {
  const table = warehouse.table(migrationTable)
  const prepared = [
    `CREATE DATABASE IF NOT EXISTS ${warehouse.database}`,
    `CREATE TABLE IF NOT EXISTS ${table} (
      name String COMMENT 'File in schemas/clickhouse',
      checksum String COMMENT 'SHA-256 of the file as it was applied',
      applied_at DateTime64(3, 'UTC') COMMENT 'When'
    ) ENGINE = MergeTree ORDER BY name COMMENT 'Migrations that were applied'`,
  ]
  for (const statement of prepared) {
    const done = await warehouse.command(statement)
    if (!done.ok) return done
  }
  const rows = await warehouse.query<{ name: string; checksum: string }>(
    `SELECT name, argMin(checksum, applied_at) AS checksum FROM ${table} GROUP BY name`,
  )
  return rows.ok ? ({ ok: true, value: new Map(rows.value.map((r) => [r.name, r.checksum])) } as const) : rows
}

function failed(what: string, failure: WarehouseFailure): Migrated {
  return { ok: false, reason: 'failed', message: `${what}: ${failure.message}`, failure }
}

function changedMessage({ name }: Migration, warehouse: Warehouse): string {
  return `${name} was applied to ${warehouse.database} and has changed since: put the file back as it was and write the change as a new file with the next number`
}
