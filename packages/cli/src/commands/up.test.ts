import { describe, expect, it } from '@jest/globals'
import { readSites } from './up.ts'

describe('--sites', () => {
  it('takes several keys of one site', () => {
    expect(readSites('a=shop,b=shop,c=blog')).toEqual({ a: 'shop', b: 'shop', c: 'blog' })
  })

  it.each([
    ['a=shop,a=blog', 'key "a" is given twice'],
    ['a=shop,', '"" must read key=site'],
    ['a=b=c', '"a=b=c" must read key=site'],
  ])('refuses %s', (given, said) => {
    expect(() => readSites(given)).toThrow(said)
  })
})
