import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { ConversionRow, SessionRow } from '@cairn/domain'
import { createCodec, createContainerBuilder, readCatalog, type Warehouse } from '@cairn/runtime'
import { randomFrom } from '@cairn/testkit'
import { insertContainer } from '../support/insert.ts'
import { ownNamespace } from '../support/kafka.ts'
import { effectsOf, newcombe, type Path } from '../support/micro-to-macro.ts'
import { conversion, session, uuid } from '../support/records.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

const HOUR = 3_600_000
const DAY = 24 * HOUR
const start = Date.UTC(2026, 4, 1)

jest.setTimeout(60_000)

const micro = (goal: string, time: number) => ({ goal, kind: 'micro' as const, time })
const macro = (goal: string, time: number) => ({ goal, kind: 'macro' as const, time })

/** Few distinct times, so that equal ones and waits of exactly a window come about. */
function generated(seed: number, count: number): Path[] {
  const random = randomFrom(seed)
  const draw = (below: number) => Math.floor(random() * below)
  const time = () => start + draw(6) * 7 * DAY + draw(3) * DAY + draw(2)
  const many = <T>(most: number, one: () => T) => Array.from({ length: draw(most + 1) }, one)
  return Array.from({ length: count }, () => ({
    channels: many(3, () => ['Direct', 'Email', 'Paid Search'][draw(3)] ?? ''),
    conversions: [
      ...many(5, () => micro(['newsletter', 'search', 'wishlist'][draw(3)] ?? '', time())),
      ...many(3, () => macro(['purchase', 'purchase', 'lead'][draw(3)] ?? '', time())),
    ],
  })).filter((path) => path.channels.length + path.conversions.length > 0)
}

