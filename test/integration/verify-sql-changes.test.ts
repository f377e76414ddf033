import { migrate, readMigrations } from '@cairn/runtime'
import type { StorefrontEvent } from '@cairn/domain'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import type { SqlFact } from '../../packages/cli/src/verify/sql/left-out.ts'
import type { SiteJudgement, SqlDifference } from '../../packages/cli/src/verify/sql/judgement.ts'
import { judgeSite } from '../../packages/cli/src/verify/sql/verify-sql.ts'
import { definitionsIn, eventsOf, foldEvents, type Folded } from '../cases/folded.ts'
import { loadFolded } from '../support/load-folded.ts'
import { clickhouseServer, emptyWarehouse } from '../support/warehouse.ts'

jest.setTimeout(180_000)

const database = `verify_sql_changes_${process.pid}`
const warehouse = emptyWarehouse(database)
const instance = { clickhouse: { ...clickhouseServer(), database } } as Instance

/** Whether rows are judged of visitors who were there before the change, and of those who only came after it. */
type Judged = 'all' | 'newcomers' | 'none'

interface Change {
  readonly from: object
  readonly to: object
  readonly sessions: Judged
  /** Conversions of these goals; with the credits of those that are macro goals. */
  readonly goals: Readonly<Record<string, Judged>>
  /** Credits of goals that are judged. */
  readonly credits: Judged
}

