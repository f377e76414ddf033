import type { IncomingMessage } from 'node:http'
import { randomUUID } from 'node:crypto'
import { DatabaseException, unsupported } from './errors.ts'

/** A named text, e.g. a setting and its value. */
export type Pair = readonly [name: string, value: string]

/** What a request asks for besides its statement. */
export interface QueryRequest {
  /** The `query` parameter; the body follows it on a new line. */
  readonly query: string | undefined
  readonly queryId: string
  readonly database: string | undefined
  /** Format of results whose statement names none. */
  readonly format: string
  readonly params: readonly Pair[]
  /** Everything in the URL that is not a parameter of the interface itself. */
  readonly settings: readonly Pair[]
  readonly session: SessionRequest | undefined
  /** GET and HEAD change nothing. */
  readonly readOnly: boolean
  /** Send nothing before the whole result is there, so that errors always come as a status. */
  readonly waitEndOfQuery: boolean
  /** Bytes of result to hold back, for the same reason. */
  readonly bufferBytes: number
  readonly compressResponse: boolean
  readonly compressionLevel: number
  /** A SELECT ends when its client goes away. */
  readonly cancelOnClose: boolean
  readonly maxQueryBytes: number
}

export interface SessionRequest {
  readonly id: string
  readonly timeoutSeconds: number
  readonly mustExist: boolean
  readonly closeAfter: boolean
}

const defaultBufferBytes = 1_048_576
const defaultMaxQueryBytes = 262_144
const maxSessionTimeoutSeconds = 3600

/** Parameters of the HTTP interface itself (ClickHouse `HTTPHandler.cpp`); all others are settings. */
const transport = new Set([
  'query',
  'query_id',
  'user',
  'password',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'wait_end_of_query',
  'buffer_size',
  // Only chooses the revision of the Native format; the engine's is the one of version 0, which every client reads.
  'client_protocol_version',
])

/** Settings that ClickHouse's HTTP layer, not its engine, gives a meaning to, and that are done here. */
const ownSettings = new Set([
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_wait_end_of_query',
  'http_response_buffer_size',
  'cancel_http_readonly_queries_on_client_close',
])

/** Parameters of features that are missing here, refused unless their value is one of `off`; and what to do instead. */
export const refused: ReadonlyMap<string, string> = new Map<string, string>([
  ['compress', 'use gzip through Accept-Encoding and enable_http_compression=1'],
  ['decompress', 'use gzip through Content-Encoding'],
  ['quota_key', 'there are no quotas'],
  ['role', 'there is one user and no role'],
  ['stacktrace', 'errors come without one'],
  ['send_progress_in_http_headers', 'read X-ClickHouse-Summary at the end'],
  ['http_write_exception_in_output_format', 'errors come as a status, or as the tail of a streamed result'],
  ['http_response_headers', 'response headers are fixed'],
  ['add_http_cors_header', 'the interface is for programs on this machine, not for browsers'],
  ['replace_running_query', 'send KILL QUERY first'],
])

const off = new Set(['', '0', 'false'])

/**
 * Reads the parameters and headers of a query.
 *
 * @throws DatabaseException for what is malformed or not supported.
 */
export function readRequest(
  message: Pick<IncomingMessage, 'method' | 'headers'>,
  parameters: readonly Pair[],
): QueryRequest {
  const given = new Map(parameters)
  for (const [name, value] of parameters) refuseUnsupported(name, value)
  refuseHeaders(message)
  return {
    query: given.get('query') ?? undefined,
    queryId: given.get('query_id') || randomUUID(),
    database: given.get('database') ?? header(message, 'x-clickhouse-database'),
    format: given.get('default_format') ?? header(message, 'x-clickhouse-format') ?? 'TabSeparated',
    params: parameters.filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice(6), value]),
    settings: parameters.filter(([name]) => isEngineSetting(name)),
    session: sessionOf(given),
    readOnly: message.method === 'GET' || message.method === 'HEAD',
    waitEndOfQuery: isOn(given.get('wait_end_of_query')) || isOn(given.get('http_wait_end_of_query')),
    bufferBytes: wholeNumber(given, 'buffer_size', wholeNumber(given, 'http_response_buffer_size', defaultBufferBytes)),
    compressResponse: isOn(given.get('enable_http_compression')),
    compressionLevel: wholeNumber(given, 'http_zlib_compression_level', 3),
    cancelOnClose: isOn(given.get('cancel_http_readonly_queries_on_client_close')),
    maxQueryBytes: wholeNumber(given, 'max_query_size', defaultMaxQueryBytes),
  }
}

/**
 * Splits a query string into names and values.
 *
 * Not URLSearchParams: that replaces bytes which are not UTF-8 by U+FFFD, and a value would silently become another.
 */
export function parseParameters(search: string): Pair[] {
  return search
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
    })
}

function decode(text: string): string {
  const bytes = Buffer.from(
    text.replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )
  return utf8(bytes, `The URL contains bytes that are not UTF-8 (in ${text.slice(0, 40)})`)
}

/** Decodes bytes that must be UTF-8, the only text the embedded library takes. @throws DatabaseException 36 */
export function utf8(bytes: Uint8Array, problem: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw DatabaseException.of(
      'BAD_ARGUMENTS',
      `${problem}: send such values as escape sequences, e.g. \\xFF, or in INSERT data.`,
    )
  }
}

function isEngineSetting(name: string): boolean {
  return !transport.has(name) && !ownSettings.has(name) && !refused.has(name) && !name.startsWith('param_')
}

function refuseUnsupported(name: string, value: string): void {
  const instead = refused.get(name)
  if (instead !== undefined && !off.has(value)) throw unsupported(`The parameter ${name}`, instead)
}

function refuseHeaders(message: Pick<IncomingMessage, 'headers'>): void {
  if (header(message, 'x-clickhouse-quota') !== undefined)
    throw unsupported('X-ClickHouse-Quota', 'there are no quotas')
}

function sessionOf(given: ReadonlyMap<string, string>): SessionRequest | undefined {
  const id = given.get('session_id')
  if (id === undefined || id === '') return undefined
  const timeoutSeconds = wholeNumber(given, 'session_timeout', 60)
  if (timeoutSeconds > maxSessionTimeoutSeconds) {
    throw DatabaseException.of(
      'INVALID_SESSION_TIMEOUT',
      `Session timeout '${timeoutSeconds}' is larger than the maximum of ${maxSessionTimeoutSeconds} seconds.`,
    )
  }
  return {
    id,
    timeoutSeconds,
    mustExist: isOn(given.get('session_check')),
    closeAfter: isOn(given.get('close_session')),
  }
}

function wholeNumber(given: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const text = given.get(name)
  if (text === undefined || text === '') return otherwise
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw DatabaseException.of('BAD_ARGUMENTS', `The parameter ${name} must be a whole number, but is '${text}'.`)
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !off.has(value)
}

function header(message: Pick<IncomingMessage, 'headers'>, name: string): string | undefined {
  const value = message.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
