import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { StorefrontEvent } from '@cairn/domain'
import { migrate, readMigrations } from '@cairn/runtime'
import { buildEvent, definitionsJson } from '@cairn/testkit/domain'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import { rows } from '../../packages/cli/src/warehouse.ts'
import type { OrderConflict } from '../../packages/cli/src/verify/fold.ts'
import type { LeftOutBecause, SqlFact } from '../../packages/cli/src/verify/sql/left-out.ts'
import { rulesBySite } from '../../packages/cli/src/verify/sql/rules.ts'
import {
  conversionDifferences,
  creditDifferences,
  sessionDifferences,
} from '../../packages/cli/src/verify/sql/statements.ts'
import { judgeSite } from '../../packages/cli/src/verify/sql/verify-sql.ts'
import { foldEvents, type Folded } from '../cases/folded.ts'
import { loadFolded } from '../support/load-folded.ts'
import { clickhouseServer, emptyWarehouse } from '../support/warehouse.ts'

jest.setTimeout(120_000)

const database = `verify_sql_bounds_${process.pid}`
const warehouse = emptyWarehouse(database)
const instance = { clickhouse: { ...clickhouseServer(), database } } as Instance

const goals = [
  { name: 'order', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'page', kind: 'micro', match: { event: 'page_view' }, count: 'once_per_session' },
]
const deployed = definitionsJson({
  goals,
  sites: {
    short: { goals, session: { max_events: 5 } },
    trusting: { goals, session: { client_session: 'trust', grace: '1h' } },
    unmasked: { goals, session: { client_session: 'trust' } },
  },
})
const history = [{ number: 0, json: deployed }]

const minute = 60_000
const hour = 60 * minute
const start = Date.UTC(2026, 4, 4, 8)

/** An event at a time after the start, and when it arrives where that is later. */
type Sent = Partial<StorefrontEvent> & { readonly at: number; readonly arrives?: number }

const purchase = { name: 'purchase', value_minor: 4_000, currency: 'EUR' } as const
const order = (visitor_id: string, at: number): Sent => ({ ...purchase, visitor_id, order_id: `${visitor_id}-o`, at })
/** So many orders, half a minute apart, from one minute after the start. */
const orders = (visitor_id: string, n: number): Sent[] =>
  times(n, (nth) => ({ ...order(visitor_id, minute + (nth * minute) / 2), order_id: `${visitor_id}-${nth}` }))
const times = <T>(n: number, make: (nth: number) => T): T[] => Array.from({ length: n }, (_, nth) => make(nth))

const named = (size: number): Partial<StorefrontEvent> => ({ medium: 'email', campaign: 'x'.repeat(size - 5) })

/** A visit of an hour that ends with an order, by one who meets no bound. */
const plain: readonly Sent[] = [
  { visitor_id: 'plain', at: 0 },
  { visitor_id: 'plain', at: 20 * minute },
  order('plain', 40 * minute),
]

interface Case {
  readonly because: LeftOutBecause
  /** What differs where nobody is left out. */
  readonly differs: readonly SqlFact[]
  readonly facts: readonly SqlFact[]
  readonly visitors: readonly string[]
  readonly sent: readonly Sent[]
  readonly conflicting?: readonly OrderConflict[]
}

