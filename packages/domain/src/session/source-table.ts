import { listedHosts } from './listed-hosts.ts'
import { paymentHosts } from './payment-hosts.ts'
import { sourceLists, type SourceCategory } from './source-list.ts'

export interface SourceEntry {
  /** The source a visit from there has; empty where it is the host itself. */
  readonly name: string
  readonly category: SourceCategory
}

const payments: ReadonlySet<string> = new Set(words(`${paymentHosts.services} ${paymentHosts.confirmation}`))
const amazonPayments: ReadonlySet<string> = new Set(words(paymentHosts.belowAmazon))

const byName = new Map<string, SourceEntry>()
const byHost = new Map<string, SourceEntry>()
const byBrand = new Map<string, SourceEntry>()

/** Later ones replace earlier ones: the domain's own list comes after the one it takes from others. */
for (const category of ['search', 'email', 'other'] as const) addHosts(listedHosts[category], { name: '', category })
for (const category of ['search', 'social', 'video', 'shopping', 'assistant', 'email', 'other'] as const) {
  const { named, both, names, hosts } = sourceLists[category]
  const unnamed = { name: '', category }
  addHosts(hosts, unnamed)
  for (const name of words(names)) byName.set(name, unnamed)
  for (const name of words(both)) {
    byName.set(name, unnamed)
    byHost.set(`${name}.com`, unnamed)
  }
  for (const [name, ...places] of named) {
    const entry = { name, category }
    byName.set(name, entry)
    for (const host of places) addHost(host, entry)
  }
}

function addHosts(list: string, entry: SourceEntry): void {
  for (const host of words(list)) addHost(host, entry)
}

function addHost(host: string, entry: SourceEntry): void {
  if (host.endsWith('.*')) byBrand.set(host.slice(0, -2), entry)
  else byHost.set(host, entry)
}

function words(list: string): readonly string[] {
  return list.split(/\s+/).filter((word) => word !== '')
}

/** The entry of a host or of the nearest domain above it. */
export function hostEntry(host: string): SourceEntry | undefined {
  return walkUp(host, listedEntry) ?? walkUp(host, brandEntry)
}

/** The entry of a source as campaigns write it: a name or a host, in any case. */
export function sourceEntry(source: string): SourceEntry | undefined {
  const lower = source.toLowerCase()
  return byName.get(lower) ?? (lower.includes('.') ? hostEntry(lower) : undefined)
}

/** Whether a visit that comes from there came from nowhere new: a buyer who comes back from paying. */
export function isPaymentHost(host: string): boolean {
  return walkUp(host, paymentHost) !== undefined
}

function listedEntry(domain: string): SourceEntry | undefined {
  return byHost.get(domain)
}

function paymentHost(domain: string): string | undefined {
  return payments.has(domain) || isAmazonPay(domain) ? domain : undefined
}

/** `payments.amazon.de`, `pay.amazon.co.uk`, … */
function isAmazonPay(domain: string): boolean {
  const dot = domain.indexOf('.amazon.')
  return dot > 0 && amazonPayments.has(domain.slice(0, dot)) && COUNTRY.test(domain.slice(dot + '.amazon'.length))
}

/** `brand.tld` or `brand.co.tld`: what follows the brand is at most two short labels, so `google.example.com` is none. */
function brandEntry(domain: string): SourceEntry | undefined {
  const dot = domain.indexOf('.')
  const entry = dot < 0 ? undefined : byBrand.get(domain.slice(0, dot))
  return entry !== undefined && COUNTRY.test(domain.slice(dot)) ? entry : undefined
}

const COUNTRY = /^(?:\.[^.]{1,3}){1,2}$/

/** The first answer for the host itself, then for each domain above it. */
function walkUp<T>(host: string, lookup: (domain: string) => T | undefined): T | undefined {
  // No host is longer. A campaign's source may be any text, and one of thousands of labels would take seconds.
  if (host.length > 253) return undefined
  let domain = host
  for (;;) {
    const found = lookup(domain)
    if (found !== undefined) return found
    const dot = domain.indexOf('.')
    if (dot < 0) return undefined
    domain = domain.slice(dot + 1)
  }
}
