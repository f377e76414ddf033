import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { compileDefinitions } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly anyOf?: readonly Schema[]
  readonly definitions: Readonly<Record<string, Schema>>
}

const root = join(import.meta.dirname, '..', '..')
const schema = JSON.parse(readFileSync(join(root, 'schemas', 'definitions.schema.json'), 'utf8')) as Schema
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema)

const shipped = readdirSync(join(root, 'definitions')).map((name) => join('definitions', name))
const examples = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const blocks = readFileSync(join(root, 'docs', name), 'utf8').matchAll(/```yaml\n(.*?)```/gs)
    return [...blocks].map(([, text], at) => ({ name: `docs/${name} (${at + 1})`, text: String(text) }))
  })
  .filter(({ text }) => /^goals:/m.test(text))
const files = [...shipped.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') })), ...examples]

const goal = { name: 'a', kind: 'micro', match: { event: 'x' } }
const part = { match: { event: 'x' } }

function compound(parts: unknown, others: object = {}): unknown {
  return { goals: [{ name: 'a', kind: 'micro', compound: parts, ...others }] }
}

describe('schemas/definitions.schema.json', () => {
  it.each(files)('accepts $name', ({ text }) => {
    expect(validate(contentOf(text)) ? [] : validate.errors).toEqual([])
  })

  it.each(shipped)('is named by %s, so that editors find it', (name) => {
    const [first] = readFileSync(join(root, name), 'utf8').split('\n')
    expect(first).toBe('# yaml-language-server: $schema=../schemas/definitions.schema.json')
  })

  // Where the schema describes a mapping with fixed keys, and a document with a wrong one there.
  const mappings: [name: string, described: Schema, broken: unknown][] = [
    ['the top level', schema, { typo: 1 }],
    ['a site', definition('site'), { sites: { a: { typo: 1 } } }],
    ['a session', definition('session'), { session: { typo: 1 } }],
    ['attribution rules', definition('attribution'), { attribution: { typo: 1 } }],
    ['a channel', definition('channel'), { channels: [{ typo: 1 }] }],
    ['what a channel asks', inner('channel', 'match'), { channels: [{ match: { typo: 1 } }] }],
    ['a goal', definition('goal'), { goals: [{ typo: 1 }] }],
    ['a compound', definition('compound'), { goals: [{ compound: { typo: 1 } }] }],
    ['a part', definition('part'), { goals: [{ compound: { all: [{ typo: 1 }] } }] }],
    ['a matcher', definition('match'), { goals: [{ match: { typo: 1 } }] }],
    ['a pattern', alternative('pattern'), { goals: [{ match: { path: { typo: 1 } } }] }],
    ['fields', inner('match', 'fields'), { goals: [{ match: { fields: { typo: 1 } } }] }],
    ['a comparison', alternative('comparison'), { goals: [{ match: { properties: { a: { typo: 1 } } } }] }],
    ['a value', alternative('value'), { goals: [{ value: { typo: 1 } }] }],
  ]

  it.each(mappings)('has the keys of %s that the checker knows, and no others', (_, described, broken) => {
    expect(Object.keys(described.properties ?? {}).sort()).toEqual(knownKeys(broken).sort())
  })

  it('has no other mapping with fixed keys', () => {
    const fixed = JSON.stringify(schema).match(/"additionalProperties":false/g)
    expect(fixed).toHaveLength(mappings.length)
  })

  it.each([
    ['no goals', {}],
    ['a list', []],
    ['an unknown key', { goals: [], typo: 1 }],
    ['a clock there is not', { goals: [], time_source: 'sun' }],
    ['a duration without a unit', { goals: [], session: { gap: '30' } }],
    ['a duration of nothing', { goals: [], session: { gap: '0m' } }],
    ['too many events', { goals: [], session: { max_events: 10_001 } }],
    ['a flag that is text', { goals: [], attribution: { collapse_repeats: 'yes' } }],
    ['a part of an event', { goals: [], session: { max_events: 1.5 } }],
    ['sites in a list', { goals: [], sites: [] }],
    ['a site that no write key can belong to', { goals: [], sites: { 'my shop': {} } }],
    ['goals of a site by name', { goals: [], sites: { a: { goals: {} } } }],
    ['a channel without a name', { goals: [], channels: [{ match: { source: 'a' } }] }],
    ['a channel that asks nothing', { goals: [], channels: [{ name: 'a', match: {} }] }],
    ['a channel with a long name', { goals: [], channels: [{ name: 'a'.repeat(101), match: { source: 'a' } }] }],
    ['a channel by a number of sources', { goals: [], channels: [{ name: 'a', match: { source: ['a'] } }] }],
    ['a goal without a name', { goals: [{ ...goal, name: undefined }] }],
    ['a goal without a matcher', { goals: [{ ...goal, match: undefined }] }],
    ['a kind there is not', { goals: [{ ...goal, kind: 'nano' }] }],
    ['a class of a macro goal', { goals: [{ ...goal, kind: 'macro', class: 'process' }] }],
    ['orders that count once a session', { goals: [{ ...goal, count: 'once_per_session', dedupe_by: 'order_id' }] }],
    ['a goal of one event and of several', { goals: [{ ...goal, compound: { all: [part, part] } }] }],
    ['a compound of nothing', compound({})],
    ['a set and a sequence', compound({ all: [part, part], sequence: [part, part] })],
    ['a compound without parts', compound({ sequence: [] })],
    ['nine parts', compound({ all: Array.from({ length: 9 }, () => part) })],
    ['a part without a matcher', compound({ all: [{ times: 2 }] })],
    ['a part that matches no time', compound({ all: [part, { ...part, times: 0 }] })],
    ['a part that matches too often', compound({ all: [{ ...part, times: 101 }] })],
    ['a window without a unit', compound({ all: [part, part], within: '7' })],
    ['a window of nothing', compound({ all: [part, part], within: '0d' })],
    ['a window that is none', compound({ all: [part, part], within: 'visitor' })],
    ['a window that is a number', compound({ all: [part, part], within: 7 })],
    ['a compound that counts every time', compound({ all: [part, part] }, { count: 'every' })],
    ['a compound that counts orders', compound({ all: [part, part] }, { dedupe_by: 'order_id' })],
    ['an empty matcher', { goals: [{ ...goal, match: {} }] }],
    ['an empty list of matchers', { goals: [{ ...goal, match: { any: [] } }] }],
    ['an event without a name', { goals: [{ ...goal, match: { event: '' } }] }],
    ['an empty pattern', { goals: [{ ...goal, match: { path: {} } }] }],
    ['a pattern that is a number', { goals: [{ ...goal, match: { host: 5 } }] }],
    ['a bound that is text', { goals: [{ ...goal, match: { properties: { n: { gt: '5' } } } }] }],
    ['a list of no values', { goals: [{ ...goal, match: { properties: { n: { in: [] } } } }] }],
    ['a channel of no sources', { goals: [], channels: [{ name: 'a', match: { source: { in: [] } } }] }],
    ['a comparison with nothing', { goals: [{ ...goal, match: { properties: { n: null } } }] }],
    ['a field there is not', { goals: [{ ...goal, match: { fields: { name: 'x' } } }] }],
    ['an amount without a currency', { goals: [{ ...goal, value: { amount: 1 } }] }],
    ['amount and property', { goals: [{ ...goal, value: { amount: 1, currency: 'EUR', property: 'p' } }] }],
    ['a page by its call', { goals: [{ ...goal, match: { event: 'page' } }] }],
    ['a screen among others', { goals: [{ ...goal, match: { event: ['x', 'screen'] } }] }],
    ['a path without a slash', { goals: [{ ...goal, match: { path: 'pricing' } }] }],
    ['a path with a query', { goals: [{ ...goal, match: { path: { exact: ['/a', '/b?c=1'] } } }] }],
    ['a prefix without a slash', { goals: [{ ...goal, match: { path: { prefix: 'blog/' } } }] }],
    ['a domain with a scheme', { goals: [], own_domains: ['https://a.example'] }],
    ['a domain with a path', { goals: [], own_domains: ['a.example/b'] }],
    ['a domain with www', { goals: [], own_domains: ['www.a.example'] }],
    ['a domain that begins with a dot', { goals: [], own_domains: ['.a.example'] }],
    ['a currency by its sign', { goals: [{ ...goal, value: { amount: 1, currency: '€' } }] }],
  ])('refuses what the checker refuses: %s', (_, broken) => {
    const json = JSON.parse(JSON.stringify(broken)) as unknown
    expect({ checker: compileDefinitions(json).ok, schema: validate(json) }).toEqual({ checker: false, schema: false })
  })

  it('refuses nothing that the checker accepts, and accepts no wrong key or kind of value', () => {
    const contents = files.map(({ text }) => JSON.stringify(contentOf(text)))
    const value = fc.constantFrom<unknown>(
      null,
      0,
      7,
      -1.5,
      '',
      'x',
      '5m',
      'event',
      'micro',
      true,
      [],
      ['a'],
      {},
      { a: 1 },
    )
    let accepted = 0
    fc.assert(
      fc.property(fc.constantFrom(...contents), fc.nat(), fc.nat(), value, (content, where, how, put) => {
        const mutant = JSON.parse(content) as unknown
        mutate(mutant, where, how, put)
        const compiled = compileDefinitions(mutant)
        if (compiled.ok) {
          accepted++
          expect(validate(mutant) ? [] : validate.errors).toEqual([])
        } else if (compiled.problems.some(({ message }) => SHAPE.test(message))) {
          expect({ schema: validate(mutant), problems: compiled.problems }).toMatchObject({ schema: false })
        }
      }),
      { numRuns: 2_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})

/** What the checker says of a wrong key or kind of value, as opposed to a rule between values. */
const SHAPE = /^(?:unknown key|expected (?:a mapping|a list|text,|a number|true or false|one of|a whole number))/

/** Changes one place of a document: takes it away, puts another value there, or gives it one more key. */
function mutate(json: unknown, where: number, how: number, put: unknown): void {
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const walk = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return
    for (const key of Object.keys(at)) {
      places.push({ holder: at as Record<string, unknown>, key })
      walk((at as Record<string, unknown>)[key])
    }
  }
  walk(json)
  const { holder, key } = places[where % places.length]!
  if (how % 3 === 0 && Array.isArray(holder)) holder.splice(Number(key), 1)
  else if (how % 3 === 0) Reflect.deleteProperty(holder, key)
  else if (how % 3 === 1 || Array.isArray(holder)) holder[key] = put
  else holder['match'] = put
}

function contentOf(text: string): unknown {
  const read = readDefinitions(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return JSON.parse(read.json)
}

function definition(name: string): Schema {
  const found = schema.definitions[name]
  if (found === undefined) throw new Error(`the schema has no definition "${name}"`)
  return found
}

/** The mapping among what a value may be. */
function alternative(name: string): Schema {
  return definition(name).anyOf?.find(({ properties }) => properties !== undefined) ?? definition('')
}

function inner(name: string, key: string): Schema {
  return definition(name).properties?.[key] as Schema
}

/** The keys that the refusal of an unknown one offers instead. */
function knownKeys(broken: unknown): string[] {
  const compiled = compileDefinitions(broken)
  const offers = compiled.ok ? [] : compiled.problems.map(({ message }) => /known keys: (.*)$/.exec(message)?.[1])
  return offers.find((keys) => keys !== undefined)?.split(', ') ?? []
}
