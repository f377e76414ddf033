import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { compileRegex } from './regex.ts'

function matches(source: string, text: string): boolean {
  const compiled = compileRegex(source)
  if (!compiled.ok) throw new Error(compiled.reason)
  return compiled.test(text)
}

describe('regular expressions', () => {
  it.each([
    ['cart', '/de/cart/2', true],
    ['^cart', '/de/cart/2', false],
    ['^/p-\\d+$', '/p-17', true],
    ['^/p-\\d+$', '/p-17\n', false],
    ['(?i)THANK-YOU', '/Thank-You', true],
    ['^(?:/de|/at)?/kasse$', '/at/kasse', true],
    ['\\pL+ß', 'straße', true],
    ['^.$', '🛒', true],
  ])('%s on %j: %s', (source, text, expected) => {
    expect(matches(source, text)).toBe(expected)
  })

  it('agree with those of JavaScript where both have them', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|bb)', '(?:ab)', '\\d', '^', '$')
    const part = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}')).map(([a, repeat]) => {
      return a === '^' || a === '$' ? a : a + repeat
    })
    const source = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
    // Several for each expression, which remembers what it has seen.
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), maxLength: 10 }), { maxLength: 10 })
    fc.assert(
      fc.property(source, texts, (pattern, sent) => {
        const compiled = compileRegex(pattern)
        const expected = sent.map((text) => new RegExp(pattern).test(text))
        expect(sent.map((text) => compiled.ok && compiled.test(text))).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  // JavaScript's own would take longer than the universe is old.
  it.each(['(a+)+$', '(?:a|aa)+$', '(a*)*c|(a*)*$d', '^(?:.?){100}a{100}c'])(
    '%s ends within milliseconds on 32 KB that almost match',
    (source) => {
      const compiled = compileRegex(source)
      const started = performance.now()
      expect(compiled.ok && compiled.test(`${'a'.repeat(32 * 1024 - 1)}b`)).toBe(false)
      expect(performance.now() - started).toBeLessThan(1_000)
    },
  )

  it('take time linear in the text even where nothing is remembered between texts', () => {
    const compiled = compileRegex('[ab]*a[ab]{400}c$')
    let random = 7
    const letters = Array.from({ length: 32 * 1024 }, () => {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      return random & 256 ? 'a' : 'b'
    })
    const time = (length: number): number => {
      const text = `${letters.slice(0, length).join('')}cx`
      const started = performance.now()
      expect(compiled.ok && compiled.test(text)).toBe(false)
      return performance.now() - started
    }
    time(1_024)
    const [half, whole] = [time(16 * 1024), time(32 * 1024)]
    // Quadratic time would be four times as long; the machine may be busy.
    expect(whole).toBeLessThan(half * 3 + 250)
  })

  it.each([
    ['a(', 'missing closing ): `a(`'],
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['(?=a)b', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?:[ab]{500}){2}', 'it comes to 1002 steps, at most 1000 are allowed'],
  ])('%s are refused with the reason', (source, reason) => {
    expect(compileRegex(source)).toEqual({ ok: false, reason })
  })
})
