import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { DatabaseException } from './errors.ts'
import type { Pair } from './request.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * Checks who asks: Basic authentication, `X-ClickHouse-User`/`-Key`, or `user`/`password` in the URL; none means user `default`
 * with an empty password. @throws DatabaseException 516 (HTTP 403)
 */
export function authenticate(message: IncomingMessage, parameters: readonly Pair[], expected: Credentials): void {
  const given = [fromBasic(message), fromHeaders(message), fromUrl(parameters)].filter((found) => found !== undefined)
  if (given.length > 1) throw failed('it is not allowed to send credentials in several ways at once')
  const { user, password } = given[0] ?? { user: 'default', password: '' }
  // Both are always compared, so that the time taken does not tell which one was wrong.
  const right = [isSame(user, expected.user), isSame(password, expected.password)]
  if (right.includes(false)) {
    throw failed(`${user}: password is incorrect, or there is no user with such name`)
  }
}

function fromBasic(message: IncomingMessage): Credentials | undefined {
  const value = message.headers.authorization
  if (value === undefined) return undefined
  const [scheme, encoded] = value.split(' ')
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) {
    throw failed(`the authorization scheme '${scheme ?? ''}' is not supported, use Basic`)
  }
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function fromHeaders(message: IncomingMessage): Credentials | undefined {
  const user = message.headers['x-clickhouse-user']
  const key = message.headers['x-clickhouse-key']
  if (typeof user !== 'string' && typeof key !== 'string') return undefined
  return { user: typeof user === 'string' ? user : 'default', password: typeof key === 'string' ? key : '' }
}

function fromUrl(parameters: readonly Pair[]): Credentials | undefined {
  const given = new Map(parameters)
  const [user, password] = [given.get('user'), given.get('password')]
  return user === undefined && password === undefined
    ? undefined
    : { user: user ?? 'default', password: password ?? '' }
}

function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function failed(reason: string): DatabaseException {
  return DatabaseException.of('AUTHENTICATION_FAILED', `Authentication failed: ${reason}.`)
}