const cases: Readonly<Record<string, Case>> = {
  // What lies between two visits arrives once both are let go: they stay two, and it is a third.
  late: {
    because: 'beyond_grace',
    differs: ['sessions', 'conversions', 'credits'],
    facts: ['sessions', 'conversions', 'credits'],
    visitors: ['late'],
    sent: [
      { visitor_id: 'late', at: 0 },
      order('late', 40 * minute),
      { visitor_id: 'late', at: 20 * minute, arrives: 26 * hour },
      // Just in time for its visit to be there still, after gap and grace.
      { visitor_id: 'just', at: 0 },
      { visitor_id: 'just', at: 20 * minute, arrives: 24.5 * hour },
      { visitor_id: 'just', at: 10 * minute, arrives: 24.5 * hour },
    ],
  },
  long: {
    because: 'session_cap',
    differs: ['sessions', 'conversions'],
    facts: ['sessions', 'conversions'],
    visitors: ['long'],
    sent: [
      ...times(75, (nth) => ({ visitor_id: 'long', at: nth * 20 * minute })),
      // A whole day, and no longer.
      ...times(73, (nth) => ({ visitor_id: 'day', at: nth * 20 * minute })),
    ],
  },
  short: {
    because: 'session_cap',
    differs: ['sessions', 'conversions'],
    facts: ['sessions', 'conversions'],
    visitors: ['many'],
    sent: [
      ...times(6, (nth) => ({ visitor_id: 'many', at: nth * minute })),
      ...times(5, (nth) => ({ visitor_id: 'five', at: nth * minute })),
    ],
  },
  path: {
    because: 'path_cap',
    differs: ['credits'],
    facts: ['credits'],
    visitors: ['often'],
    sent: [
      ...times(101, (nth) => ({ visitor_id: 'often', at: nth * hour })),
      order('often', 100 * hour + minute),
      ...times(100, (nth) => ({ visitor_id: 'seldom', at: nth * hour })),
      order('seldom', 99 * hour + minute),
    ],
  },
  // Three visits would have room, whatever their channels are called.
  names: {
    because: 'path_cap',
    differs: ['credits'],
    facts: ['credits'],
    visitors: ['wordy'],
    sent: [
      ...times(4, (nth) => ({ ...named(10_000), visitor_id: 'wordy', at: nth * hour })),
      order('wordy', 3 * hour + minute),
      ...times(3, (nth) => ({ ...named(10_000), visitor_id: 'terse', at: nth * hour })),
      order('terse', 2 * hour + minute),
    ],
  },
  // A visit that comes to be known late is before more orders than it restates.
  restated: {
    because: 'restated_cap',
    differs: ['credits'],
    facts: ['credits'],
    visitors: ['forty-one', 'itself'],
    sent: [
      ...orders('forty-one', 41),
      { visitor_id: 'forty-one', at: -2 * hour, arrives: hour },
      // An order of its own counts beside those it restates.
      ...orders('itself', 41),
      { ...order('itself', -2 * hour), arrives: hour },
      ...orders('forty', 40),
      { visitor_id: 'forty', at: -2 * hour, arrives: hour },
      ...orders('own', 40),
      { ...order('own', -2 * hour), arrives: hour },
      ...orders('in order', 60),
      { visitor_id: 'in order', at: hour },
    ],
  },
  // What tells a bot comes in time, after orders of another session that goes on beside its own.
  unmasked: {
    because: 'restated_cap',
    differs: ['credits'],
    facts: ['credits'],
    visitors: ['bot'],
    sent: [
      { visitor_id: 'bot', client_session_id: 'a', at: 0 },
      ...orders('bot', 41).map((sent) => ({ ...sent, client_session_id: 'b' })),
      { visitor_id: 'bot', client_session_id: 'a', is_bot: true, at: 25 * minute },
    ],
  },
  conflict: {
    because: 'order_conflict',
    differs: ['conversions', 'credits'],
    facts: ['conversions', 'credits'],
    visitors: ['twice'],
    conflicting: [{ site: 'conflict', order_id: 'twice-o', whose: 'twice' }],
    sent: [
      { visitor_id: 'twice', at: 0 },
      order('twice', minute),
      // The later one arrives first, and is what table `events` has; of an order the earlier one counts.
      { name: 'refund', visitor_id: 'twice', order_id: 'twice-o', is_server: true, event_id: 'refund', content_hash: 1, value_minor: 500, currency: 'EUR', at: 3 * minute }, // prettier-ignore
      { name: 'refund', visitor_id: 'twice', order_id: 'twice-o', is_server: true, event_id: 'refund', content_hash: 2, value_minor: 300, currency: 'EUR', at: 2 * minute, arrives: 4 * minute }, // prettier-ignore
    ],
  },
  // A purchase under the id of a page view: table `events` has the page view alone, and no event of the order.
  reused: {
    because: 'order_conflict',
    differs: ['conversions', 'credits'],
    facts: ['conversions', 'credits'],
    visitors: ['again'],
    conflicting: [{ site: 'reused', order_id: 'again-o', whose: 'again' }],
    sent: [
      { visitor_id: 'again', event_id: 'one', content_hash: 1, at: 0 },
      { ...order('again', minute), event_id: 'one', content_hash: 2 },
    ],
  },
  // The client's session goes on over a night, but not once it was let go.
  trusting: {
    because: 'beyond_grace',
    differs: ['sessions', 'conversions'],
    facts: ['sessions', 'conversions'],
    visitors: ['gone'],
    sent: [
      { visitor_id: 'gone', client_session_id: 'c', at: 0 },
      { visitor_id: 'gone', client_session_id: 'c', at: 2 * hour },
      { visitor_id: 'night', client_session_id: 'c', at: 0 },
      { visitor_id: 'night', client_session_id: 'c', at: 90 * minute },
    ],
  },
}
const sites = Object.keys(cases)

