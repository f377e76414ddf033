import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { compileGlob } from './glob.ts'

describe('globs', () => {
  it.each([
    ['/pricing', '/pricing', true],
    ['/pricing', '/pricing/team', false],
    ['/p/*', '/p/shoes', true],
    ['/p/*', '/p/', true],
    ['/p/*', '/p/shoes/red', false],
    ['/p/*/reviews', '/p/shoes/reviews', true],
    ['/docs/**', '/docs/a/b/c', true],
    ['/docs/**', '/docs/', true],
    ['/docs/**', '/docs', false],
    ['**/checkout', '/de/shop/checkout', true],
    ['/*/cart*', '/de/cart-2', true],
    ['/a+b(c).html', '/a+b(c).html', true],
    ['', '', true],
    ['*', '/', false],
    ['**', '/anything/at all', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(compileGlob(pattern, '/')(path)).toBe(expected)
  })

  it.each([
    ['*.shop.example', '.', 'de.shop.example', true],
    ['*.shop.example', '.', 'm.de.shop.example', false],
    ['Offer * today', '', 'Offer a/b.c today', true],
  ])('%s with separator "%s" on %s: %s', (pattern, separator, text, expected) => {
    expect(compileGlob(pattern, separator)(text)).toBe(expected)
  })

  it('agree with the regular expression they stand for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 8 })
    const path = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 10 })
    fc.assert(
      fc.property(text, path, (pattern, sent) => {
        const source = pattern.replaceAll('**', '<any>').replaceAll('*', '[^/]*').replaceAll('<any>', '.*')
        expect(compileGlob(pattern, '/')(sent)).toBe(new RegExp(`^${source}$`).test(sent))
      }),
      { numRuns: 2_000 },
    )
  })

  it('take time linear in the path, whatever the pattern', () => {
    const glob = compileGlob('**a*a*a*a*a*a*a*a*a*b', '/')
    expect(glob('a'.repeat(32_000))).toBe(false)
  })
})
