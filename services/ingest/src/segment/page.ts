import { textOf, type JsonObject } from './json.ts'
import { remembering } from './remembering.ts'

/** The page an event happened on. `query` is the part of the address that carries campaign and click id. */
export interface Page {
  readonly url: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly title: string
  readonly referrer: string
  readonly referrer_host: string
}

/**
 * Reads `context.page`; what is missing there is looked for in `fallback`, the properties of a page call (a product's
 * own `url` on a track call is not where the visitor was, so a track call has no fallback). A malformed address is kept
 * as text and has no host; its path is then what the client says.
 */
export function pageOf(page: JsonObject, fallback: JsonObject): Page {
  const url = first(page['url'], fallback['url'])
  const referrer = first(page['referrer'], fallback['referrer'])
  const address = parseAddress(url)
  return {
    url,
    host: address.host,
    path: address.path === '' ? first(page['path'], fallback['path']) : address.path,
    query: address.query === '' ? first(page['search'], fallback['search']).replace(/^\?/, '') : address.query,
    title: first(page['title'], fallback['title']),
    referrer,
    referrer_host: parseAddress(referrer).host,
  }
}

function first(value: unknown, otherwise: unknown): string {
  const text = textOf(value)
  return text === '' ? textOf(otherwise) : text
}

interface Address {
  readonly host: string
  readonly path: string
  readonly query: string
}

/** Host in lower case, path and raw query of an absolute address, or of one that begins at the root of its host. */
export function parseAddress(text: string): Address {
  const hash = text.indexOf('#')
  const whole = hash < 0 ? text : text.slice(0, hash)
  const mark = whole.indexOf('?')
  const { host, path } = placeOf(mark < 0 ? whole : whole.slice(0, mark))
  return { host, path, query: mark < 0 ? '' : whole.slice(mark + 1) }
}

interface Place {
  readonly host: string
  readonly path: string
}

const nowhere: Place = { host: '', path: '' }

/** A shop has few pages and few pages refer to it, so most addresses differ only in their query. */
const placeOf = remembering((address): Place => {
  if (address === '') return nowhere
  const isRooted = address.startsWith('/') && !address.startsWith('//')
  const base = isRooted ? 'http://localhost' : undefined
  if (!URL.canParse(address, base)) return nowhere
  const { hostname, pathname } = new URL(address, base)
  // Of android-app: URLs, whose host is a package name, the parser leaves the case as it is.
  return { host: isRooted ? '' : hostname.toLowerCase(), path: pathname }
})
