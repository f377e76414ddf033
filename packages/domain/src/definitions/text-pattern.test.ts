import { describe, expect, it } from '@jest/globals'
import { Check } from './check.ts'
import { domainSlip, hostSlip, pathSlip } from './slips.ts'
import { readPattern, type TextKind } from './text-pattern.ts'

const path = { separator: '/', isLowerCase: false, slip: pathSlip }
const host = { separator: '.', isLowerCase: true, slip: hostSlip }

function read(json: unknown, kind: TextKind = path): { matches: (text: string) => boolean; problems: string[] } {
  const check = new Check()
  const matches = readPattern(check, json, ['at'], kind)
  return { matches, problems: check.problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`) }
}

describe('patterns', () => {
  it.each([
    ['/a', '/a', true],
    ['/a', '/A', false],
    [['/a', '/b'], '/b', true],
    [{ exact: '/a' }, '/a/', false],
    [{ prefix: ['/x', '/a'] }, '/a/b', true],
    [{ suffix: '.pdf' }, '/a.pdf', true],
    [{ suffix: '.pdf' }, '/a.pdf/', false],
    [{ glob: ['/a/*', '/b/**'] }, '/b/c/d', true],
    [{ regex: ['^/a', 'd$'] }, '/b/d', true],
    [{ regex: '^/a', suffix: '/b' }, '/a/b', true],
    [{ regex: '^/a', suffix: '/b' }, '/a/c', false],
  ])('%j on %s: %s', (pattern, text, expected) => {
    const { matches, problems } = read(pattern)
    expect([matches(text), problems]).toEqual([expected, []])
  })

  it.each([
    ['pricing', 'at: a path begins with a slash: write "/pricing"'],
    [['/a', 'b'], 'at.1: a path begins with a slash: write "/b"'],
    [{ exact: '*' }, 'at.exact: a path begins with a slash: write "/*"'],
    [{ prefix: 'blog/' }, 'at.prefix: a path begins with a slash: write "/blog/"'],
    [{ glob: ['/a', 'b/**'] }, 'at.glob.1: a path begins with a slash: write "/b/**"'],
    ['/a?x=1', 'at: a path holds no query: write "/a", and match what is behind it by url: { regex: … }'],
    [{ suffix: '.pdf#2' }, 'at.suffix: a path holds no query: write ".pdf", and match what is behind it by url: { regex: … }'], // prettier-ignore
    [{ suffix: '?x=1' }, 'at.suffix: a path holds no query: match what is behind it by url: { regex: … }'],
    ['https://shop.example/a', 'at: a path holds no host: write "/a", and the host under host'],
    ['https://shop.example', 'at: a path holds no host: write "/", and the host under host'],
  ])('of paths that no page has are refused: %j', (pattern, problem) => {
    expect(read(pattern).problems).toEqual([problem])
  })

  it.each(['/', '//a', { glob: '*' }, { glob: '**/a' }, { suffix: 'a' }, { regex: 'a?$' }, { prefix: '/https://a' }])(
    'of paths that a page may have are none: %j',
    (pattern) => {
      expect(read(pattern).problems).toEqual([])
    },
  )

  it.each([
    ['https://Shop.example/a', 'at: a host is a name alone: write "shop.example"'],
    [{ suffix: ['.a.example', '.b.example/'] }, 'at.suffix.1: a host is a name alone: write ".b.example"'],
    ['shop.example:8080', 'at: a host is a name alone: write "shop.example"'],
    ['müller.example', 'at: a host arrives in ASCII: write the xn-- form of "müller.example", which v_events shows'],
    [{ glob: '*.müller.example' }, 'at.glob: a host arrives in ASCII: write the xn-- form of "*.müller.example", which v_events shows'], // prettier-ignore
  ])('of hosts that no page has are refused: %j', (pattern, problem) => {
    expect(read(pattern, host).problems).toEqual([problem])
  })

  it.each([
    [{ exact: 'Shop.Example' }, 'shop.example', true],
    [{ suffix: '.Shop.Example' }, 'de.shop.example', true],
    [{ glob: '*.SHOP.example' }, 'de.shop.example', true],
    [{ glob: '*.shop.example' }, 'm.de.shop.example', false],
    [{ regex: '\\D-shop\\.' }, 'a-shop.example', true],
  ])('of a host are read in lower case, expressions apart: %j on %s: %s', (pattern, text, expected) => {
    expect(read(pattern, host).matches(text)).toBe(expected)
  })

  it.each([
    [{}, 'at: expected a text, or one of exact, prefix, suffix, glob, regex'],
    [{ regexp: 'a' }, 'at.regexp: unknown key "regexp"; did you mean "regex"?'],
    [{ regex: ['a', '('] }, "at.regex.1: expected a regular expression of RE2's syntax: missing closing ): `(`"],
    [{ glob: `/${'a'.repeat(1_000)}` }, 'at.glob: expected at most 1000 characters, got 1001'],
    [{ regex: 'a'.repeat(1_001) }, 'at.regex: expected at most 1000 characters, got 1001'],
    [{ prefix: [] }, 'at.prefix: the list is empty, so it can never match'],
    [{ exact: '' }, 'at.exact: expected text, got ""'],
    [3, 'at: expected a mapping, got 3'],
  ])('are refused where they are wrong: %j', (pattern, problem) => {
    expect(read(pattern).problems[0]).toEqual(problem)
  })

  it('of a domain of the shop are refused like those of a host', () => {
    const problem = 'a host arrives in ASCII: write the xn-- form of "kasse.möbel.example", which v_events shows'
    expect([domainSlip('kasse.Möbel.example'), domainSlip('kasse.xn--mbel-5qa.example')]).toEqual([problem, undefined])
  })
})
