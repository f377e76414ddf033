import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseException } from './errors.ts'
import type { Connection, Outcome } from './engine.ts'
import { once } from './once.ts'
import { tokensOf, type Token } from './tokens.ts'

const killPollMs = 20

/**
 * The query ids that are in use. The engine gives its own ids, so each statement carries ours in a leading comment, by which
 * KILL QUERY finds it in `system.processes`.
 */
export class RunningQueries {
  readonly #ids = new Set<string>()

  /** @returns what ends the use of the id, once however often it is called. @throws DatabaseException 216 when it is in use. */
  begin(queryId: string): () => void {
    if (this.#ids.has(queryId)) {
      throw DatabaseException.of(
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${queryId} is already running.`,
      )
    }
    this.#ids.add(queryId)
    return once(() => void this.#ids.delete(queryId))
  }
}

/** The comment in front of a statement. Percent-encoding keeps the id from ending the comment. */
export function marker(queryId: string): string {
  return `/* query_id=${encodeURIComponent(queryId).replaceAll("'", '%27')} */ `
}

/** Our query id of a row of `system.processes`. */
const queryIdExpression = String.raw`decodeURLComponent(extract(query, '^/\\* query_id=(\\S*) \\*/'))`

/** Asks the engine to end a statement; it ends at its next block of data. */
export async function kill(connection: Connection, queryId: string): Promise<void> {
  await connection.run(`KILL QUERY WHERE startsWith(query, '${marker(queryId)}')`, 'Null')
}

/** Asks the engine to end all statements. */
export async function killAll(connection: Connection): Promise<void> {
  await connection.run(String.raw`KILL QUERY WHERE startsWith(query, '/* query_id=')`, 'Null')
}

/**
 * Runs a client's KILL QUERY, in which `query_id` means our ids. SYNC is waited for here: the engine's own never returns when the
 * query it waits for needs a thread of this process to end.
 *
 * @param latin1 the statement as bytes; `decode` turns pieces of it into text.
 */
export async function runKill(
  connection: Connection,
  latin1: string,
  decode: (from: number, to: number) => string,
  format: string,
): Promise<Outcome> {
  const { sql, sync } = rewriteKill(latin1, decode)
  const outcome = await connection.run(sql, format)
  if (sync) while ((await connection.run(sql, 'TabSeparated')).output.length > 0) await delay(killPollMs)
  return outcome
}

/** Puts our ids for the column `query_id`, and takes SYNC out. Exported for its test. */
export function rewriteKill(latin1: string, decode: (from: number, to: number) => string) {
  let sql = ''
  let done = 0
  let sync = false
  for (const token of tokensOf(latin1)) {
    if (token.text === ';') break
    const replacement = replacementOf(token)
    if (replacement === undefined) continue
    if (token.upper === 'SYNC') sync = true
    sql += decode(done, token.start) + replacement
    done = token.end
  }
  return { sql: (sql + decode(done, latin1.length)).replace(/;\s*$/, ''), sync }
}

function replacementOf(token: Token): string | undefined {
  if (token.kind === 'word' && token.upper === 'QUERY_ID') return queryIdExpression
  if (token.kind === 'quoted' && token.text.slice(1, -1) === 'query_id') return queryIdExpression
  return token.kind === 'word' && token.depth === 0 && token.upper === 'SYNC' ? '' : undefined
}
