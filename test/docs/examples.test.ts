import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { canonicalName, type StorefrontEvent } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { exampleNames, pages, readExample, readPage } from './examples.ts'

describe.each(exampleNames)('docs/examples/%s.md', (name) => {
  const { goals } = readExample(name)
  const file = join(import.meta.dirname, '..', '..', 'definitions', `${name}.yaml`)
  const read = readDefinitions(readFileSync(file, 'utf8'))
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  const site = read.definitions.forSite('')

  it('has a row for each goal of its file, in that order and with its kind', () => {
    const declared = site.goals.map((goal) => ({ goal: goal.name, kind: goal.class === '' ? goal.kind : goal.class }))
    expect(goals.map(({ goal, kind }) => ({ goal, kind }))).toEqual(declared)
  })

  it.each(goals.flatMap(({ goal, reachedBy }) => reachedBy.map((by) => [by, goal] as const)))(
    '%s reaches %s and no other goal',
    (by, goal) => {
      expect(site.matchGoals(eventOf(by)).map((matched) => matched.name)).toEqual([goal])
    },
  )

  const addresses = goals.flatMap(({ goal, reachedBy }) => reachedBy.filter(isPath).map((by) => [by, goal] as const))
  it.each(addresses)('%s reaches %s with a slash at its end, too, as some systems write addresses', (by, goal) => {
    expect(site.matchGoals(eventOf(`${by}/`)).map((matched) => matched.name)).toEqual([goal])
  })
})

it.each(pages.map(([path]) => path))('docs/%s shows the answer of each of its queries', (path) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', path), 'utf8')
  expect(readPage(path).queries).toHaveLength([...text.matchAll(/^```sql$/gm)].length)
})

function isPath(by: string): boolean {
  return by.startsWith('/')
}

/** A page by its address, else a track call by its name, with the property in `{}` where one is given. */
function eventOf(by: string): StorefrontEvent {
  if (isPath(by)) return buildEvent({ event_id: 'e', name: 'page_view', path: by })
  if (by.startsWith('https://')) {
    const { host, pathname: path } = new URL(by)
    return buildEvent({ event_id: 'e', name: 'page_view', url: by, host, path })
  }
  const [, sent = by, property, value] = /^(.*) \{(\w+): (\w+)\}$/.exec(by) ?? []
  const properties = property === undefined ? {} : { [property]: String(value) }
  return buildEvent({ event_id: 'e', name: canonicalName('track', sent), properties })
}