describe('v_micro_to_macro', () => {
  let warehouse: Warehouse
  let rows = 0
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('micro_to_macro'))
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  async function insert(schema: 'session' | 'conversion', written: readonly (SessionRow | ConversionRow)[]) {
    const builder = createContainerBuilder(catalog.named(schema), 1, 0)
    for (const row of written) expect(builder.add(rows++, codec.encode(schema, row as never))).toBeUndefined()
    const token = `${schema}-${rows}`
    await insertContainer(warehouse, `${schema}s_in`, builder.build(), token)
  }

  async function store(site: string, paths: readonly Path[], is_bot: 0 | 1 = 0) {
    let id = is_bot * 1_000_000
    const of = (n: number) => ({ site, visitor_id: `${is_bot}-${n}`, is_bot })
    const sessions = paths.flatMap(({ channels }, n) =>
      channels.map((channel, at) =>
        session({ ...of(n), session_id: uuid(id++), started_at: start + at * DAY, channel }),
      ),
    )
    const conversions = paths.flatMap((path, n) =>
      path.conversions.map(({ goal, kind, time: event_time }) =>
        conversion({ ...of(n), conversion_id: uuid(id++), session_id: null, goal, kind, event_time }),
      ),
    )
    if (sessions.length > 0) await insert('session', sessions)
    if (conversions.length > 0) await insert('conversion', conversions)
  }

  const answers = (site: string, where = '1') =>
    rowsOf<Record<string, string | number | null>>(
      warehouse,
      `SELECT * EXCEPT site FROM ${warehouse.table('v_micro_to_macro')} WHERE site = '${site}' AND (${where})
      ORDER BY micro_goal, macro_goal, window_days, channel`,
    )

  it('counts what a person would count', async () => {
    const noon = start + DAY / 2
    await store('counted', [
      // In time for all windows; a second order, which no visitor counts for, is an assist too.
      { channels: ['Email', 'Direct'], conversions: [micro('newsletter', noon), macro('purchase', noon + 2 * HOUR), macro('purchase', noon + 3 * DAY)] }, // prettier-ignore
      // In time for 7 and 30 days.
      { channels: ['Email'], conversions: [micro('newsletter', noon), macro('purchase', noon + 4 * DAY)] },
      // Reached, and never bought.
      { channels: ['Direct'], conversions: [micro('newsletter', noon)] },
      { channels: ['Direct'], conversions: [micro('newsletter', noon)] },
      // Bought first; one came in the very millisecond of the order. The second order of the first has it before.
      { channels: ['Direct'], conversions: [macro('purchase', noon), micro('newsletter', noon + HOUR), macro('purchase', noon + 3 * HOUR)] }, // prettier-ignore
      { channels: ['Direct'], conversions: [macro('purchase', noon), micro('newsletter', noon)] },
      // Without sessions: in no channel.
      { channels: [], conversions: [macro('purchase', noon)] },
      // Came and did nothing.
      ...Array.from({ length: 3 }, () => ({ channels: ['Direct'], conversions: [] })),
    ])
    const common = { micro_goal: 'newsletter', macro_goal: 'purchase' }
    const all = await answers('counted', "channel = ''")
    expect(all).toMatchObject([
      { ...common, window_days: 1, visitors_with: 4, visitors_without: 6, converted_with: 1, converted_without: 3, rate_with: 0.25, rate_without: 0.5, lift: -0.25, assists: 2, median_hours_to_macro: 2 }, // prettier-ignore
      { ...common, window_days: 7, visitors_with: 4, visitors_without: 6, converted_with: 2, converted_without: 3, rate_with: 0.5, rate_without: 0.5, lift: 0, assists: 4, median_hours_to_macro: 37 }, // prettier-ignore
      { ...common, window_days: 30, visitors_with: 4, visitors_without: 6, converted_with: 2, converted_without: 3, rate_with: 0.5, rate_without: 0.5, lift: 0, assists: 4, median_hours_to_macro: 37 }, // prettier-ignore
    ])
    expect(await answers('counted', "channel = 'Email' AND window_days = 7")).toEqual([
      { ...common, window_days: 7, channel: 'Email', visitors_with: 2, visitors_without: 0, converted_with: 2, converted_without: 0, rate_with: 1, rate_without: null, lift: null, lift_low: null, lift_high: null, assists: 3, median_hours_to_macro: 72, removal_effect: 1 }, // prettier-ignore
    ])
  })

  it('has the interval of the published example: 56 of 70 against 48 of 80', async () => {
    const visitors = (count: number, conversions: Path['conversions']) =>
      Array.from({ length: count }, () => ({ channels: ['Direct'], conversions }))
    await store('published', [
      ...visitors(56, [micro('newsletter', start), macro('purchase', start + 1)]),
      ...visitors(14, [micro('newsletter', start)]),
      ...visitors(48, [macro('purchase', start)]),
      ...visitors(32, []),
    ])
    const [row] = await answers('published', "channel = '' AND window_days = 1")
    expect(row).toMatchObject({ visitors_with: 70, converted_with: 56, visitors_without: 80, converted_without: 48 })
    expect([row?.['lift'], row?.['lift_low'], row?.['lift_high']].map((value) => Number(value).toFixed(4))).toEqual(
      ['0.2000', '0.0524', '0.3339'], // Newcombe 1998, table II, (a), method 10
    )
    expect(newcombe(9, 10, 3, 10).lift_low).toBeCloseTo(0.1705, 4)
    expect(newcombe(9, 10, 3, 10).lift_high).toBeCloseTo(0.809, 4)
  })

  it('takes exactly the window as within it', async () => {
    await store('edge', [
      { channels: ['Direct'], conversions: [micro('search', start), macro('purchase', start + DAY)] },
      { channels: ['Direct'], conversions: [micro('search', start), macro('purchase', start + DAY + 1)] },
    ])
    expect(await answers('edge', "channel = ''")).toMatchObject([
      { window_days: 1, visitors_with: 2, converted_with: 1, assists: 1, rate_without: null, lift_low: null },
      { window_days: 7, visitors_with: 2, converted_with: 2, assists: 2 },
      { window_days: 30, visitors_with: 2, converted_with: 2, assists: 2 },
    ])
  })

  it('loses what led through a goal when that leads to nothing', async () => {
    const [noon, later] = [start + DAY / 2, start + 3 * DAY]
    await store('chain', [
      // Three days before the order: a step of the longer windows only.
      { channels: ['Direct'], conversions: [micro('newsletter', noon), micro('search', later), macro('purchase', later + HOUR), micro('newsletter', later + HOUR)] }, // prettier-ignore
      { channels: ['Direct'], conversions: [micro('newsletter', noon)] },
      {
        channels: ['Direct'],
        conversions: [micro('search', noon), macro('purchase', noon + 1), macro('purchase', later)],
      },
      { channels: ['Direct'], conversions: [micro('search', noon)] },
      // Without a step before the order: nobody's.
      { channels: ['Direct'], conversions: [macro('purchase', noon), micro('newsletter', noon)] },
      // Nobody of this channel bought.
      { channels: ['Email'], conversions: [micro('search', noon)] },
    ])
    const effects = async (where: string) =>
      (await answers('chain', where)).map((row) => [row['micro_goal'], row['window_days'], row['removal_effect']])
    // Start to newsletter 1/2, to search 1/2; newsletter to search 1/2; search to an order 2/3: 1/2 x 1/2 x 2/3 + 1/2 x 2/3 =
    // 1/2 of the journeys buy, without the newsletter 1/2 x 2/3 = 1/3. Within a day nothing leads from it to an order.
    expect(await effects("channel = 'Direct'")).toEqual([
      ['newsletter', 1, 0],
      ['newsletter', 7, expect.closeTo(1 / 3, 12)],
      ['newsletter', 30, expect.closeTo(1 / 3, 12)],
      ['search', 1, 1],
      ['search', 7, expect.closeTo(1, 12)],
      ['search', 30, expect.closeTo(1, 12)],
    ])
    expect(await effects("channel = 'Email' AND window_days = 7")).toEqual([
      ['newsletter', 7, null],
      ['search', 7, null],
    ])
  })

  it.each([1, 2, 3])('says what counting visitor by visitor says, and nothing of bots (seed %i)', async (seed) => {
    const paths = generated(seed, 60)
    await store(`seed-${seed}`, paths)
    await store(`seed-${seed}`, generated(seed + 100, 30), 1)
    const found = await answers(`seed-${seed}`)
    const expected = effectsOf(paths)
    const counts = (row: object) => Object.entries(row).filter(([name]) => !/rate|lift|median|removal/.test(name))
    expect(found.map(counts).map((row) => Object.fromEntries(row))).toEqual(
      expected.map(counts).map((row) => Object.fromEntries(row)),
    )
    for (const [at, row] of expected.entries()) {
      for (const [name, value] of Object.entries(row).filter(([column]) => /rate|lift|median|removal/.test(column))) {
        const seen = found[at]?.[name]
        if (value === null) expect([name, seen]).toEqual([name, null])
        else expect(Math.abs(Number(seen) - Number(value))).toBeLessThan(1e-9)
      }
    }
  })

  it('says the same to a reader whose joins give nulls', async () => {
    const from = `FROM ${warehouse.table('v_micro_to_macro')} ORDER BY ALL`
    const plain = await rowsOf(warehouse, `SELECT * ${from}`)
    expect(plain.length).toBeGreaterThan(0)
    expect(await rowsOf(warehouse, `SELECT * ${from} SETTINGS join_use_nulls = 1`)).toEqual(plain)
  })
})
