import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, createBrotliCompress, createDeflate, createGzip, deflate, gzip } from 'node:zlib'
import type { Transform } from 'node:stream'
import type { Outcome } from './engine.ts'
import { DatabaseException } from './errors.ts'
import { contentType } from './format.ts'
import type { QueryRequest } from './request.ts'

export type Encoding = 'gzip' | 'deflate' | 'br'

const quality = { [constants.BROTLI_PARAM_QUALITY]: 3 }

/** The encoding of the response: one that the client accepts, if it asked for compression; unknown ones are passed over. */
export function chooseEncoding(acceptEncoding: string | undefined, request: QueryRequest): Encoding | undefined {
  if (!request.compressResponse || acceptEncoding === undefined) return undefined
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(';')[0])
  return (['gzip', 'deflate', 'br'] as const).find((encoding) => accepted.includes(encoding))
}

export function encoder(encoding: Encoding, level: number): Transform {
  if (encoding === 'gzip') return createGzip({ level })
  return encoding === 'deflate' ? createDeflate({ level }) : createBrotliCompress({ params: quality })
}

async function encoded(body: Buffer, encoding: Encoding, level: number): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(body, { level })
  if (encoding === 'deflate')
    return await (promisify(deflate) as (data: Buffer, options: object) => Promise<Buffer>)(body, { level })
  return await (promisify(brotliCompress) as (data: Buffer, options: object) => Promise<Buffer>)(body, {
    params: quality,
  })
}

/** Headers of a result. `summary` is left out while the query still runs. */
export function resultHeaders(format: string, encoding: Encoding | undefined, summary: Outcome | undefined) {
  return {
    'Content-Type': contentType(format),
    'X-ClickHouse-Format': format,
    ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    'X-ClickHouse-Summary': summaryHeader(summary ?? nothingYet),
  }
}

const nothingYet: Outcome = {
  output: Buffer.alloc(0),
  readRows: 0,
  readBytes: 0,
  writtenRows: 0,
  writtenBytes: 0,
  elapsedNs: 0,
}

/**
 * All numbers are strings, as ClickHouse sends them. The engine does not tell the rows of a result nor those that it is
 * going to read: a server's `result_rows` and `total_rows_to_read` are left out rather than wrong.
 */
function summaryHeader(outcome: Outcome): string {
  return JSON.stringify({
    read_rows: String(outcome.readRows),
    read_bytes: String(outcome.readBytes),
    written_rows: String(outcome.writtenRows),
    written_bytes: String(outcome.writtenBytes),
    result_bytes: String(outcome.output.length),
    elapsed_ns: String(outcome.elapsedNs),
  })
}

/** Sends a complete result. */
export async function sendComplete(
  response: ServerResponse,
  request: QueryRequest,
  encoding: Encoding | undefined,
  format: string,
  outcome: Outcome,
): Promise<void> {
  const plain = outcome.output
  const used = plain.length === 0 ? undefined : encoding
  const body = used === undefined ? plain : await encoded(plain, used, request.compressionLevel)
  response.writeHead(200, { ...resultHeaders(format, used, outcome), 'Content-Length': body.length })
  response.end(body)
}

/** Answers with an error, as long as nothing was sent. The rest of the request is read and thrown away, so that the client sees it. */
export function sendError(response: ServerResponse, cause: unknown, version: string): void {
  const error = DatabaseException.from(cause)
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const text = errorText(error, version)
  if (!response.req.complete) {
    response.setHeader('Connection', 'close')
    response.req.resume()
  }
  response.writeHead(error.status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
    'X-ClickHouse-Exception-Code': error.code,
  })
  response.end(text)
}

export function errorText(error: DatabaseException, version: string): string {
  return `${error.message.replace(/ \(version [^()]*\)\.?/g, '')} (version ${version} (embedded))\n`
}
