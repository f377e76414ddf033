import { describe, expect, it } from '@jest/globals'
import { loadIngestConfig } from './config.ts'
import { readWriteKeys } from './write-keys.ts'

const least = { KAFKA_BROKERS: '127.0.0.1:9092', WRITE_KEYS: 'dev=shop' }

describe('the configuration', () => {
  it('needs only brokers and write keys', () => {
    const loaded = loadIngestConfig(least)
    expect(loaded).toMatchObject({ ok: true, config: { HOST: '127.0.0.1', PORT: 8080, TRUST_PROXY: false } })
  })

  it('names all problems at once', () => {
    const loaded = loadIngestConfig({ WRITE_KEYS: 'a', PORT: '99999', TRUST_PROXY: 'proxy', MAX_QUEUE_BYTES: '1' })
    const names = loaded.ok ? [] : loaded.problems.map((problem) => problem.split(':')[0])
    expect(new Set(names)).toEqual(new Set(['KAFKA_BROKERS', 'WRITE_KEYS', 'PORT', 'TRUST_PROXY', 'MAX_QUEUE_BYTES']))
  })

  it.each([
    ['true', true],
    ['false', false],
    ['10.0.0.1,192.168.0.0/16,::1', '10.0.0.1,192.168.0.0/16,::1'],
  ])('trusts the proxies %s', (text, expected) => {
    expect(loadIngestConfig({ ...least, TRUST_PROXY: text })).toMatchObject({ config: { TRUST_PROXY: expected } })
  })
})

describe('write keys', () => {
  it('are a list of key=site, a server’s marked', () => {
    const read = readWriteKeys('dev=shop, srv=shop:server')
    expect(read.ok ? [...read.keys] : read.problems).toEqual([
      ['dev', { site: 'shop', server: false, defaultCurrency: '' }],
      ['srv', { site: 'shop', server: true, defaultCurrency: '' }],
    ])
  })

  it('are a mapping in a file, where they can have a default currency', () => {
    const read = readWriteKeys('{"dev":{"site":"shop","default_currency":"EUR"},"srv":{"site":"shop","server":true}}')
    expect(read.ok ? [...read.keys.values()] : read.problems).toEqual([
      { site: 'shop', server: false, defaultCurrency: 'EUR' },
      { site: 'shop', server: true, defaultCurrency: '' },
    ])
  })

  it.each([
    ['', 'must read key=site'],
    ['a=b=c:other', 'must read key=site'],
    ['a=s,a=s', 'given twice'],
    ['a=sh/op', 'site "sh/op" must be'],
    ['k:1=shop', 'must not contain ":"'],
    ['{}', 'names no key'],
    ['{"a":', 'neither a list'],
    ['{"a":{"site":"s","currency":"EUR"}}', 'no setting "currency"'],
    ['{"a":{"site":"s","default_currency":"Euro"}}', 'is not an ISO 4217 code'],
    ['{"a":"s"}', 'must have a mapping'],
  ])('%s are refused', (text, problem) => {
    const read = readWriteKeys(text)
    expect(read.ok ? 'accepted' : read.problems.join('\n')).toContain(problem)
  })
})
