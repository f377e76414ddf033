import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib'

export type Inflated =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly reason: 'batch_too_large' | 'unsupported_encoding' | 'invalid_encoding' }

type Inflate = (input: InputType, options: ZlibOptions) => Promise<Buffer>

const inflaters: ReadonlyMap<string, Inflate> = new Map<string, Inflate>([
  ['gzip', promisify<InputType, ZlibOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<InputType, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<InputType, ZlibOptions, Buffer>(inflate)],
  ['br', promisify<InputType, ZlibOptions, Buffer>(brotliDecompress)],
])

/** The body without its content encoding. Stops at `limit` bytes: a few compressed bytes can mean gigabytes. */
export async function inflated(body: Buffer, encoding: string | undefined, limit: number): Promise<Inflated> {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return { ok: true, body }
  const inflate = inflaters.get(name)
  if (inflate === undefined) return { ok: false, reason: 'unsupported_encoding' }
  try {
    return { ok: true, body: await inflate(body, { maxOutputLength: limit }) }
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return { ok: false, reason: tooLarge ? 'batch_too_large' : 'invalid_encoding' }
  }
}
