import { textOf, type JsonObject } from './json.ts'

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

const nowhere: Address = { host: '', path: '', query: '' }

/** Host in lower case, path and raw query of an absolute address, or of one that begins at the root of its host. */
export function parseAddress(text: string): Address {
  if (text === '') return nowhere
  const rooted = text.startsWith('/') && !text.startsWith('//')
  if (!rooted && !URL.canParse(text)) return nowhere
  if (rooted && !URL.canParse(text, 'http://localhost')) return nowhere
  const { hostname, pathname, search } = rooted ? new URL(text, 'http://localhost') : new URL(text)
  return { host: rooted ? '' : hostname, path: pathname, query: search.slice(1) }
}
