import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { listedHosts, listedHostsPath } from '../../../../scripts/sources/listed-hosts.mjs'
import { hostEntry, isPaymentHost, sourceEntry } from './source-table.ts'
import { paymentHosts } from './payment-hosts.ts'

const data = process.env['CAIRN_DATA'] ?? '../shared/data'

describe('known sources', () => {
  it.each([
    ['www.google.co.uk', 'search'],
    ['a.b.google.de', 'search'],
    ['google.example.com', undefined],
    ['google.com.evil.example', undefined],
    ['maps.google.com', 'search'],
    ['docs.google.com', 'other'],
    ['x.docs.google.com', 'other'],
    ['mail.google.com', 'email'],
    ['gemini.google.com', 'assistant'],
    ['shopping.google.com', 'shopping'],
    ['mail.yandex.ru', 'search'],
    ['com.google.android.youtube', 'video'],
    ['com.google.android.unknown', undefined],
    ['', undefined],
    ['com', undefined],
    [`${'a.'.repeat(121)}google.com`, 'search'],
    [`${'a.'.repeat(122)}google.com`, undefined],
  ])('host %j is %s', (host, category) => {
    expect(hostEntry(host)?.category).toBe(category)
  })

  it.each([
    ['Google Shopping', 'shopping'],
    ['FB', 'social'],
    ['blogger', 'social'],
    ['blogger.com', 'social'],
    ['mojeek', undefined],
    ['chatgpt', 'assistant'],
  ])('source %j is %s', (source, category) => {
    expect(sourceEntry(source)?.category).toBe(category)
  })

  /** When this fails, the module is older than the package or its generator: npm run sources */
  it('are those of the package as it is installed', () => {
    const path = join(import.meta.dirname, '../../../..', listedHostsPath)
    expect(readFileSync(path, 'utf8')).toBe(listedHosts())
  })
})

describe('payment hosts', () => {
  const channels = readFileSync(join(import.meta.dirname, '../../../../docs/channels.md'), 'utf8')

  it.each([
    ...['payments.amazon.de', 'payments.amazon.co.uk', 'pay.amazon.com', 'pay.amazon.eu', 'apay-us.amazon.com'],
    ...['payments-eu.amazon.com', 'www.saferpay.com', 'pay.datatrans.com', 'payment.unzer.com', 'secure.pay1.de'],
    ...['centinelapi.cardinalcommerce.com', 'german-3dsecure.wlp-acs.com', 'www.computop-paygate.com'],
    ...['payport.novalnet.de', 'secure.ogone.com', 'payv2.multisafepay.com', 'live.opayo.eu.elavon.com'],
    ...['secure.payu.com', 'pay.twint.ch', 'checkout.postfinance.ch', 'sis.redsys.es', 'pay.klarna.com'],
  ])('are where a buyer goes to pay: %s', (host) => {
    expect(isPaymentHost(host)).toBe(true)
  })

  it.each([
    ...['amazon.de', 'www.amazon.de', 'payments.amazon.example', 'mypay.amazon.de', 'pay.amazon.example.com'],
    ...['pay.google.de', 'google.com', 'www.postfinance.ch', 'notdatatrans.com', 'amazon.', '.amazon.de', ''],
  ])('are not what only looks alike: %j', (host) => {
    expect(isPaymentHost(host)).toBe(false)
  })

  it('are all in docs/channels.md, which lists no other', () => {
    const section = channels.slice(channels.indexOf('## Payment services'), channels.indexOf('## Known sources'))
    const listed = [...section.matchAll(/`([^` ]+\.[^` ]+)`/g)].map(([, host]) => String(host))
    const below = paymentHosts.belowAmazon.split(/\s+/).map((name) => `${name}.amazon.*`)
    const known = `${paymentHosts.services} ${paymentHosts.confirmation}`.trim().split(/\s+/)
    expect(listed.toSorted()).toEqual([...known, ...below].toSorted())
    expect(new Set(known).size).toBe(known.length)
  })
})

describe('published lists', () => {
  const google = join(data, 'ga4-source-categories/ga4_source_categories.velir-dbt-ga4.csv')
  const whenGoogle = existsSync(google) ? it : it.skip
  whenGoogle(`Google's: each source has its category (skipped without ${google})`, () => {
    const [, ...lines] = readFileSync(google, 'utf8').trim().split('\n')
    const listed = lines.map((line) => line.trim().split(',') as [string, string])
    const expected = listed.map(([source, name]) => [source, name.replace('SOURCE_CATEGORY_', '').toLowerCase()])
    expect(expected.length).toBeGreaterThan(800)
    expect(listed.map(([source]) => [source, sourceEntry(source)?.category])).toEqual(expected)
  })

  /** What a host alone can't tell. */
  const remainder: Readonly<Record<string, string>> = {
    'x.com/i/grok': 'an assistant under a path of a network, which the host stands for',
    'login.live.com': 'where users of Microsoft sign in, no network since 2013',
    'apollo.lv/portal/search/': 'a portal of which only this path is an engine',
    'linkedin.android': 'no package name; the app is com.linkedin.android',
    'android-app//com.google.android.googlequicksearchbox/https/www.google.com':
      'no URL; the app is com.google.android.googlequicksearchbox',
  }

  const lists = [
    ['SearchEngines', ['search', 'assistant', 'email', 'social', 'video']],
    ['Socials', ['social', 'video']],
    ['AIAssistants', ['assistant']],
  ] as const
  for (const [name, categories] of lists) {
    const file = join(data, 'matomo-source-lists', `${name}.yml`)
    const whenMatomo = existsSync(file) ? it : it.skip
    whenMatomo(`Matomo’s: ${name} are recognised (skipped without ${file})`, () => {
      const addresses = addressesOf(readFileSync(file, 'utf8'), name === 'SearchEngines')
      expect(addresses.length).toBeGreaterThan(20)
      const unknown = addresses
        .filter((address) => !(address in remainder))
        .map((address) => [address, hostEntry(hostOf(address))?.category])
        .filter(([, category]) => !(categories as readonly (string | undefined)[]).includes(category))
      expect(unknown).toEqual([])
    })
  }
})

/** `{}` stands for a country: below a host its code, at the end its domain. */
function hostOf(address: string): string {
  return (address.split('/')[0] ?? '')
    .replace(/^\{\}\./, 'de.')
    .replace('.{}.', '.de.')
    .replace('.{}', '.co.uk')
}

/** Addresses in one of Matomo's YAML lists; engines keep them under `urls`, beside parameters. */
function addressesOf(yaml: string, underUrls: boolean): readonly string[] {
  const found: string[] = []
  let isUrl = !underUrls
  for (const line of yaml.split('\n')) {
    const key = /^\s+(?:- +)?(\w+):/.exec(line)?.[1]
    if (key !== undefined) isUrl = key === 'urls'
    const item = /^\s+- '?([^\s':]+)'?$/.exec(line)?.[1]
    if (isUrl && item !== undefined) found.push(item)
  }
  return found
}
