import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { compileDefinitions, type Definitions, type StorefrontEvent } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'

const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'definitions.md'), 'utf8')
const example = /```yaml\n(.*?)```/s.exec(document)?.[1] ?? ''
const events = [...document.matchAll(/^(\{.*\}) +→ ?(.*)$/gm)].map(([, event, goals]) => ({
  event: String(event),
  goals: String(goals).split(', ').filter(Boolean),
}))

describe('docs/definitions.md', () => {
  it('has an example that is in order', () => {
    expect(readDefinitions(example)).toMatchObject({ ok: true, json: expect.any(String) })
  })

  it.each(events)('$event matches $goals', ({ event, goals }) => {
    const sent = buildEvent({ event_id: 'e', ...(JSON.parse(event) as Partial<StorefrontEvent>) })
    const matched = compiledExample().forSite(sent.site).matchGoals(sent)
    expect(matched.map(({ name }) => name)).toEqual(goals)
  })

  it.each([
    ['the top level', { typo: 1 }],
    ['a session', { session: { typo: 1 } }],
    ['a site', { sites: { a: { typo: 1 } } }],
    ['a channel', { channels: [{ typo: 1 }] }],
    ['what a channel asks', { channels: [{ match: { typo: 1 } }] }],
    ['a goal', { goals: [{ typo: 1 }] }],
    ['a compound', { goals: [{ compound: { typo: 1 } }] }],
    ['a part', { goals: [{ compound: { all: [{ typo: 1 }] } }] }],
    ['a matcher', { goals: [{ match: { typo: 1 } }] }],
    ['a path', { goals: [{ match: { path: { typo: 1 } } }] }],
    ['fields', { goals: [{ match: { fields: { typo: 1 } } }] }],
    ['a comparison', { goals: [{ match: { properties: { a: { typo: 1 } } } }] }],
    ['a value', { goals: [{ value: { typo: 1 } }] }],
  ])('explains every key of %s', (_, broken) => {
    const unexplained = knownKeys(broken).filter((key) => !new RegExp(`\`(\\{ )?${key}[\`:]|, ${key}: `).test(document))
    expect(unexplained).toEqual([])
  })
})

function compiledExample(): Definitions {
  const read = readDefinitions(example)
  const compiled = read.ok ? compileDefinitions(JSON.parse(read.json)) : undefined
  if (compiled?.ok !== true) throw new Error('the example does not compile')
  return compiled.definitions
}

/** The keys that the refusal of an unknown one offers instead. */
function knownKeys(broken: unknown): string[] {
  const compiled = compileDefinitions(broken)
  const problems = compiled.ok ? [] : compiled.problems
  const offered = problems.map(({ message }) => /unknown key "typo"; known keys: (.*)$/.exec(message)?.[1])
  return offered.find((keys) => keys !== undefined)?.split(', ') ?? expectOffer(problems)
}

function expectOffer(problems: unknown): never {
  throw new Error(`no refusal names the known keys: ${JSON.stringify(problems)}`)
}