const { goals: demo } = JSON.parse(definitionsIn('demo.yaml')) as { readonly goals: readonly object[] }
const view = { kind: 'macro', match: { event: 'view_item' }, count: 'once_per_session' } as const
const order = { kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' } as const
const cart = { event: 'add_to_cart' } as const
const both = { name: '', kind: 'macro', compound: { all: [{ match: view.match }, { match: cart }] } } as const
const fixed = (amount: number) => ({ amount, currency: 'EUR' })

/** By goal: what it was, what it is, and what of it is judged. */
const goalChanges: Readonly<Record<string, readonly [from: object | null, to: object | null, Judged]>> = {
  purchase: [order, order, 'all'],
  added: [null, view, 'all'],
  removed: [view, null, 'all'],
  revalued: [{ ...view, value: fixed(1) }, { ...view, value: fixed(2) }, 'all'],
  rematched: [view, { ...view, match: cart }, 'all'],
  counting: [view, { ...view, count: 'every' }, 'newcomers'],
  valued: [view, { ...view, value: 'event' }, 'newcomers'],
  kind: [{ ...view, kind: 'micro' }, view, 'newcomers'],
  order_valued: [order, { ...order, value: fixed(9) }, 'newcomers'],
  order_added: [null, order, 'newcomers'],
  order_removed: [order, null, 'none'],
  order_uncounted: [order, { ...order, dedupe_by: undefined }, 'newcomers'],
  order_by_value: [order, { ...order, match: { ...order.match, fields: { value: { gt: 1 } } } }, 'none'],
  parted: [both, view, 'newcomers'],
  compound: [view, both, 'none'],
}
const goalsAt = (side: 0 | 1) =>
  Object.entries(goalChanges).flatMap(([name, sides]) => (sides[side] === null ? [] : [{ ...sides[side], name }]))

const ofDemo = { purchase: 'all', product_view: 'all' } as const
const newcomers = { sessions: 'newcomers', goals: ofDemo, credits: 'all' } as const
const all = { ...newcomers, sessions: 'all' } as const
const campaigns = { session: { cut_on_campaign: true } }
const resetting = { attribution: { reset_on_conversion: true } }

/** By site: what was changed there in the middle. */
const changes: Readonly<Record<string, Change>> = {
  goals: { from: { goals: goalsAt(0) }, to: { goals: goalsAt(1) }, sessions: 'all', goals: Object.fromEntries(Object.entries(goalChanges).map(([name, [, , judged]]) => [name, judged])), credits: 'all' }, // prettier-ignore
  channels: { from: {}, to: { channels: [{ name: 'Friends', match: { medium: 'email' } }], own_domains: ['pay.example'], attribution: { half_life: '2d' } }, ...all }, // prettier-ignore
  gap: { from: {}, to: { session: { gap: '5m' } }, ...newcomers },
  grace: { from: {}, to: { session: { grace: '48h' } }, ...newcomers },
  no_cut: { from: campaigns, to: {}, ...newcomers },
  cut: { from: {}, to: campaigns, ...all, sessions: 'none' },
  lookback: { from: {}, to: { attribution: { lookback: '12h' } }, ...all, credits: 'newcomers' },
  no_reset: { from: resetting, to: {}, ...all, credits: 'newcomers' },
  reset: { from: {}, to: resetting, ...all, credits: 'none' },
}
const sites = Object.keys(changes)

/** Sites whose definitions were changed three times, to anything. */
const anyDefinitions = fc.record({
  goals: fc
    .tuple(
      ...Object.entries(goalChanges).map(([name, [from, to]]) =>
        fc.constantFrom(from, to).map((goal) => (goal === null ? [] : [{ ...goal, name }])),
      ),
    )
    .map((goals) => goals.flat()),
  session: fc.constantFrom({}, {}, {}, { gap: '5m' }, campaigns.session),
  attribution: fc.constantFrom({}, {}, { lookback: '12h' }, resetting.attribution),
})
const wild = fc
  .sample(fc.array(anyDefinitions, { minLength: 4, maxLength: 4 }), { numRuns: 4, seed: 4 })
  .map((versions, at) => {
    const kept = at % 2 === 0 ? {} : { session: {} }
    return { site: `wild_${at}`, versions: versions.map((version) => ({ ...version, ...kept })) }
  })

/** A site has the demo's rules but for what is changed. */
const definitions = [0, 1, 2, 3].map((number) => {
  const changed = Object.entries(changes).map(([site, { from, to }]) => [site, number === 0 ? from : to])
  const wildly = wild.map(({ site, versions }) => [site, versions[number]])
  return JSON.stringify({
    time_source: 'event',
    goals: demo,
    sites: Object.fromEntries([...changed, ...wildly]) as object,
  })
})
const history = definitions.map((json, number) => ({ number, json }))

const hour = 3_600_000
const end = Date.parse('2026-11-23T09:00:00Z')
const { parts } = simulate({ seed: 5, days: 4, people: 130, end })

/** Append times of a shop whose events are sent when they happen: what was kept on a device comes late. */
function asTimeGoesBy(): (event: { readonly event_time: number }) => number {
  let now = 0
  return ({ event_time }) => (now = Math.max(now, event_time))
}

const folded = new Map<string, Folded>()
/** Of each visitor whether it was there before the change, came within an hour of it, or only later. */
const ages = new Map<string, 'old' | 'early' | 'new'>()

function noteAges(events: readonly StorefrontEvent[], change: number): void {
  const appendedAt = asTimeGoesBy()
  const times = events.map(appendedAt)
  for (const [at, { visitor_id }] of events.entries()) {
    if (ages.has(visitor_id)) continue
    ages.set(visitor_id, at < change ? 'old' : times[at]! < times[change]! + hour ? 'early' : 'new')
  }
}

beforeAll(async () => {
  const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 100 })
  if (!migrated.ok) throw new Error(migrated.message)
  const events = await eventsOf(parts, 'shop', end + 2000)
  const middle = Math.floor(events.length / 2)
  noteAges(events, middle)
  const fold = async (site: string, places: readonly number[]): Promise<void> => {
    const own = events.map((event) => ({ ...event, site }))
    const deploys = places.map((at, number) => ({ at, json: definitions[number] ?? '' }))
    folded.set(site, foldEvents(own, asTimeGoesBy(), deploys, 40))
    await loadFolded(warehouse, folded.get(site) as Folded, site)
  }
  for (const site of sites) await fold(site, [0, middle])
  for (const { site } of wild) await fold(site, [0, 1, 1.25, 1.5].map((n) => Math.floor(n * middle))) // prettier-ignore
})

afterAll(async () => {
  await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
  await warehouse.close()
})

/** What was deployed by then at the sites with one change. */
const deployed = history.slice(0, 2)