const statements = { sessions: sessionDifferences, conversions: conversionDifferences, credits: creditDifferences }
const folded = new Map<string, Folded>()

function foldSite(site: string, sent: readonly Sent[]): Folded {
  const inOrder = sent
    .map((one, at) => ({ event_id: `e${at}`, name: 'page_view', ...one, site }))
    .sort((a, b) => (a.arrives ?? a.at) - (b.arrives ?? b.at))
  const events = inOrder.map(({ at, arrives, ...event }) =>
    buildEvent({ ...event, event_time: start + at, received_at: start + (arrives ?? at) }),
  )
  return foldEvents(events, ({ received_at }) => received_at, deployed)
}

beforeAll(async () => {
  const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow: 100 })
  if (!migrated.ok) throw new Error(migrated.message)
  for (const [site, { sent }] of Object.entries(cases)) {
    folded.set(site, foldSite(site, [...sent, ...plain]))
    await loadFolded(warehouse, folded.get(site) as Folded, site)
  }
})

afterAll(async () => {
  await warehouse.command(`DROP DATABASE IF EXISTS ${warehouse.database}`)
  await warehouse.close()
})

describe('SQL over the events, where visitors met bounds of the fold', () => {
  it.each(sites)('would find differences that are none: %s', async (site) => {
    const found = rulesBySite(history)(site, [0])
    if (!found.ok) throw new Error(found.because)
    const differing: string[] = []
    for (const [fact, statement] of Object.entries(statements))
      if ((await rows(instance, statement(found.rules), { site })).length > 0) differing.push(fact)
    expect(differing).toEqual(cases[site]?.differs)
  })

  it.each(sites)('leaves those visitors out, counts their rows, and nobody else: %s', async (site) => {
    const { because, facts, visitors, conflicting } = cases[site] as Case
    const { differences, left_out, compared } = await judgeSite(instance, site, history, conflicting)
    expect(differences).toEqual([])
    const of = (fact: SqlFact): number =>
      (folded.get(site) as Folded)[fact].filter(({ visitor_id }) => visitors.includes(visitor_id)).length
    expect(left_out).toMatchObject([{ because }])
    expect(left_out[0]?.rows).toMatchObject(Object.fromEntries(facts.map((fact) => [fact, of(fact)])))
    for (const fact of facts) {
      expect([fact, of(fact) > 0]).toEqual([fact, true])
      expect([fact, compared[fact]]).toEqual([fact, (folded.get(site) as Folded)[fact].length - of(fact)])
    }
  })

  it.each(sites)('still finds what is wrong with the others: %s', async (site) => {
    const { conflicting } = cases[site] as Case
    const forged = `UPDATE page_views = page_views + 1 WHERE site = '${site}' AND visitor_id = 'plain'`
    await warehouse.command(`ALTER TABLE ${warehouse.table('sessions')} ${forged} SETTINGS mutations_sync = 1`)
    const { differences } = await judgeSite(instance, site, history, conflicting)
    expect(differences.map(({ fact, only }) => [fact, only]).sort()).toEqual([
      ['sessions', 'stored'],
      ['sessions', 'told'],
    ])
  })
})
