import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checksumOf, filled, oneServer, type DdlValues, type Topology } from './ddl.ts'
import type { Warehouse } from './warehouse.ts'
import type { WarehouseFailure } from './failure.ts'

/** One numbered file of schemas/clickhouse. */
export interface Migration {
  readonly name: string
  /** Of what the file does; see {@link checksumOf}. */
  readonly checksum: string
  /** With its placeholders. */
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
  /** One server where it is not given. */
  readonly topology?: Topology
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
      return { name, checksum: checksumOf(text), text }
    })
}

/**
 * Applies the files that were not applied yet, in order. Every statement may run twice (`IF NOT EXISTS`, `OR REPLACE`),
 * so two processes that start at once, or one that died half way, do no harm. A file that changed after it was applied is
 * refused: servers would then differ by when they were set up.
 */
export async function migrate(warehouse: Warehouse, options: MigrationOptions): Promise<Migrated> {
  const { dedupWindow, topology = oneServer } = options
  const values = { database: warehouse.database, dedupWindow, topology }
  const known = await readApplied(warehouse, values)
  if (!known.ok) return failed('the table of applied migrations', known)
  const changed = options.migrations.find((m) => (known.value.get(m.name) ?? m.checksum) !== m.checksum)
  if (changed !== undefined) return { ok: false, reason: 'changed', message: changedMessage(changed, warehouse) }

  const applied: string[] = []
  for (const migration of options.migrations.filter((m) => !known.value.has(m.name))) {
    for (const statement of statements(migration, values)) {
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
export function statements({ name, text }: Migration, values: DdlValues): string[] {
  return filled(name, text, values)
    .split(/;\s*$/m)
    .map((statement) => statement.replace(/^--.*\n/gm, '').trim())
    .filter((statement) => statement !== '')
}

/** Not a migration, but under the same topology: else every server would know of its own migrations only. */
const preparation = `CREATE DATABASE IF NOT EXISTS {{database}}{{on_cluster}};
CREATE TABLE IF NOT EXISTS {{database}}.${migrationTable}{{on_cluster}} (
  name String COMMENT 'File in schemas/clickhouse',
  checksum String COMMENT 'SHA-256 of what the file does, as it was applied',
  applied_at DateTime64(3, 'UTC') COMMENT 'When'
) ENGINE = {{replicated}}MergeTree ORDER BY name COMMENT 'Migrations that were applied';
`

async function readApplied(warehouse: Warehouse, values: DdlValues) {
  const table = warehouse.table(migrationTable)
  const prepared = statements({ name: migrationTable, checksum: '', text: preparation }, values)
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
  return `${name} was applied to ${warehouse.database} and has changed since: put the file back as it was (with the old list of currencies written out, if that is what changed) and write the change as a new file with the next number`
}
