import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { CreditRow, SessionRow } from '@cairn/domain'
import { createCodec, createContainerBuilder, readCatalog, type Warehouse } from '@cairn/runtime'
import { randomFrom } from '@cairn/testkit'
import { creditsOf, divideMoney } from '../../packages/domain/src/attribution/model.ts'
import { pathOf } from '../../packages/domain/src/attribution/path.ts'
import { defaultAttributionRules } from '../../packages/domain/src/attribution/rules.ts'
import { insertContainer } from '../support/insert.ts'
import { ownNamespace } from '../support/kafka.ts'
import { credit, event, label, session, uuid } from '../support/records.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

const DAY = 86_400_000
const at = Date.UTC(2026, 4, 17, 12)
const models = ['first_touch', 'last_touch', 'last_non_direct', 'linear'] as const
const noPath = { touch_session_ids: [], touch_started_at: [], touch_channels: [], touch_sources: [], touch_mediums: [], touch_campaigns: [], credits: [[], []], values_minor: [[], []] } // prettier-ignore

/** The path that a credit was given along in stream, as far as the view asks for it. */
function along(...touch_session_ids: readonly string[]) {
  const texts = touch_session_ids.map(() => '')
  const touch_started_at = touch_session_ids.map(() => at)
  return { ...noPath, touch_session_ids, touch_started_at, touch_channels: texts, touch_sources: texts, touch_mediums: texts, touch_campaigns: texts } // prettier-ignore
}

jest.setTimeout(60_000)

interface Row {
  readonly id: string
  readonly model: string
  readonly user_id: string
  readonly touch: number
  readonly touches: number
  readonly session_id: string | null
  readonly touch_visitor_id: string
  readonly channel: string
  readonly credit: number
  readonly value: number | null
}

