import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client'
import type { Container } from '../codec/container.ts'
import { failureOf, type WarehouseFailure } from './failure.ts'

export interface WarehouseOptions {
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly password?: string
}

export type Answer<T> = { readonly ok: true; readonly value: T } | WarehouseFailure

/** Values of `{name:Type}` parameters in a statement. */
export type Parameters = Readonly<Record<string, string | number | readonly string[] | readonly number[]>>

export interface InsertIdentity {
  /** Equal for every attempt at one insert and for no other: what ClickHouse recognises a repetition by. */
  readonly token: string
  /** Names this attempt in the server's log. */
  readonly queryId: string
  /** Called when the whole body has been handed to the connection, before the answer. */
  readonly onSent?: () => void
}

/** One ClickHouse database. Failures are returned, never thrown, so that no caller forgets that servers go away. */
export interface Warehouse {
  /** The database's name, quoted. */
  readonly database: string
  /** The table's name with its database, quoted. */
  table(name: string): string
  ping(): Promise<boolean>
  query<Row>(statement: string, parameters?: Parameters): Promise<Answer<Row[]>>
  /** Runs a statement without result. */
  command(statement: string, parameters?: Parameters): Promise<Answer<void>>
  /** One statement, one block: either all rows of it are there afterwards or none. */
  insertContainer(table: string, container: Container, identity: InsertIdentity): Promise<Answer<void>>
  /** For a few rows of our own making; without a token not protected against repetition. */
  insertRows(table: string, rows: readonly object[], token?: string): Promise<Answer<void>>
  close(): Promise<void>
}

/** How long the server may work on one insert, seconds. An insert that an earlier owner sent is over after that. */
export const maxInsertSeconds = 60
/** Longer than the server's own limit, so that its answer is heard. */
const requestTimeoutMs = (maxInsertSeconds + 30) * 1000
/** ClickHouse closes idle connections after 10 s; using one at that moment looks like a failed insert. */
const idleSocketMs = 9000

/**
 * Pinned because deduplication needs them: a token covers the blocks of an insert, and another cut of the same rows into
 * blocks is another insert (ClickHouse issue 113084). Asynchronous inserts, on by default since 26.3, merge tokens.
 * Many months in one insert are legitimate (imports), and halving it until each part has less than 100 would be slower.
 */
const insertSettings: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_block_size: '1048449',
  min_insert_block_size_rows: '1048449',
  min_insert_block_size_bytes: '268402944',
  max_insert_threads: '1',
  input_format_parallel_parsing: 0,
  input_format_allow_errors_num: '0',
  max_partitions_per_insert_block: '0',
  max_execution_time: maxInsertSeconds,
  wait_end_of_query: 1,
}

export function openWarehouse(options: WarehouseOptions): Warehouse {
  const client = createClient({
    url: options.url,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    application: 'cairn',
    // Failures are returned, and whoever gets them logs them once.
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: requestTimeoutMs,
    keep_alive: { idle_socket_ttl: idleSocketMs, eagerly_destroy_stale_sockets: true },
  })
  const table = (name: string) => `${quoted(options.database)}.${quoted(name)}`

  return {
    database: quoted(options.database),
    table,
    async ping() {
      return (await client.ping({ select: true })).success
    },
    query: <Row>(statement: string, parameters?: Parameters) =>
      answer(() => readRows<Row>(client, statement, parameters)),
    command: (statement, parameters) =>
      answer(async () => {
        await client.command({ query: statement, ...withParameters(parameters) })
      }),
    insertContainer: (name, container, { token, queryId, onSent }) =>
      answer(() =>
        send(client, container.body, onSent, {
          query: `INSERT INTO ${table(name)} (${container.columns.map(quoted).join(', ')}) FORMAT Avro`,
          query_id: queryId,
          clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
        }),
      ),
    insertRows: (name, rows, token) =>
      answer(async () => {
        await client.insert({
          table: table(name),
          values: [...rows],
          format: 'JSONEachRow',
          clickhouse_settings:
            token === undefined ? insertSettings : { ...insertSettings, insert_deduplication_token: token },
        })
      }),
    close: () => client.close(),
  }
}

async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error
    return failureOf(error)
  }
}

async function readRows<Row>(client: ClickHouseClient, query: string, parameters?: Parameters): Promise<Row[]> {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    ...withParameters(parameters),
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return result.json<Row>()
}

async function send(
  client: ClickHouseClient,
  body: Buffer,
  onSent: (() => void) | undefined,
  statement: { query: string; query_id: string; clickhouse_settings: ClickHouseSettings },
): Promise<void> {
  const values = Readable.from([body], { objectMode: false })
  if (onSent !== undefined) values.once('end', onSent)
  const { stream } = await client.exec({ ...statement, values })
  // The socket is not free until the answer is read.
  stream.resume()
  await finished(stream)
}

function withParameters(parameters: Parameters | undefined): { query_params?: Record<string, unknown> } {
  return parameters === undefined ? {} : { query_params: parameters }
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
