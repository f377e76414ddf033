/** The write key in an Authorization header: the user name of Basic authentication; empty when there is none. */
export function writeKeyOf(authorization: string | undefined): string {
  const match = authorization === undefined ? null : /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization)
  if (match === null) return ''
  const pair = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? pair : pair.slice(0, colon)
}
