import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from './engine.ts'
import { DatabaseException } from './errors.ts'
import type { QueryRequest } from './request.ts'
import { encoder, errorText, resultHeaders, sendComplete, type Encoding } from './respond.ts'

const readBytes = 262_144
const pollMs = 10

/** A SELECT that is running and writes its result to a file. */
export interface RunningSelect {
  readonly path: string
  readonly format: string
  readonly encoding: Encoding | undefined
  /** Settles when the engine has written all of the result. */
  readonly outcome: Promise<Outcome>
  /** Asks the engine to stop. */
  kill(): Promise<void>
  /** Of the result that the client has not taken yet. */
  readonly maxBacklogBytes: number
  readonly version: string
}

/**
 * Sends the result of a SELECT while it is being written.
 *
 * The engine writes to a file and we read behind it: the result is exactly the engine's own for every format, takes no memory
 * whatever its size, and a slow client does not hold an engine thread. Results up to `bufferBytes` (or all, with
 * `wait_end_of_query`) are held back until they are complete, so that an error comes as a status.
 */
export async function sendSelect(
  response: ServerResponse,
  request: QueryRequest,
  select: RunningSelect,
): Promise<void> {
  const running = new Progress(select.outcome)
  if (request.cancelOnClose) {
    response.once('close', () => {
      // Nobody is left to tell if the kill fails; the query then ends by itself.
      if (!running.ended) void select.kill().catch(() => undefined)
    })
  }
  if (request.waitEndOfQuery) await running.end
  else await running.endOr(async () => (await sizeOf(select.path)) > request.bufferBytes)
  if (running.ended && (await sizeOf(select.path)) <= request.bufferBytes) {
    const outcome = { ...(await select.outcome), output: await contentOf(select.path) }
    await sendComplete(response, request, select.encoding, select.format, outcome)
    return
  }
  await stream(response, request, select, running)
}

/** Whether a promise has settled, and waiting for that or something else. */
class Progress {
  ended = false
  readonly end: Promise<void>

  constructor(promise: Promise<unknown>) {
    const settle = () => {
      this.ended = true
    }
    this.end = promise.then(settle, settle)
  }

  async endOr(condition: () => Promise<boolean>): Promise<void> {
    while (!this.ended && !(await condition())) await this.pause()
  }

  async pause(): Promise<void> {
    await Promise.race([this.end, delay(pollMs)])
  }
}

async function stream(response: ServerResponse, request: QueryRequest, select: RunningSelect, running: Progress) {
  // A failure that is known by now can still be told as a status.
  const complete = running.ended ? await select.outcome : undefined
  const tag = randomBytes(8).toString('hex')
  response.writeHead(200, {
    ...resultHeaders(select.format, select.encoding, complete),
    'X-ClickHouse-Exception-Tag': tag,
  })
  const output = select.encoding === undefined ? response : encoder(select.encoding, request.compressionLevel)
  if (output !== response) output.pipe(response, { end: false })
  const file = await open(select.path, 'r')
  try {
    await copy(file, output, response, select, running)
    await select.outcome
    await endEncoder(output, response)
    response.end()
  } catch (cause) {
    await breakOff(response, output, tag, cause, select.version)
  } finally {
    await file.close()
  }
}

async function copy(
  file: FileHandle,
  output: Writable,
  response: ServerResponse,
  select: RunningSelect,
  running: Progress,
) {
  let sent = 0
  for (;;) {
    // Asked before reading: what the engine wrote before it ended is then read for certain.
    const last = running.ended
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, sent)
    sent += bytesRead
    if (bytesRead > 0 && !output.write(buffer.subarray(0, bytesRead)))
      await drained(file, sent, output, response, select)
    if (response.destroyed) throw await stopped(select, clientGone())
    if (bytesRead === 0 && last) return
    if (bytesRead === 0) await running.pause()
  }
}

/** Waits for the client, but not while the engine fills the disk. */
async function drained(
  file: FileHandle,
  sent: number,
  output: Writable,
  response: ServerResponse,
  select: RunningSelect,
) {
  while (output.writableNeedDrain && !response.destroyed) {
    const waiting = new AbortController()
    const { signal } = waiting
    await Promise.race([
      once(output, 'drain', { signal }),
      once(response, 'close', { signal }),
      delay(1000, undefined, { signal }),
    ]).finally(() => waiting.abort())
    const { size } = await file.stat()
    if (size - sent > select.maxBacklogBytes) throw await stopped(select, tooSlow(select.maxBacklogBytes))
  }
}

async function stopped(select: RunningSelect, reason: DatabaseException): Promise<DatabaseException> {
  await select.kill()
  await select.outcome.catch(() => undefined)
  return reason
}

/**
 * Tells an error after the status was sent: ClickHouse's tail with the tag of the header, and a connection that ends without the
 * last chunk, so that no client takes the result for complete.
 */
async function breakOff(response: ServerResponse, output: Writable, tag: string, cause: unknown, version: string) {
  if (response.destroyed) return
  output.write(exceptionTail(errorText(DatabaseException.from(cause), version), tag))
  await endEncoder(output, response)
  response.socket?.end()
}

/** Passes on what the encoder still holds. A response that is closed takes nothing more, and the encoder would never end. */
async function endEncoder(output: Writable, response: ServerResponse): Promise<void> {
  if (output === response) return
  const waiting = new AbortController()
  const either = Promise.race([
    once(output, 'end', { signal: waiting.signal }),
    once(response, 'close', { signal: waiting.signal }),
  ])
  output.end()
  if (!response.destroyed) await either
  waiting.abort()
  await either.catch(() => undefined)
}

/** Source: ClickHouse `WriteBufferFromHTTPServerResponse::cancelWithException`; `text` ends with a line end. */
export function exceptionTail(text: string, tag: string): string {
  return `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`
}

function clientGone(): DatabaseException {
  return DatabaseException.of('NETWORK_ERROR', 'The client went away before the end of the result.')
}

function tooSlow(bytes: number): DatabaseException {
  return DatabaseException.of(
    'TOO_MANY_ROWS_OR_BYTES',
    `The client is more than ${bytes} bytes of result behind: read faster, or start the server with a higher --max-backlog-bytes.`,
  )
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** A format that writes nothing, like Null, makes no file. */
async function contentOf(path: string): Promise<Buffer> {
  return (await sizeOf(path)) === 0 ? Buffer.alloc(0) : await readFile(path)
}
