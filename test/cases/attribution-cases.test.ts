import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { models, type Model } from '@cairn/domain'
import { FoldRun, markov, Warehouse } from '@cairn/testkit/domain'

const root = resolve(import.meta.dirname, '..', '..')
const folder = join(resolve(root, process.env['CAIRN_DATA'] ?? '../shared/data'), 'attribution-cases')
const isThere = existsSync(folder)
if (!isThere) console.warn(`skipped: ${folder} is not there; CAIRN_DATA names the folder that holds attribution-cases`)

interface Touch {
  readonly visitor: string
  readonly session: string
  readonly at: number
  readonly converts: boolean
  readonly source: string
}

function touches(): Touch[] {
  const [, ...lines] = readFileSync(join(folder, 'test_dataset.csv'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [visitor = '', session = '', time = '', , converts, source = ''] = line.split(',')
    return { visitor, session, at: Date.parse(`${time.replace(' ', 'T')}Z`), converts: converts === '1', source }
  })
}

/** The published credits of a model: of the journeys A, B (not converted), C, D's first and D's second. */
function published(test: string): number[][] {
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
    string,
    Record<string, number[]>
  >
  const journeys = expected[test] ?? {}
  return ['0', '2', '3', '4'].map((journey) => journeys[journey] ?? [])
}

/** Each conversion's touchpoints and credits, in order of time. */
function attributed() {
  const fold = new FoldRun()
  const warehouse = new Warehouse()
  const all = touches()
  const start = Math.max(...all.map(({ at }) => at)) + 1_000
  fold.define(start, {
    time_source: 'event',
    session: { client_session: 'trust' },
    attribution: { reset_on_conversion: true, half_life: '1d' },
    goals: [{ name: 'purchase', kind: 'macro', match: { event: 'purchase' } }],
  })
  for (const [n, { visitor, session, at, converts, source }] of all.entries()) {
    const event = {
      event_id: `e${n}`,
      visitor_id: visitor,
      event_time: at,
      client_session_id: session,
      name: converts ? 'purchase' : 'page_view',
      path: '/',
      source: source === 'direct' ? '' : source,
    }
    warehouse.apply(fold.event(start + n, event).result.outputs)
  }
  return warehouse
    .liveCredits()
    .map(({ row }) => row)
    .sort((a, b) => a.event_time - b.event_time)
}

const cases: readonly (readonly [Model, string])[] = [
  ['first_touch', 'test_first_click'],
  ['last_touch', 'test_last_click'],
  ['last_non_direct', 'test_last_click_non_direct'],
  ['linear', 'test_linear'],
  ['time_decay', 'test_time_decay'],
]

describe('published attribution cases', () => {
  const test = isThere ? it : it.skip

  test('lead over the published paths: a session too old is out, a conversion begins another path', () => {
    const paths = attributed().map((row) => row.touch_sources.map((source) => source.replace(/[()]/g, '')).join(' > '))
    expect(paths).toEqual([
      'direct > google_ads > direct',
      'direct > crm > direct',
      'seo > direct > direct',
      'direct > direct > seo > direct',
    ])
  })

  test.each(cases)('credit %s as published', (model, name) => {
    const index = models.indexOf(model)
    const credits = attributed().map((row) => row.credits[index]?.map((credit) => credit / 1_000_000) ?? [])
    const expected = published(name)
    expect(credits.map((shares) => shares.length)).toEqual(expected.map((shares) => shares.length))
    for (const [at, shares] of expected.entries())
      for (const [touch, share] of shares.entries()) expect(credits[at]?.[touch]).toBeCloseTo(share, 5)
  })

  test('have the published removal effects', () => {
    // The converting journeys, and the one that did not convert.
    const journeys = [...attributed().map((row) => row.touch_sources), ['seo', '(direct)']].map((steps, at) => ({
      steps: [...steps],
      visitors: 1,
      converted: at < 4 ? 1 : 0,
    }))
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
      test_markov_removal_effect: { removal_effect: Record<string, number> }
    }
    const found = new Map(markov(journeys).map(({ step, removalEffect }) => [step.replace(/[()]/g, ''), removalEffect]))
    const published = expected.test_markov_removal_effect.removal_effect
    expect([...found.keys()].sort()).toEqual(Object.keys(published).sort())
    for (const [channel, effect] of Object.entries(published)) expect(found.get(channel)).toBeCloseTo(effect, 9)
  })
})