describe('SQL over the events, where definitions were changed', () => {
  it.each(sites)('finds what is wrong in all that it judges, and nothing else: %s', async (site) => {
    const planted = await plant(site)
    const judgement = await judgeSite(instance, site, deployed)
    const { differences, because } = judgement
    const found = planted.filter((one) => differences.some((difference) => isOf(difference, one)))
    expect(found).toEqual(planted.filter(({ isJudged }) => isJudged))
    expect(differences.filter((difference) => !found.some((one) => isOf(difference, one)))).toEqual([])
    expect(because).toBe(site === 'cut' ? 'cut_on_campaign' : null)
    expect(planted.length).toBeGreaterThan(8)
    if (because === null) expectAllCounted(site, judgement)
  })

  it.each(wild.map(({ site }) => site))('finds nothing where nothing is wrong, after any changes: %s', async (site) => {
    const judgement = await judgeSite(instance, site, history)
    expect(judgement.differences).toEqual([])
    if (judgement.because === null) expectAllCounted(site, judgement)
  })
})

function expectAllCounted(site: string, { compared, left_out }: SiteJudgement): void {
  for (const fact of ['sessions', 'conversions', 'credits'] as const) {
    const left = left_out.reduce((sum, { rows }) => sum + (rows[fact] ?? 0), 0)
    expect([fact, compared[fact] + left]).toEqual([fact, folded.get(site)?.[fact].length])
    const judged = changes[site]?.[fact === 'conversions' ? 'sessions' : fact]
    if (site !== 'goals' && judged !== undefined) expect([fact, left > 0]).toEqual([fact, judged !== 'all' || (fact === 'credits' && changes[site]?.sessions !== 'all')]) // prettier-ignore
  }
}

/** A row that was made wrong, and whether that is to be found. */
interface Planted {
  readonly fact: SqlFact
  readonly age: 'old' | 'early' | 'new'
  readonly goal: string
  /** What a difference names it by. */
  readonly marker: string
  readonly isJudged: boolean
}

function isOf({ fact, row }: SqlDifference, planted: Planted): boolean {
  const { goal, event_id, visitor_id } = JSON.parse(row) as Record<string, unknown>
  return fact === planted.fact && (goal ?? '') === planted.goal && (event_id ?? visitor_id) === planted.marker
}

const wrong = {
  sessions: 'page_views = page_views + 1',
  conversions: 'session_id = NULL',
  credits: 'credits = arrayMap(shares -> arrayMap(share -> share + 1, shares), credits)',
} as const

/** Makes rows of each table wrong, of each goal and of visitors of each age. */
async function plant(site: string): Promise<Planted[]> {
  const { sessions, conversions, credits } = folded.get(site) as Folded
  const change = changes[site] as Change
  const eventOf = new Map(conversions.map(({ conversion_id, event_id }) => [conversion_id, event_id]))
  const planted: Planted[] = []
  const ids: Record<SqlFact, string[]> = { sessions: [], conversions: [], credits: [] }
  const put = (fact: SqlFact, goal: string, rows: readonly Row[], judged: readonly Judged[]): void => {
    for (const age of ['old', 'early', 'new'] as const) {
      const row = rows.find(({ visitor_id }) => ages.get(visitor_id) === age)
      if (row === undefined) continue
      const isJudged = judged.every((one) => one === 'all' || (one === 'newcomers' && age === 'new'))
      planted.push({ fact, age, goal, marker: row.marker, isJudged })
      ids[fact].push(row.id)
    }
  }
  put('sessions', '', sessions.map((row) => ({ ...row, id: row.session_id, marker: row.visitor_id })), [change.sessions]) // prettier-ignore
  for (const [goal, judged] of Object.entries(change.goals)) {
    const rowsOf = (rows: typeof conversions | typeof credits): Row[] =>
      rows
        .filter((row) => row.goal === goal && row.session_id !== null)
        .map((row) => ({ ...row, id: row.conversion_id, marker: eventOf.get(row.conversion_id) ?? '' }))
    put('conversions', goal, rowsOf(conversions), [judged, change.sessions])
    put('credits', goal, rowsOf(credits), [judged, change.sessions, change.credits])
  }
  for (const fact of ['sessions', 'conversions', 'credits'] as const) {
    const id = fact === 'sessions' ? 'session_id' : 'conversion_id'
    const where = `${id} IN (${ids[fact].map((one) => `'${one}'`).join(', ')}) SETTINGS mutations_sync = 1`
    await warehouse.command(`ALTER TABLE ${warehouse.table(fact)} UPDATE ${wrong[fact]} WHERE ${where}`)
  }
  return planted
}

interface Row {
  readonly visitor_id: string
  readonly id: string
  readonly marker: string
}
