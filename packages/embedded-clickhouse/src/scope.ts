import { DatabaseException } from './errors.ts'
import type { Connection } from './engine.ts'
import type { Pair, QueryRequest } from './request.ts'
import type { Lease } from './sessions.ts'

/**
 * Puts a request's database, settings and parameters in force on its connection.
 *
 * @returns what takes them back, which only a named session needs: any other connection is closed after its request.
 * @throws DatabaseException 115 for an unknown setting, 81 for an unknown database, 36 and 48 for what cannot be done.
 */
export async function enterScope(lease: Lease, request: QueryRequest): Promise<() => Promise<void>> {
  const { connection, fresh } = lease
  const settings = request.settings.map(checkedSetting)
  if (!fresh) refuseReadonly(settings)
  const leave = fresh ? nothing : await restoring(connection, request, settings)
  if (request.database !== undefined) await connection.run(`USE ${identifier(request.database)}`, 'Null')
  // GET must change nothing; 2 rather than 1, so that the other settings of the same request stay allowed.
  const all =
    request.readOnly && fresh ? [...settings.filter(([name]) => name !== 'readonly'), readOnly(settings)] : settings
  const assignments = [...all, ...request.params.map(checkedParameter)]
  if (assignments.length > 0) await connection.run(setStatement(assignments), 'Null').catch(rethrowAfter(leave))
  return leave
}

/** `SET a = 'x', b = 'y'`: quoted values do for settings of every type. */
export function setStatement(assignments: readonly Pair[]): string {
  return `SET ${assignments.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`
}

/** A string literal of ClickHouse. Other control characters and all of Unicode may stand in one as they are. */
export function literal(text: string): string {
  return `'${text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\0', String.raw`\0`)}'`
}

/** A quoted identifier of ClickHouse. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

async function nothing(): Promise<void> {
  // A connection of one request is closed rather than restored.
}

function readOnly(settings: readonly Pair[]): Pair {
  const asked = settings.find(([name]) => name === 'readonly')?.[1]
  return ['readonly', asked === '1' ? '1' : '2']
}

function checkedSetting([name, value]: Pair): Pair {
  if (/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) return [name, value]
  throw DatabaseException.of('UNKNOWN_SETTING', `Unknown setting '${name}'.`)
}

function checkedParameter([name, value]: Pair): Pair {
  if (/^[A-Za-z0-9_]+$/.test(name)) return [`param_${name}`, value]
  throw DatabaseException.of('BAD_ARGUMENTS', `The name of the query parameter '${name}' is not an identifier.`)
}

function refuseReadonly(settings: readonly Pair[]): void {
  if (!settings.some(([name]) => name === 'readonly')) return
  throw DatabaseException.of(
    'NOT_IMPLEMENTED',
    'readonly together with session_id is not supported by embedded ClickHouse: the engine could not take it back.',
  )
}

/** Reads what the settings and the database of a named session are, to set them again after the request. */
async function restoring(connection: Connection, request: QueryRequest, settings: readonly Pair[]) {
  const names = settings.map(([name]) => literal(name)).join(', ')
  const query = `SELECT currentDatabase(), groupArray((name, value)) FROM system.settings WHERE changed AND name IN (${names || "''"})`
  const { output } = await connection.run(query, 'JSONCompactEachRow')
  const [database, changed] = JSON.parse(output.toString('utf8')) as [string, Pair[]]
  const before = new Map(changed)
  return async () => {
    if (request.database !== undefined) await connection.run(`USE ${identifier(database)}`, 'Null')
    for (const [name] of settings) {
      const value = before.get(name)
      await connection.run(`SET ${name} = ${value === undefined ? 'DEFAULT' : literal(value)}`, 'Null')
    }
  }
}

function rethrowAfter(leave: () => Promise<void>) {
  return async (cause: unknown): Promise<never> => {
    await leave()
    throw cause
  }
}
