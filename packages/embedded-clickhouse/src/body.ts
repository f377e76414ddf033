import { open, type FileHandle } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { DatabaseException, unsupported } from './errors.ts'

/** Bytes gathered before a write: a socket delivers 64 KiB at a time, and each write is a trip to a thread. */
const writeBytes = 1_048_576

/** A request's body, decompressed, read once from front to back. */
export class Body {
  readonly #chunks: AsyncIterator<Buffer, undefined>
  readonly #limitBytes: number
  #readBytes = 0

  /** @param limitBytes of the decompressed body. @throws DatabaseException 48 for an encoding that is not supported. */
  constructor(message: IncomingMessage, limitBytes: number) {
    this.#chunks = decompressed(message)[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
    this.#limitBytes = limitBytes
  }

  /** Reads until at least `bytes` are there or the body ends. */
  async head(bytes: number): Promise<{ readonly bytes: Buffer; readonly complete: boolean }> {
    const chunks: Buffer[] = []
    let size = 0
    for (;;) {
      if (size >= bytes) return { bytes: Buffer.concat(chunks), complete: false }
      const chunk = await this.#next()
      if (chunk === undefined) return { bytes: Buffer.concat(chunks), complete: true }
      chunks.push(chunk)
      size += chunk.length
    }
  }

  /** Writes `first` and what is left of the body to a new file. Nothing is kept in memory but one write. */
  async spool(path: string, first: Buffer): Promise<void> {
    const file = await open(path, 'wx')
    try {
      let chunks = [first]
      let size = first.length
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
        chunks.push(chunk)
        size += chunk.length
        if (size < writeBytes) continue
        await writeAll(file, chunks)
        chunks = []
        size = 0
      }
      await writeAll(file, chunks)
    } finally {
      await file.close()
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { value } = await this.#chunks.next().catch(brokenBody)
    this.#readBytes += value?.length ?? 0
    if (this.#readBytes <= this.#limitBytes) return value
    throw DatabaseException.of(
      'TOO_MANY_BYTES',
      `The request body is larger than ${this.#limitBytes} bytes: send smaller inserts, or start the server with a higher --max-body-bytes.`,
    )
  }
}

async function writeAll(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const filled = chunks.filter((chunk) => chunk.length > 0)
  if (filled.length === 0) return
  const size = filled.reduce((sum, chunk) => sum + chunk.length, 0)
  const { bytesWritten } = await file.writev(filled)
  if (bytesWritten < size) await file.appendFile(Buffer.concat(filled).subarray(bytesWritten))
}

function decompressed(message: IncomingMessage): Readable {
  const decoder = decoderOf((message.headers['content-encoding'] ?? 'identity').trim().toLowerCase())
  // pipeline, not pipe: a client that goes away must end the decoder too, or its reader would wait for ever.
  return decoder === undefined ? message : pipeline(message, decoder, () => undefined)
}

function decoderOf(encoding: string): Transform | undefined {
  switch (encoding) {
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      throw unsupported(`Content-Encoding ${encoding}`, 'use gzip, deflate or br')
  }
}

function brokenBody(cause: unknown): never {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code?.startsWith('Z_') === true || code?.startsWith('ERR_') === true || code?.startsWith('ERR__') === true) {
    throw DatabaseException.of('ZLIB_INFLATE_FAILED', `The compressed request body is broken: ${message}.`, 400)
  }
  throw DatabaseException.of('NETWORK_ERROR', `The client went away before the end of its request: ${message}.`)
}
