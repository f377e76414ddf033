import { quoted } from './check.ts'

/**
 * Texts that no event can have, though they look right: they would go unnoticed and count nothing for ever. Each function
 * says what to write instead; undefined where some event may match.
 */
export type Slip = (text: string, key: string) => string | undefined

/** Of a pattern for paths: they are absolute, and neither host nor query is in them. */
export const pathSlip: Slip = (text, key) => {
  const origin = /^[a-z][\w+.-]*:\/\/[^/?#]*/i.exec(text)?.[0] ?? ''
  const end = text.search(/[?#]/)
  const path = text.slice(origin.length, end < 0 ? undefined : end)
  const rooted = isRooted(path, key) ? path : `/${path}`
  if (origin !== '') return `a path holds no host: write ${quoted(rooted)}, and the host under host`
  if (end >= 0) {
    const instead = path === '' ? '' : `write ${quoted(rooted)}, and `
    return `a path holds no query: ${instead}match what is behind it by url: { regex: … }`
  }
  // An empty text is a problem of its own.
  return rooted === path || text === '' ? undefined : `a path begins with a slash: write ${quoted(rooted)}`
}

function isRooted(path: string, key: string): boolean {
  return key === 'suffix' || path.startsWith('/') || (key === 'glob' && path.startsWith('*'))
}

/** Of a pattern for hosts. */
export const hostSlip: Slip = (text) =>
  /\/|[^:]:\d+$/.test(text) ? `a host is a name alone: write ${quoted(hostIn(text))}` : letterSlip(text)

/** Addresses carry a host such as `müller.example` as `xn--mller-kva.example`. */
function letterSlip(host: string): string | undefined {
  if (/^\p{ASCII}*$/u.test(host)) return undefined
  return `a host arrives in ASCII: write the xn-- form of ${quoted(host)}, which v_events shows`
}

/** Of a domain whose hosts are meant, with their subdomains: those of a page lose their `www.` before they are compared. */
export function domainSlip(text: string): string | undefined {
  const host = hostIn(text).replace(/^(?:\*?\.)*(?:www\.)*/, '')
  if (text !== '' && !/^[^\s*]+$/.test(host))
    return `expected a host such as checkout.shop.example, got ${quoted(text)}`
  if (host === text.toLowerCase()) return letterSlip(host)
  return `a domain is a name alone, and its subdomains are included: write ${quoted(host)}`
}

/** The host in an address, or in what is meant to be one. */
function hostIn(text: string): string {
  const [, host = ''] = /^(?:(?:[a-z][\w+.-]*:)?\/\/)?(?:[^/?#@]*@)?([^/?#:]*)/i.exec(text.trim()) ?? []
  return host.toLowerCase().replace(/\.+$/, '')
}
