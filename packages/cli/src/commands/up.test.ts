import { describe, expect, it } from '@jest/globals'
import { readSites } from './up.ts'

describe('--sites', () => {
  it('takes several keys of one site', () => {
    expect(readSites('a=shop,b=shop,c=blog')).toEqual({ a: 'shop', b: 'shop', c: 'blog' })
  })

  it('takes a key of a back end', () => {
    expect(readSites('a=shop:server')).toEqual({ a: 'shop:server' })
  })

  it.each([
    ['a=shop,a=blog', 'key "a" is given twice'],
    ['a=shop,', '"" must read key=site'],
    ['a=b=c', '"a=b=c" must read key=site'],
    ['a=my shop', 'site "my shop" must be up to 64 letters'],
    ['a=b:client', 'site "b:client" must be'],
  ])('refuses %s', (given, said) => {
    expect(() => readSites(given)).toThrow(said)
  })
})
