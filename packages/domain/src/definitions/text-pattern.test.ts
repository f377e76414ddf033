import { describe, expect, it } from '@jest/globals'
import { Check } from './check.ts'
import { readPattern } from './text-pattern.ts'

const path = { separator: '/', isLowerCase: false }
const host = { separator: '.', isLowerCase: true }

function read(json: unknown, kind = path): { matches: (text: string) => boolean; problems: string[] } {
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
    [{ glob: 'a'.repeat(1_001) }, 'at.glob: expected at most 1000 characters, got 1001'],
    [{ regex: 'a'.repeat(1_001) }, 'at.regex: expected at most 1000 characters, got 1001'],
    [{ prefix: [] }, 'at.prefix: the list is empty, so it can never match'],
    [{ exact: '' }, 'at.exact: expected text, got ""'],
    [3, 'at: expected a mapping, got 3'],
  ])('are refused where they are wrong: %j', (pattern, problem) => {
    expect(read(pattern).problems[0]).toEqual(problem)
  })
})
