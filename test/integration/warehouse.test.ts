import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createCodec, readCatalog, type Warehouse } from '@cairn/runtime'
import type { SessionRow } from '@cairn/domain'
import { ownNamespace } from '../support/kafka.ts'
import { conversion, correction, event, label, noGoals, session, uuid } from '../support/records.ts'
import { containerOf, insertContainer, insertedPartition as partition } from '../support/insert.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const labelled = catalog.named('labelled:1')

// Inserts into many months and views are slow beside other tests on a small machine.
jest.setTimeout(60_000)

describe('the warehouse', () => {
  let warehouse: Warehouse
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('warehouse'))
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  it('declares in each view the types its query gives: else a filter on such a column is refused', async () => {
    const views = await rowsOf<{ name: string; as_select: string }>(
      warehouse,
      `SELECT name, as_select FROM system.tables WHERE database = '${warehouse.database.replaceAll('`', '')}' AND engine = 'View'`,
    )
    expect(views.length).toBeGreaterThan(3)
    for (const { name, as_select: query } of views) {
      const types = async (of: string) => {
        const described = await rowsOf<{ name: string; type: string }>(warehouse, `DESCRIBE TABLE ${of}`)
        return described.map((column) => `${name}.${column.name} ${column.type}`)
      }
      expect(await types(`${warehouse.database}.${name}`)).toEqual(await types(`(${query})`))
    }
  })

  it('reads every field of a labelled event out of its original bytes', async () => {
    const sent = event({
      event_id: 'full',
      sent_at: Date.UTC(2026, 4, 17, 12, 0, 0, 123),
      properties: { 'a b': 'ü'.repeat(300), nested: '{"x":[1]}' },
      value_minor: -(2 ** 52),
      currency: 'JPY',
      is_bot: true,
      content_hash: 1,
    })
    const value = label({ session_id: null, goals: ['a', 'b'], is_late: true, input_offset: 2 ** 40 })
    const message = codec.prependLabel(codec.encodeEvent(sent), 1, value)
    await insertContainer(warehouse, 'events', containerOf(labelled.name, 2 ** 33, [message]), 'full')
    const [row] = await rowsOf<Record<string, unknown>>(
      warehouse,
      `SELECT * REPLACE(toUnixTimestamp64Milli(event_time) AS event_time, toUnixTimestamp64Milli(received_at) AS received_at,
        toUnixTimestamp64Milli(appended_at) AS appended_at, toUnixTimestamp64Milli(assumeNotNull(sent_at)) AS sent_at)
      FROM ${warehouse.table('events')} WHERE event_id = 'full'`,
    )
    const { content_hash, ...fields } = row!
    expect(fields).toEqual({
      ...{ ...sent, content_hash: undefined },
      ...value,
      _gen: 1,
      _partition: partition,
      _offset: 2 ** 33,
    })
    expect(content_hash).not.toBe(0)
  })

  it('takes an insert that spans more months than ClickHouse allows by default', async () => {
    const messages = Array.from({ length: 120 }, (_, month) =>
      codec.prependLabel(
        codec.encodeEvent(event({ event_id: `m-${month}`, event_time: Date.UTC(2000, month, 1), site: 'import' })),
        1,
        label(),
      ),
    )
    await insertContainer(warehouse, 'events', containerOf(labelled.name, 1000, messages), 'months', 2)
    const [counted] = await rowsOf(
      warehouse,
      `SELECT count() AS n, uniqExact(_partition_id) AS months FROM ${warehouse.table('events')} WHERE site = 'import'`,
    )
    expect(counted).toEqual({ n: 120, months: 120 })
  })

  it('shows events under the session they belong to now', async () => {
    const at = (n: number) => codec.prependLabel(codec.encodeEvent(event({ event_id: `move-${n}`, site: 'moves' })), 1, label({ session_id: uuid(n) })) // prettier-ignore
    await insertContainer(warehouse, 'events', containerOf(labelled.name, 5000, [at(10), at(11), at(12)]), 'moves')
    const retracted = (n: number, into: number, version: number) =>
      codec.encode('session', session({ session_id: uuid(n), site: 'moves', version, is_deleted: 1, counted: 0, state: 'retracted', merged_into: uuid(into) })) // prettier-ignore
    const rows = [retracted(10, 11, 1), retracted(11, 12, 2), retracted(10, 12, 2)]
    await insertContainer(warehouse, 'sessions_in', containerOf('session', 5000, rows), 'moves', 2)
    const seen = await rowsOf(
      warehouse,
      `SELECT event_id, session_id FROM ${warehouse.table('v_events')} WHERE site = 'moves' ORDER BY event_id`,
    )
    expect(seen).toEqual([10, 11, 12].map((n) => ({ event_id: `move-${n}`, session_id: uuid(12) })))
  })

  it('shows single events under the session that each has moved to, and that one under what took it', async () => {
    const at = (n: number, session_id: string | null) =>
      codec.prependLabel(codec.encodeEvent(event({ event_id: `own-${n}`, site: 'own-moves' })), 1, label({ session_id, input_offset: 7000 + n })) // prettier-ignore
    const events = [at(0, null), at(1, uuid(30)), at(2, uuid(30)), at(3, uuid(32))]
    await insertContainer(warehouse, 'events', containerOf(labelled.name, 7000, events), 'own-moves')
    const takes = (n: number, version: number, moved_offsets: number[]) =>
      codec.encode('session', session({ session_id: uuid(n), site: 'own-moves', version, counted: 0, moved_offsets })) // prettier-ignore
    const merged = codec.encode('session', session({ session_id: uuid(33), site: 'own-moves', version: 9, is_deleted: 1, counted: 0, state: 'retracted', merged_into: uuid(34) })) // prettier-ignore
    const rows = [takes(31, 8, [7001, 7000]), takes(30, 9, []), merged, takes(33, 8, [7003]), takes(35, 10, [7000])]
    await insertContainer(warehouse, 'sessions_in', containerOf('session', 7000, rows), 'own-moves', 2)
    const seen = await rowsOf(
      warehouse,
      `SELECT event_id, session_id FROM ${warehouse.table('v_events')} WHERE site = 'own-moves' ORDER BY event_id`,
    )
    expect(seen).toEqual([35, 31, 30, 34].map((n, at) => ({ event_id: `own-${at}`, session_id: uuid(n) })))
  })

  it('tells engaged sessions from bounces at the exact edge, and passes on what the row says', async () => {
    const at = Date.UTC(2026, 4, 17, 12)
    const still = { started_at: at, ended_at: at + 10_000, page_views: 1, site: 'engaged' }
    const rows = [
      still,
      { ...still, ended_at: at + 10_001 },
      { ...still, page_views: 2 },
      { ...still, micro: 1 },
      { ...still, is_new: 0 as const, cart_stage: 'cart' as const },
    ].map((over, n) => codec.encode('session', session({ session_id: uuid(40 + n), ...over })))
    await insertContainer(warehouse, 'sessions_in', containerOf('session', 8000, rows), 'engaged')
    const seen = await rowsOf<Record<string, unknown>>(
      warehouse,
      `SELECT is_engaged, is_bounce, is_new, cart_stage FROM ${warehouse.table('v_sessions')} WHERE site = 'engaged' ORDER BY session_id`,
    )
    expect(seen.map((row) => Object.values(row))).toEqual([
      [false, true, true, 'none'],
      [true, false, true, 'none'],
      [true, false, true, 'none'],
      [true, false, true, 'none'],
      [false, true, false, 'cart'],
    ])
  })

  it('gives money in major units of its currency', async () => {
    const goals = {
      goal_names: ['purchase', 'purchase', 'purchase', 'signup'],
      goal_currencies: ['EUR', 'JPY', 'KWD', 'EUR'],
      goal_macro: [1, 1, 1, 0],
      goal_converted: [1, 0, 0, 1],
      goal_counts: [2, 1, 1, 1],
      goal_values: [1234, 500, 1500, 99_999],
    }
    const paid = session({ session_id: uuid(20), site: 'money', micro: 1, macro: 4, ...goals })
    const bot = session({ session_id: uuid(21), site: 'money', is_bot: 1, counted: 0 })
    const rows = [paid, bot].map((row) => codec.encode('session', row))
    await insertContainer(warehouse, 'sessions_in', containerOf('session', 6000, rows), 'money')
    expect(await rowsOf(warehouse, `SELECT session_id, value FROM ${warehouse.table('v_sessions')} WHERE site = 'money'`)) // prettier-ignore
      .toEqual([{ session_id: uuid(20), value: { EUR: 12.34, JPY: 500, KWD: 1.5 } }])

    const order = conversion({ conversion_id: uuid(22), site: 'money', value_minor: 1500, currency: 'KWD' })
    const free = conversion({ conversion_id: uuid(23), site: 'money' })
    const dropped = conversion({ conversion_id: uuid(24), site: 'money', is_deleted: 1 })
    await insertContainer(
      warehouse,
      'conversions_in',
      containerOf(
        'conversion',
        6000,
        [order, free, dropped].map((row) => codec.encode('conversion', row)),
      ),
      'money',
      2,
    )
    expect(await rowsOf(warehouse, `SELECT conversion_id, value FROM ${warehouse.table('v_conversions')} WHERE site = 'money' ORDER BY conversion_id`)) // prettier-ignore
      .toEqual([
        { conversion_id: uuid(22), value: 1.5 },
        { conversion_id: uuid(23), value: null },
      ])
    expect(await rowsOf(warehouse, `SELECT goal, currency, sessions, converting_sessions, micro, macro, value FROM ${warehouse.table('v_channel_hourly')} WHERE site = 'money' ORDER BY goal, currency`)) // prettier-ignore
      .toEqual([
        { goal: '', currency: '', sessions: 1, converting_sessions: 1, micro: 0, macro: 0, value: 0 },
        { goal: 'purchase', currency: 'EUR', sessions: 0, converting_sessions: 1, micro: 0, macro: 2, value: 12.34 },
        { goal: 'purchase', currency: 'JPY', sessions: 0, converting_sessions: 0, micro: 0, macro: 1, value: 500 },
        { goal: 'purchase', currency: 'KWD', sessions: 0, converting_sessions: 0, micro: 0, macro: 1, value: 1.5 },
        { goal: 'signup', currency: 'EUR', sessions: 0, converting_sessions: 1, micro: 1, macro: 0, value: 999.99 },
      ])
  })

  it('keeps the roll-up equal to the sessions through corrections, deletions and repeated inserts', async () => {
    const count = 3000
    const channels = ['Direct', 'Paid Search', 'Email', 'Referral']
    const purchase = (value: number) => ({
      ...noGoals,
      ...{ goal_names: ['cart', 'purchase'], goal_currencies: ['', 'EUR'], goal_macro: [0, 1], goal_converted: [1, 1] },
      ...{ goal_counts: [2, 1], goal_values: [0, value], micro: 2, macro: 1 },
    })
    const hour = (n: number) => Date.UTC(2026, 0, 31, 20) + n * 1_800_000
    const first = Array.from({ length: count }, (_, n) =>
      session({
        session_id: uuid(100_000 + n),
        site: 'roll',
        id_time: hour(n % 40),
        started_at: hour(n % 40),
        channel: channels[n % 4]!,
        ...(n % 3 === 0 ? purchase(n) : {}),
      }),
    )
    const second = first.map((row, n) =>
      correction(row, 2, {
        channel: channels[(n + (n % 5 === 0 ? 1 : 0)) % 4]!,
        started_at: row.started_at - (n % 7 === 0 ? 3_600_000 : 0),
        ...(n % 4 === 0 ? purchase(n * 3) : {}),
      }),
    )
    const third = second.flatMap((row, n) => {
      if (n % 6 === 0) return [correction(row, 3, { is_deleted: 1, counted: 0, state: 'retracted', ...noGoals })]
      return n % 2 === 0 ? [correction(row, 3, { campaign: `c${n % 3}`, is_bot: n % 10 === 0 ? 1 : 0, counted: n % 10 === 0 ? 0 : 1 })] : [] // prettier-ignore
    })
    const standing = new Map<string, SessionRow>()
    for (const [step, rows] of [first, second, third].entries()) {
      const messages = rows.map((row) => codec.encode('session', row))
      await insertContainer(
        warehouse,
        'sessions_in',
        containerOf('session', 10_000 * (step + 1), messages),
        `roll-${step}`,
        3,
      )
      for (const row of rows) standing.set(row.session_id, row)
      const there = [...standing.values()].filter((row) => row.is_deleted === 0)
      const expected = rollUpOf(there.filter((row) => row.counted === 1))
      expect(await rollUp(warehouse, 'channel_hourly')).toEqual(expected)
      expect(await rollUp(warehouse, 'channel_hourly_facts')).toEqual(expected)
      expect(await rowsOf(warehouse, `SELECT count() AS n FROM ${warehouse.table('sessions')} FINAL WHERE site = 'roll'`)) // prettier-ignore
        .toEqual([{ n: there.length }])
    }
  })
})

function rollUp(warehouse: Warehouse, table: string): Promise<unknown[]> {
  return rowsOf(
    warehouse,
    `SELECT concat(toString(toUnixTimestamp(hour)), ' ', channel, ' ', campaign, ' ', goal, ' ', currency) AS key,
      [sum(t.sessions), sum(t.converting_sessions), sum(t.micro), sum(t.macro), sum(t.value_minor)] AS measures
    FROM ${warehouse.table(table)} AS t WHERE site = 'roll' GROUP BY key
    HAVING arrayExists(m -> m != 0, measures) ORDER BY key`,
  )
}

/** What the roll-up must say, added up the plain way. */
function rollUpOf(rows: readonly SessionRow[]): { key: string; measures: number[] }[] {
  const sums = new Map<string, number[]>()
  const add = (row: SessionRow, goal: string, currency: string, measures: number[]) => {
    const hour = Math.floor(row.started_at / 3_600_000) * 3600
    const key = `${hour} ${row.channel} ${row.campaign} ${goal} ${currency}`
    const before = sums.get(key) ?? [0, 0, 0, 0, 0]
    sums.set(
      key,
      before.map((sum, i) => sum + measures[i]!),
    )
  }
  for (const row of rows) {
    add(row, '', '', [1, row.goal_macro.includes(1) ? 1 : 0, 0, 0, 0])
    row.goal_names.forEach((goal, i) => {
      const isMacro = row.goal_macro[i] === 1
      const n = row.goal_counts[i]!
      add(row, goal, row.goal_currencies[i]!, [0, row.goal_converted[i]!, isMacro ? 0 : n, isMacro ? n : 0, row.goal_values[i]!]) // prettier-ignore
    })
  }
  return [...sums]
    .map(([key, measures]) => ({ key, measures }))
    .filter(({ measures }) => measures.some((m) => m !== 0))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}
