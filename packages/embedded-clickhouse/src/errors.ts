/**
 * ClickHouse's own error codes that this front raises itself; codes raised by the engine pass through as numbers.
 * Source: ClickHouse `src/Common/ErrorCodes.cpp`.
 */
export const codes = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  LOGICAL_ERROR: 49,
  SYNTAX_ERROR: 62,
  UNKNOWN_SETTING: 115,
  TIMEOUT_EXCEEDED: 159,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NETWORK_ERROR: 210,
  QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: 216,
  QUERY_IS_TOO_LARGE: 223,
  INVALID_SESSION_TIMEOUT: 374,
  TOO_MANY_BYTES: 307,
  NOT_ENOUGH_SPACE: 243,
  ZLIB_INFLATE_FAILED: 354,
  SESSION_NOT_FOUND: 372,
  SESSION_IS_LOCKED: 373,
  QUERY_WAS_CANCELLED: 394,
  TOO_MANY_ROWS_OR_BYTES: 396,
  UNKNOWN_QUERY_PARAMETER: 456,
  AUTHENTICATION_FAILED: 516,
} as const

export type CodeName = keyof typeof codes

/**
 * A failure the client is told about: `Code: N. DB::Exception: … (NAME)`.
 *
 * Thrown, unlike expected failures elsewhere in this repository: it crosses streams and the engine's promises, and exactly
 * one place (`server.ts`) turns it into a response.
 */
export class DatabaseException extends Error {
  readonly code: number
  /** HTTP status where the table of ClickHouse has none for the case. */
  readonly status: number

  private constructor(code: number, text: string, status: number) {
    super(text)
    this.name = 'DatabaseException'
    this.code = code
    this.status = status
  }

  /** An error of this front. `reason` ends with a full stop. */
  static of(name: CodeName, reason: string, status = statusOf(codes[name])): DatabaseException {
    return new DatabaseException(codes[name], `Code: ${codes[name]}. DB::Exception: ${reason} (${name})`, status)
  }

  /** An error of the engine, whose message starts with `Code: N.`; anything else is a broken engine and becomes 49. */
  static fromEngine(cause: unknown): DatabaseException {
    const text = withoutNesting(cause instanceof Error ? cause.message : String(cause))
    const found = /^Code: (\d+)\./.exec(text)
    if (found === null) return DatabaseException.of('LOGICAL_ERROR', `The embedded engine failed: ${text}`)
    const code = Number(found[1])
    return new DatabaseException(code, text, statusOf(code))
  }

  /** What a request failed with, whoever threw it. */
  static from(cause: unknown): DatabaseException {
    if (cause instanceof DatabaseException) return cause
    const { code, message = String(cause) } = cause as Partial<NodeJS.ErrnoException>
    return code === 'ENOSPC'
      ? DatabaseException.of('NOT_ENOUGH_SPACE', `The disk of the data directory is full: ${message}.`)
      : DatabaseException.of('LOGICAL_ERROR', `${message}.`)
  }

  /** The same error with another text, e.g. without the names of temporary files. */
  rewritten(rewrite: (text: string) => string): DatabaseException {
    return new DatabaseException(this.code, rewrite(this.message), this.status)
  }
}

/** Reading a file adds a second `Code: N. DB::Exception:` in front of the first. */
function withoutNesting(text: string): string {
  return text.replace(/^(Code: \d+\. DB::Exception: )\1/, '$1').trim()
}

const statuses = new Map<number, number>([
  // Bad requests: the statement or its data cannot be read.
  ...[6, 26, 27, 32, 36, 38, 41, 42, 43, 53, 62, 69, 70, 72, 117, 131, 167, 168, 190, 456].map(
    (code) => [code, 400] as const,
  ),
  // Something named in the statement does not exist.
  ...[13, 46, 47, 50, 56, 60, 63, 73, 81, 115, 183].map((code) => [code, 404] as const),
  [159, 408],
  [193, 403],
  [192, 403],
  [194, 401],
  [516, 403],
  [223, 413],
  [307, 413],
  [48, 501],
  [209, 503],
  [76, 503],
])

/** HTTP status of an error code. Source: ClickHouse `src/Server/HTTP/exceptionCodeToHTTPStatus.cpp`. */
export function statusOf(code: number): number {
  return statuses.get(code) ?? 500
}

/** A feature of ClickHouse's HTTP interface that this front does not have: refused by name, never ignored. */
export function unsupported(feature: string, instead: string): DatabaseException {
  return DatabaseException.of('NOT_IMPLEMENTED', `${feature} is not supported by embedded ClickHouse: ${instead}.`)
}
