import { DatabaseException, unsupported } from './errors.ts'
import { utf8, type Pair } from './request.ts'

/**
 * Reads a form (RFC 7578) with the query and its parameters, which `@clickhouse/client` sends when they are too long for a URL.
 * Parts with a file name are external tables, which are refused.
 */
export function parseForm(body: Buffer, contentType: string): Pair[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  if (boundary === undefined) throw broken('its Content-Type names no boundary')
  // latin1 keeps one character a byte, so that values come out as they were sent.
  const pieces = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  if (pieces.at(-1)?.startsWith('--') !== true) throw broken('its last boundary is missing')
  return pieces.slice(1, -1).map(parsePart)
}

function parsePart(piece: string): Pair {
  const blank = piece.indexOf('\r\n\r\n')
  if (blank < 0) throw broken('a part has no headers')
  const headers = piece.slice(0, blank)
  const name = /content-disposition:[^\r\n]*;\s*name="([^"]*)"/i.exec(headers)?.[1]
  if (name === undefined) throw broken('a part has no name')
  if (/;\s*filename=/i.test(headers))
    throw unsupported('External data (a form with files)', 'insert it into a table first')
  return [
    name,
    utf8(Buffer.from(piece.slice(blank + 4), 'latin1'), `The part ${name} contains bytes that are not UTF-8`),
  ]
}

function broken(reason: string): DatabaseException {
  return DatabaseException.of('BAD_ARGUMENTS', `The multipart/form-data body cannot be read: ${reason}.`)
}
