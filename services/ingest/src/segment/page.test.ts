import { describe, expect, it } from '@jest/globals'
import { pageOf, parseAddress } from './page.ts'

describe('an address', () => {
  it.each([
    ['https://Shop.Example/p/1?a=b#top', 'shop.example', '/p/1', 'a=b'],
    ['https://shop.example', 'shop.example', '/', ''],
    ['https://shop.example?a=b?c', 'shop.example', '/', 'a=b?c'],
    ['https://shop.example/#?a=b', 'shop.example', '/', ''],
    ['https://user:pass@shop.example:8443/p', 'shop.example', '/p', ''],
    ['https://bücher.example/é', 'xn--bcher-kva.example', '/%C3%A9', ''],
    ['https://shop.example/a/../b/./c', 'shop.example', '/b/c', ''],
    ['android-app://com.google.android.gm/', 'com.google.android.gm', '/', ''],
    ['android-app://com.Example.App/', 'com.example.app', '/', ''],
    ['/home?a=b', '', '/home', 'a=b'],
    ['', '', '', ''],
  ])('%s has its host, path and query', (text, host, path, query) => {
    expect(parseAddress(text)).toEqual({ host, path, query })
  })

  it.each(['http://', 'https://[::1', 'http://a b/', '//shop.example/p', 'shop.example/p', 'https://x:99999/', '%%%'])(
    'that is malformed has no host: %s',
    (url) => {
      expect(parseAddress(url)).toMatchObject({ host: '', path: '' })
    },
  )
})

describe('a page', () => {
  it('whose address is malformed keeps it as text and has the path the client names', () => {
    expect(pageOf({ url: 'https://[', path: '/p' }, {})).toMatchObject({ url: 'https://[', host: '', path: '/p' })
  })

  it('is filled from the fallback field by field', () => {
    const page = pageOf(
      { url: 'https://a.example/p' },
      { url: 'https://b.example/q', title: 'T', referrer: 'https://c.example' },
    )
    expect(page).toMatchObject({ host: 'a.example', path: '/p', title: 'T', referrer_host: 'c.example' })
  })

  it('whose client gives the query apart has that query', () => {
    expect(pageOf({ path: '/p', search: '?utm_source=a' }, {})).toMatchObject({ path: '/p', query: 'utm_source=a' })
  })

  it('has nothing where the fields are not text', () => {
    const nothing = { url: '', host: '', path: '', query: '', title: '', referrer: '', referrer_host: '' }
    expect(pageOf({ url: {}, referrer: [], title: null }, {})).toEqual(nothing)
  })
})
