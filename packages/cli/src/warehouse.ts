import { CommandFailure, exitCode } from './command.ts'
import type { Instance } from './instance/instance.ts'

export interface AskOptions {
  readonly format?: string
  readonly params?: Readonly<Record<string, string>>
  /** Ends the waiting for an answer. */
  readonly signal?: AbortSignal
}

/** ClickHouse's answer to a statement it does not run. */
export class StatementRefused extends CommandFailure {
  /** What it says is missing, which is there once the sink has started for the first time. */
  readonly isAboutSchema: boolean
  constructor(message: string, code: string | null) {
    super(exitCode.no, message)
    this.isAboutSchema = code === unknown.table || code === unknown.database
  }
}

/** ClickHouse's codes of errors, as its header has them. */
const unknown = { table: '60', database: '81' } as const

/** Runs one statement over the HTTP interface and returns the response body. */
export async function ask({ clickhouse }: Instance, sql: string, options: AskOptions = {}): Promise<Response> {
  const url = new URL(clickhouse.url)
  url.searchParams.set('database', clickhouse.database)
  if (options.format !== undefined) url.searchParams.set('default_format', options.format)
  for (const [name, value] of Object.entries(options.params ?? {})) url.searchParams.set(`param_${name}`, value)
  const authorization = `Basic ${Buffer.from(`${clickhouse.user}:${clickhouse.password}`).toString('base64')}`
  // A kept connection may be closed by the server while a command computes, which is only noticed when the next statement
  // fails on it.
  const headers = { authorization, connection: 'close' }
  let response: Response
  try {
    const { signal = null } = options
    response = await fetch(url, { method: 'POST', body: sql, headers, signal })
  } catch (error) {
    throw new CommandFailure(exitCode.unavailable, `ClickHouse at ${clickhouse.url} does not answer: ${causeOf(error)}`)
  }
  if (response.ok) return response
  throw new StatementRefused((await response.text()).trim(), response.headers.get('x-clickhouse-exception-code'))
}

/** Why something failed, in words; `fetch` only says in the cause of its error what that was. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}

/** The text of an answer, in pieces as it comes. */
export async function* textOf({ clickhouse }: Instance, response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) yield decoder.decode(chunk as Uint8Array, { stream: true })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandFailure(exitCode.unavailable, `ClickHouse at ${clickhouse.url} broke off its answer: ${why}`)
  }
}

/** A row of format JSONEachRow. ClickHouse puts an error into the answer when it comes after the first rows. */
export function parseRow(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new CommandFailure(exitCode.unavailable, `ClickHouse broke off its answer: ${line}`)
  }
}

/** The rows of a SELECT as objects, as they come; 64-bit integers come as numbers. */
export async function* eachRow<T>(
  instance: Instance,
  sql: string,
  params: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const response = await ask(instance, `${sql} SETTINGS output_format_json_quote_64bit_integers = 0`, {
    format: 'JSONEachRow',
    params,
    ...(signal === undefined ? {} : { signal }),
  })
  let rest = ''
  for await (const part of textOf(instance, response)) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield parseRow(line) as T
  }
  if (rest !== '') yield parseRow(rest) as T
}

/** The rows of a SELECT at once. */
export async function rows<T>(
  instance: Instance,
  sql: string,
  params: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T[]> {
  const found: T[] = []
  for await (const row of eachRow<T>(instance, sql, params, signal)) found.push(row)
  return found
}
