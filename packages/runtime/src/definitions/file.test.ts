import { describe, expect, it } from '@jest/globals'
import { readDefinitions } from './file.ts'

/** Each problem as `line:column path message`. */
function problemsOf(text: string): string[] {
  const read = readDefinitions(text)
  return read.ok ? [] : read.problems.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`)
}

describe('a definitions file in order', () => {
  it('is returned as JSON whose keys are sorted, whatever their order in the file', () => {
    const [one, other] = ['session: { grace: 1h, gap: 1m }\ngoals: []', 'goals: []\nsession:\n  gap: 1m\n  grace: 1h\n']
    const json = '{"goals":[],"session":{"gap":"1m","grace":"1h"}}'
    expect([one, other].map(readDefinitions)).toEqual(
      [one, other].map(() => expect.objectContaining({ ok: true, json })),
    )
  })

  it('may have aliases, which count as what they stand for', () => {
    const text =
      'goals:\n  - { name: a, kind: micro, match: &m { path: /a } }\n  - { name: b, kind: micro, match: *m }\n'
    expect(readDefinitions(text)).toMatchObject({ ok: true })
  })
})

describe('a problem of a definitions file', () => {
  it('is placed at the value it is about', () => {
    expect(problemsOf('goals:\n  - name: a\n    kind:   mikro\n    match: { event: x }\n')).toEqual([
      '3:13 goals.0.kind expected one of macro, micro, negative, got "mikro"',
    ])
  })

  it('is placed at the key where the key is unknown, and at the mapping where a key is missing', () => {
    expect(problemsOf('goals:\n  - kind: micro\n    match: { event: x, evnt: y }\n')).toEqual([
      '2:5 goals.0.name expected text, got nothing',
      '3:24 goals.0.match.evnt unknown key "evnt"; did you mean "event"?',
    ])
  })

  it('of a goal of nothing is placed at the goal, and of a domain at the domain', () => {
    const text = 'own_domains:\n  - a.example\n  - https://b.example/\ngoals:\n  - name: a\n    kind: micro\n'
    expect(problemsOf(text)).toEqual([
      '3:5 own_domains.1 a domain is a name alone, and its subdomains are included: write "b.example"',
      '5:5 goals.0.match expected either match, which one event reaches, or compound, which takes several',
    ])
  })

  it('is placed where an alias stands when what it stands for is wrong, or within it', () => {
    const text = 'own_domains: &bad [1]\ngoals: *bad\n'
    expect(problemsOf(text)).toEqual([
      '1:20 own_domains.0 expected text, got 1',
      '1:20 goals.0 expected a mapping, got 1',
    ])
  })

  it('names a key that holds a dot or a space in quotes', () => {
    expect(problemsOf('goals: []\nsites: { "a.b": 1, "c d": {} }')).toEqual([
      '2:17 sites."a.b" expected a mapping, got 1',
      '2:20 sites."c d" expected up to 64 letters, digits, ".", "_" and "-", got "c d"',
    ])
  })

  it('is one line, whatever the file says', () => {
    const [problem = ''] = problemsOf(`goals: "a\\nb${'c'.repeat(100)}"`)
    expect(problem).toMatch(/^1:8 goals expected a list, got "a\\nbc{57}…"$/)
  })

  it.each([
    ['an empty file', '', ['1:1  expected a mapping, got null']],
    ['a list', '- a\n', ['1:1  expected a mapping, got a list']],
    ['a sequence that does not end', 'goals: [\n', [expect.stringMatching(/^2:1 {2}Flow sequence/)]],
    ['a second document', 'goals: []\n---\ngoals: []\n', [expect.stringMatching(/^2:1 {2}Source contains multiple/)]],
    ['a tag that is unknown', 'goals: !every []\n', ['1:8  Unresolved tag: !every']],
    ['an alias of nothing', 'goals: *none\n', ['1:8  no anchor before it is called "none"']],
    ['an alias of itself', 'goals: &all [*all]\n', ['1:14  the alias "all" contains itself']],
    ['a number JSON does not have', 'goals: .inf\n', ['1:8 goals expected a list, got null']],
  ])('is found in %s', (_, text, expected) => {
    expect(problemsOf(text)).toEqual(expected)
  })

  it('is a key that is there twice, also where it says the same', () => {
    expect(problemsOf('goals: []\ngoals: []\n')).toEqual(['2:1  this key is in the mapping twice'])
  })

  it('does not hide the others when it is a key that is there twice', () => {
    expect(problemsOf('goals: []\nsession: { gap: 5 }\ngoals: 3\n')).toEqual([
      '2:17 session.gap expected a duration such as 30m, 24h or 7d, at most 24h, got 5',
      '3:1  this key is in the mapping twice',
      '3:8 goals expected a list, got 3',
    ])
  })

  it('is found in aliases that multiply, before they fill the memory', () => {
    const levels = Array.from({ length: 12 }, (_, at) => `x${at + 1}: &x${at + 1} [${`*x${at},`.repeat(9)}]\n`)
    expect(problemsOf(`x0: &x0 [1]\n${levels.join('')}`)).toEqual([expect.stringContaining('Excessive alias count')])
  })
})