describe('v_attribution_by_user', () => {
  let warehouse: Warehouse
  let written = 0
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('by_user'))
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  async function insert(table: string, schema: string, messages: readonly Buffer[]) {
    const builder = createContainerBuilder(catalog.named(schema), 1, 0)
    for (const message of messages) expect(builder.add(written++, message)).toBeUndefined()
    const token = `${table}-${written}`
    await insertContainer(warehouse, table, builder.build(), token)
  }

  const visits = (rows: readonly SessionRow[]) =>
    insert('sessions_in', 'session', rows.map((row) => codec.encode('session', row))) // prettier-ignore
  const orders = (rows: readonly CreditRow[]) =>
    insert('credits_in', 'credit', rows.map((row) => codec.encode('credit', row))) // prettier-ignore
  const links = (site: string, known: readonly (readonly [visitor: string, user: string])[]) =>
    insert(
      'events',
      'labelled:1',
      known.map(([visitor_id, user_id], n) =>
        codec.prependLabel(
          codec.encodeEvent(event({ site, event_id: `${site}-${n}`, visitor_id, user_id })),
          1,
          label(),
        ),
      ),
    )

  const answers = (site: string, model = 'linear') =>
    rowsOf<Row>(
      warehouse,
      `SELECT conversion_id AS id, model, user_id, touch, touches, session_id, touch_visitor_id, channel,
        toFloat64(credit) AS credit, toFloat64(value) AS value
      FROM ${warehouse.table('v_attribution_by_user')} WHERE site = '${site}' AND model = '${model}' ORDER BY id, touch`,
    )

  it('goes over all visitors of the user, and shares the value once', async () => {
    const site = 'devices'
    await links(site, [['phone', 'ada'], ['desk', 'ada'], ['other', 'bob']]) // prettier-ignore
    await links('elsewhere', [['far', 'ada']])
    const on = (n: number, visitor_id: string, started_at: number, channel: string, over: Partial<SessionRow> = {}) =>
      session({ site, session_id: uuid(n), visitor_id, started_at, channel, source: channel, ...over })
    await visits([
      on(1, 'phone', at - 30 * DAY - 1, 'Display'),
      on(2, 'phone', at - 30 * DAY, 'Paid Search'),
      on(3, 'phone', at - 2 * DAY, 'Email', { is_bot: 1 }),
      on(4, 'desk', at - DAY, 'Referral'),
      on(5, 'phone', at, 'Brand', { source: '(direct)' }), // named so by the shop's own rule
      on(6, 'phone', at + 1, 'Email'),
      on(7, 'other', at - DAY, 'Email'),
      on(8, 'far', at - DAY, 'Email', { site: 'elsewhere' }),
    ])
    await orders([
      credit({ site, conversion_id: uuid(20), visitor_id: 'desk', user_id: 'ada', event_time: at, session_id: null }),
    ])
    const ofAda = { id: uuid(20), user_id: 'ada', touches: 3 }
    expect(await answers(site)).toEqual([
      { ...ofAda, model: 'linear', touch: 1, session_id: uuid(2), touch_visitor_id: 'phone', channel: 'Paid Search', credit: 0.333334, value: 3.34 }, // prettier-ignore
      { ...ofAda, model: 'linear', touch: 2, session_id: uuid(4), touch_visitor_id: 'desk', channel: 'Referral', credit: 0.333333, value: 3.34 }, // prettier-ignore
      { ...ofAda, model: 'linear', touch: 3, session_id: uuid(5), touch_visitor_id: 'phone', channel: 'Brand', credit: 0.333333, value: 3.33 }, // prettier-ignore
    ])
    const winner = async (model: string) => (await answers(site, model)).filter((row) => row.credit > 0)
    expect(await winner('first_touch')).toMatchObject([{ touch: 1, credit: 1, value: 10.01 }])
    expect(await winner('last_touch')).toMatchObject([{ touch: 3, credit: 1, value: 10.01 }])
    expect(await winner('last_non_direct')).toMatchObject([{ touch: 2, credit: 1, value: 10.01 }])
  })

  it('ends at the converting session, whatever else of the user started before the conversion', async () => {
    const site = 'ends'
    await links(site, [['phone', 'ada'], ['desk', 'ada']]) // prettier-ignore
    const on = (n: number, visitor_id: string, started_at: number) =>
      session({ site, session_id: uuid(n), visitor_id, started_at, user_id: 'ada', channel: `c${n}` })
    await visits([
      on(201, 'phone', at - 1_200_001),
      on(202, 'desk', at - 1_200_000),
      on(203, 'phone', at - 600_000),
      // A server event that names its session may be earlier than that one's first event.
      on(204, 'desk', at + 1),
      on(205, 'desk', at - 31 * DAY),
      // At once with the converting session, and after it, as the path in stream tells.
      on(206, 'desk', at - 1_200_000),
    ])
    const own = { site, visitor_id: 'desk', user_id: 'ada', event_time: at }
    await orders([
      credit({ ...own, conversion_id: uuid(221), ...along(uuid(202)), session_id: uuid(202) }),
      credit({ ...own, conversion_id: uuid(222), ...along(uuid(202), uuid(206), uuid(204)), session_id: uuid(204) }), // prettier-ignore
      credit({ ...own, conversion_id: uuid(223), ...along(uuid(205)), session_id: uuid(205) }),
      credit({ ...own, conversion_id: uuid(224), ...along(uuid(206), uuid(202)), session_id: uuid(202) }), // prettier-ignore
      credit({ ...own, conversion_id: uuid(225), ...noPath, session_id: null }),
    ])
    const paths = new Map<string, string[]>()
    for (const { id, channel } of await answers(site)) paths.set(id, [...(paths.get(id) ?? []), channel])
    expect(Object.fromEntries(paths)).toEqual({
      [uuid(221)]: ['c201', 'c202'],
      [uuid(222)]: ['c201', 'c202', 'c206', 'c203', 'c204'],
      [uuid(223)]: ['c205'],
      [uuid(224)]: ['c201', 'c206', 'c202'],
      [uuid(225)]: ['c201', 'c202', 'c206', 'c203'],
    })
  })

  it("leaves out another person's sessions on a shared device, but for the converting one", async () => {
    const site = 'tablet'
    await links(site, [['tablet', 'ada'], ['tablet', 'bob'], ['phone', 'ada']]) // prettier-ignore
    const on = (n: number, user_id: string, started_at: number) =>
      session({ site, session_id: uuid(n), visitor_id: 'tablet', started_at, user_id, channel: `${user_id || 'nobody'} ${n}` }) // prettier-ignore
    await visits([
      on(301, 'bob', at - 3 * DAY),
      on(302, '', at - 2 * DAY),
      on(303, 'ada', at - DAY),
      // Ada buys, then Bob logs in.
      on(304, 'bob', at - 1),
    ])
    const own = { site, visitor_id: 'tablet', event_time: at, ...noPath }
    await orders([
      credit({ ...own, conversion_id: uuid(321), user_id: 'ada', session_id: uuid(303) }),
      credit({ ...own, conversion_id: uuid(322), user_id: 'ada', session_id: uuid(304) }),
      credit({ ...own, conversion_id: uuid(323), user_id: 'bob', session_id: null }),
      credit({ ...own, conversion_id: uuid(324), user_id: 'ada', session_id: null, visitor_id: 'u:ada' }),
    ])
    const paths = new Map<string, string[]>()
    for (const { id, channel } of await answers(site)) paths.set(id, [...(paths.get(id) ?? []), channel])
    expect(Object.fromEntries(paths)).toEqual({
      [uuid(321)]: ['nobody 302', 'ada 303'],
      [uuid(322)]: ['nobody 302', 'ada 303', 'bob 304'],
      [uuid(323)]: ['bob 301', 'nobody 302', 'bob 304'],
      [uuid(324)]: ['nobody 302', 'ada 303'],
    })
  })

  it('takes the only user of a visitor for a conversion that names none, and none of several', async () => {
    const site = 'owners'
    await links(site, [['phone', 'ada'], ['desk', 'ada'], ['tablet', 'ada'], ['tablet', 'bob']]) // prettier-ignore
    await visits([
      session({ site, session_id: uuid(101), visitor_id: 'phone', started_at: at - DAY, channel: 'Email' }),
      session({ site, session_id: uuid(102), visitor_id: 'nobody', started_at: at - DAY, channel: 'Email' }),
    ])
    await orders([
      credit({ site, conversion_id: uuid(121), visitor_id: 'desk', ...noPath }),
      credit({ site, conversion_id: uuid(122), visitor_id: 'tablet' }),
      credit({
        site,
        conversion_id: uuid(123),
        visitor_id: 'nobody',
        value_minor: null,
        currency: '',
        values_minor: [],
      }),
      credit({ site, conversion_id: uuid(124), visitor_id: 'unseen', user_id: 'eve' }),
      credit({ site, conversion_id: uuid(125), visitor_id: 'tablet', ...noPath }),
      credit({ site, conversion_id: uuid(126), visitor_id: 'desk', is_bot: 1 }),
      credit({ site, conversion_id: uuid(127), visitor_id: 'tablet', user_id: 'ada' }),
    ])
    const rows = await answers(site)
    const paths = rows.map(({ id, user_id, touch, session_id, channel, value }) => [id, user_id, touch, session_id, channel, value]) // prettier-ignore
    expect(paths).toEqual([
      [uuid(121), 'ada', 1, uuid(101), 'Email', 10.01],
      [uuid(122), '', 1, uuid(1), 'Paid Search', 3.34],
      [uuid(122), '', 2, uuid(2), 'Email', 3.34],
      [uuid(122), '', 3, uuid(3), 'Direct', 3.33],
      [uuid(123), '', 1, uuid(1), 'Paid Search', null],
      [uuid(123), '', 2, uuid(2), 'Email', null],
      [uuid(123), '', 3, uuid(3), 'Direct', null],
      [uuid(124), 'eve', 0, null, '(no touch)', 10.01],
      [uuid(125), '', 0, null, '(no touch)', 10.01],
      [uuid(127), 'ada', 1, uuid(101), 'Email', 10.01],
    ])
  })

  it('sums to one and to the value for each conversion and model, rounded as in stream', async () => {
    const site = 'sums'
    const random = randomFrom(7)
    const draw = (below: number) => Math.floor(random() * below)
    const users = Array.from({ length: 25 }, (_, n) => `user-${n}`)
    await links(site, users.flatMap((user, n) => [[`${n}-a`, user], [`${n}-b`, user]] as const)) // prettier-ignore
    let id = 10_000
    const touches = users.flatMap((user_id, n) =>
      Array.from({ length: draw(12) }, () => {
        const visitor_id = `${n}-${'ab'[draw(2)]}`
        const source = ['(direct)', '(direct)', 'letter'][draw(3)] ?? ''
        // Of sessions that start at once, those of other devices come first.
        const tie = visitor_id.endsWith('a') ? `own ${random()}` : ''
        const owner = ['', user_id, user_id, 'eve'][draw(4)] ?? ''
        const origin = { channel: 'Email', source, medium: '', campaign: '' }
        return { n, session_id: uuid(id++), visitor_id, user_id: owner, started_at: at + 3 - draw(12), tie, ...origin, is_bot: false } // prettier-ignore
      }),
    )
    await visits(touches.map(({ n: _, tie: __, is_bot: ___, ...of }) => session({ site, ...of })))
    const minors = users.map((_, n) => [1, -1, 0, 1001, 99_999_999_999, -1234, 2 ** 52 - 1][n % 7] ?? 0)
    const destinations = users.map((_, n) => {
      const own = touches.filter(({ visitor_id }) => visitor_id === `${n}-a`)
      const session_id = n % 3 === 0 ? null : (own[draw(own.length)]?.session_id ?? null)
      return { own, to: { event_time: at, session_id, previous: null } }
    })
    await orders(
      destinations.map(({ own, to: { session_id, event_time } }, n) => {
        const path = pathOf(own, destinations[n]!.to, defaultAttributionRules).touches
        return credit({ site, conversion_id: uuid(n + 500), visitor_id: `${n}-a`, user_id: users[n]!, session_id, value_minor: minors[n] ?? 0, event_time, ...along(...path.map((touch) => touch.session_id)) }) // prettier-ignore
      }),
    )
    const exact = `toInt64(credit * 1000000) AS millionths, toInt64(value * 100) AS minor`
    for (const model of models) {
      const rows = await rowsOf<{ id: string; path: unknown[]; credits: unknown[]; minors: unknown[] }>(
        warehouse,
        `SELECT id, arrayFilter(s -> isNotNull(s), arraySort(groupArray((touch, session_id))).2) AS path,
          arraySort(groupArray((touch, millionths))).2 AS credits, arrayMap(m -> toString(m), arraySort(groupArray((touch, minor))).2) AS minors
        FROM (SELECT conversion_id AS id, touch, session_id, ${exact} FROM ${warehouse.table('v_attribution_by_user')} WHERE site = '${site}' AND model = '${model}')
        GROUP BY id ORDER BY id`,
      )
      expect(rows).toHaveLength(users.length)
      for (const [n, row] of rows.entries()) {
        const { to } = destinations[n]!
        const theirs = touches.filter(
          (touch) => touch.n === n && (touch.user_id !== 'eve' || touch.session_id === to.session_id),
        )
        const path = pathOf(theirs, to, defaultAttributionRules).touches
        expect(row.path).toEqual(path.map((touch) => touch.session_id))
        const credits = creditsOf(model, path, at, { halfLifeMs: DAY })
        const parts = divideMoney(minors[n] ?? 0, credits)
        const whole = path.length === 0
        expect(row.credits.map(Number)).toEqual(whole ? [1_000_000] : credits)
        expect(row.minors).toEqual((whole ? [minors[n]] : parts).map(String))
      }
    }
  })

  it('says in each column what the conversion and its sessions say', async () => {
    const site = 'columns'
    await links(site, [['phone', 'ada'], ['desk', 'ada']]) // prettier-ignore
    await visits([
      session({ site, session_id: uuid(401), visitor_id: 'phone', started_at: at - 2000, channel: 'Display', source: 'google', medium: 'cpm', campaign: 'spring' }), // prettier-ignore
      // Direct in any case, as Google has it too.
      session({ site, session_id: uuid(402), visitor_id: 'desk', started_at: at - 1000, channel: 'Direct', source: '(Direct)', medium: '(Not set)' }), // prettier-ignore
    ])
    const one = { conversion_id: uuid(421), site, visitor_id: 'desk', user_id: 'ada', goal: 'lead', currency: 'EUR' }
    await orders([credit({ ...one, event_time: at, session_id: uuid(402), ...along(uuid(402)) })])
    const found = await rowsOf(
      warehouse,
      `SELECT * REPLACE(toUnixTimestamp64Milli(event_time)::Float64 AS event_time, toUnixTimestamp64Milli(touched_at)::Float64 AS touched_at, toFloat64(credit) AS credit, toFloat64(value) AS value)
      FROM ${warehouse.table('v_attribution_by_user')} WHERE site = '${site}' AND model = 'last_non_direct' ORDER BY touch`,
    )
    const each = { ...one, event_time: at, model: 'last_non_direct', touches: 2 }
    expect(found).toEqual([
      { ...each, touch: 1, session_id: uuid(401), touch_visitor_id: 'phone', touched_at: at - 2000, channel: 'Display', source: 'google', medium: 'cpm', campaign: 'spring', credit: 1, value: 10.01 }, // prettier-ignore
      { ...each, touch: 2, session_id: uuid(402), touch_visitor_id: 'desk', touched_at: at - 1000, channel: 'Direct', source: '(Direct)', medium: '(Not set)', campaign: '', credit: 0, value: 0 }, // prettier-ignore
    ])
  })

  it('says the same to a reader whose joins give nulls', async () => {
    const from = `FROM ${warehouse.table('v_attribution_by_user')} ORDER BY ALL`
    const plain = await rowsOf(warehouse, `SELECT * ${from}`)
    expect(plain.length).toBeGreaterThan(0)
    expect(await rowsOf(warehouse, `SELECT * ${from} SETTINGS join_use_nulls = 1`)).toEqual(plain)
  })
})
