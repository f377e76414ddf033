import { currencyCode, sitePattern } from '@cairn/domain'
import type { WriteKey } from './segment/arrival.ts'

export type WriteKeys =
  | { readonly ok: true; readonly keys: ReadonlyMap<string, WriteKey> }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Reads write keys, either as `key=site[:server]` separated by commas, or, from a configuration file, as a mapping of
 * each key to `{ site, server?, default_currency? }`.
 */
export function readWriteKeys(text: string): WriteKeys {
  const problems: string[] = []
  const given = text.trimStart().startsWith('{') ? fromMapping(text, problems) : fromList(text, problems)
  const keys = new Map<string, WriteKey>()
  for (const [name, key] of given) {
    problems.push(...problemsOf(name, key))
    if (keys.has(name)) problems.push(`key "${name}" is given twice`)
    keys.set(name, key)
  }
  if (keys.size === 0 && problems.length === 0) problems.push('names no key; give at least one as key=site')
  return problems.length === 0 ? { ok: true, keys } : { ok: false, problems }
}

function fromList(text: string, problems: string[]): (readonly [string, WriteKey])[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*([^=\s]+)=([^:\s]+)(:server)?\s*$/.exec(part)
    if (match === null) {
      problems.push(`"${part.trim()}" must read key=site or key=site:server`)
      return []
    }
    const [, name = '', site = '', server] = match
    return [[name, { site, server: server !== undefined, defaultCurrency: '' }] as const]
  })
}

function fromMapping(text: string, problems: string[]): (readonly [string, WriteKey])[] {
  let mapping: Readonly<Record<string, unknown>>
  try {
    mapping = JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    problems.push('is neither a list of key=site nor a mapping')
    return []
  }
  return Object.entries(mapping).flatMap(([name, fields]) => {
    const key = keyOf(fields)
    if (typeof key !== 'string') return [[name, key] as const]
    problems.push(`key "${name}" ${key}`)
    return []
  })
}

/** The key, or what is wrong with its fields. */
function keyOf(fields: unknown): WriteKey | string {
  if (typeof fields !== 'object' || fields === null) return 'must have a mapping with "site"'
  const { site, server = false, default_currency: currency = '', ...others } = fields as Record<string, unknown>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return `has no setting "${unknown}"; known are site, server and default_currency`
  if (typeof site !== 'string') return 'needs "site"'
  if (typeof server !== 'boolean') return 'needs true or false as "server"'
  if (typeof currency !== 'string') return 'needs an ISO 4217 code such as EUR as "default_currency"'
  return { site, server, defaultCurrency: currency }
}

function problemsOf(name: string, { site, defaultCurrency }: WriteKey): string[] {
  const problems: string[] = []
  if (name.includes(':')) problems.push(`key "${name}" must not contain ":", which ends it in Basic authentication`)
  if (!sitePattern.test(site)) problems.push(`site "${site}" must be up to 64 letters, digits, ".", "_" and "-"`)
  if (defaultCurrency !== '' && currencyCode(defaultCurrency) === undefined)
    problems.push(`key "${name}": default_currency "${defaultCurrency}" is not an ISO 4217 code such as EUR`)
  return problems
}
