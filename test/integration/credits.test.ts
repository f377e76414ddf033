import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createCodec, readCatalog, type Warehouse } from '@cairn/runtime'
import { containerOf, insertContainer } from '../support/insert.ts'
import { ownNamespace } from '../support/kafka.ts'
import { credit, uuid } from '../support/records.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const codec = createCodec(readCatalog())

jest.setTimeout(60_000)

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await migratedWarehouse(ownNamespace('credits'))
})
afterAll(async () => {
  await dropDatabase(warehouse)
})

describe('v_attribution', () => {
  it('gives one row a macro conversion, model and touchpoint, whose shares sum to the whole', async () => {
    const site = 'credited'
    const none = {
      touch_session_ids: [],
      touch_started_at: [],
      touch_channels: [],
      touch_sources: [],
      touch_mediums: [],
    }
    const untouched = credit({
      conversion_id: uuid(31),
      site,
      session_id: null,
      ...none,
      touch_campaigns: [],
      credits: [[], []],
      values_minor: [[], []],
    })
    const unvalued = credit({ conversion_id: uuid(32), site, value_minor: null, currency: '', values_minor: [] })
    const bot = credit({ conversion_id: uuid(33), site, is_bot: 1 })
    const gone = credit({ conversion_id: uuid(34), site, is_deleted: 1 })
    const rows = [credit({ site }), untouched, unvalued, bot, gone].map((row) => codec.encode('credit', row))
    await insertContainer(warehouse, 'credits_in', containerOf('credit', 0, rows), 'credited', 2)
    const of = `FROM ${warehouse.table('v_attribution')} WHERE site = '${site}'`
    expect(
      await rowsOf(warehouse, `SELECT conversion_id AS id, model, count() AS n, toFloat64(sum(credit)) AS credit, toFloat64(sum(value)) AS value ${of} GROUP BY id, model ORDER BY id, model`), // prettier-ignore
    ).toEqual([
      { id: uuid(30), model: 'first_touch', n: 3, credit: 1, value: 10.01 },
      { id: uuid(30), model: 'linear', n: 3, credit: 1, value: 10.01 },
      { id: uuid(31), model: 'first_touch', n: 1, credit: 1, value: 10.01 },
      { id: uuid(31), model: 'linear', n: 1, credit: 1, value: 10.01 },
      { id: uuid(32), model: 'first_touch', n: 3, credit: 1, value: null },
      { id: uuid(32), model: 'linear', n: 3, credit: 1, value: null },
    ])
    expect(
      await rowsOf(warehouse, `SELECT touch, touches, session_id, channel, source, campaign, toFloat64(credit) AS credit, toFloat64(value) AS value ${of} AND conversion_id = '${uuid(30)}' AND model = 'linear' ORDER BY touch`), // prettier-ignore
    ).toEqual([
      { touch: 1, touches: 3, session_id: uuid(1), channel: 'Paid Search', source: 'google', campaign: 'spring', credit: 0.333334, value: 3.34 }, // prettier-ignore
      { touch: 2, touches: 3, session_id: uuid(2), channel: 'Email', source: 'letter', campaign: '', credit: 0.333333, value: 3.34 }, // prettier-ignore
      { touch: 3, touches: 3, session_id: uuid(3), channel: 'Direct', source: '(direct)', campaign: '', credit: 0.333333, value: 3.33 }, // prettier-ignore
    ])
    expect(
      await rowsOf(warehouse, `SELECT touch, touches, session_id, channel, source ${of} AND conversion_id = '${uuid(31)}' AND model = 'linear'`), // prettier-ignore
    ).toEqual([{ touch: 0, touches: 0, session_id: null, channel: '(no touch)', source: '' }])
  })

  it('says in each column what the credit says, and how many touchpoints its path has no room for', async () => {
    const at = Date.UTC(2026, 4, 17, 12)
    const whole = { conversion_id: uuid(35), site: 'columns', visitor_id: 'v-2', user_id: 'ada', goal: 'lead', event_time: at } // prettier-ignore
    const told = { touches_omitted: 4, reason: 'path', definitions_number: 7, models: ['linear'], credits: [[333_334, 333_333, 333_333]], values_minor: [[334, 334, 333]] } as const // prettier-ignore
    const row = codec.encode('credit', credit({ ...whole, ...told }))
    await insertContainer(warehouse, 'credits_in', containerOf('credit', 10, [row]), 'columns')
    const found = await rowsOf<Record<string, unknown>>(
      warehouse,
      `SELECT * REPLACE(toUnixTimestamp64Milli(event_time)::Float64 AS event_time, toUnixTimestamp64Milli(touched_at)::Float64 AS touched_at, toFloat64(credit) AS credit, toFloat64(value) AS value)
      FROM ${warehouse.table('v_attribution')} WHERE site = 'columns' ORDER BY touch`,
    )
    const each = { ...whole, model: 'linear', touches: 3, touches_omitted: 4, currency: 'EUR', reason: 'path', definitions_version: 7 } // prettier-ignore
    expect(found).toEqual([
      { ...each, touch: 1, session_id: uuid(1), touched_at: at - 3_000, channel: 'Paid Search', source: 'google', medium: 'cpc', campaign: 'spring', credit: 0.333334, value: 3.34 }, // prettier-ignore
      { ...each, touch: 2, session_id: uuid(2), touched_at: at - 2_000, channel: 'Email', source: 'letter', medium: 'email', campaign: '', credit: 0.333333, value: 3.34 }, // prettier-ignore
      { ...each, touch: 3, session_id: uuid(3), touched_at: at - 1_000, channel: 'Direct', source: '(direct)', medium: '(none)', campaign: '', credit: 0.333333, value: 3.33 }, // prettier-ignore
    ])
  })
})

describe('v_assists', () => {
  it('gives one row a macro conversion and micro conversion before it, and none of bots or what was withdrawn', async () => {
    const site = 'assisted'
    const at = Date.UTC(2026, 4, 17, 12)
    const two = {
      assist_conversion_ids: [uuid(40), uuid(41)],
      assist_goals: ['newsletter', 'search'],
      assist_times: [at - 86_400_000, at - 2_500],
      assists_omitted: 7,
    }
    const none = { assist_conversion_ids: [], assist_goals: [], assist_times: [] }
    const rows = [
      credit({ conversion_id: uuid(51), site, user_id: 'ada', ...two }),
      credit({ conversion_id: uuid(52), site, ...none }),
      credit({ conversion_id: uuid(53), site, is_bot: 1 }),
      credit({ conversion_id: uuid(54), site }),
      credit({ conversion_id: uuid(54), site, version: 2, is_deleted: 1, ...none }),
    ]
    const container = containerOf(
      'credit',
      0,
      rows.map((row) => codec.encode('credit', row)),
    )
    await insertContainer(warehouse, 'credits_in', container, 'assisted')
    const of = { conversion_id: uuid(51), goal: 'purchase', assists: 2, assists_omitted: 7 }
    expect(
      await rowsOf(warehouse, `SELECT conversion_id, goal, assists, assists_omitted, assist, micro_conversion_id, micro_goal, seconds_to_macro FROM ${warehouse.table('v_assists')} WHERE site = '${site}' ORDER BY conversion_id, assist`), // prettier-ignore
    ).toEqual([
      { ...of, assist: 1, micro_conversion_id: uuid(40), micro_goal: 'newsletter', seconds_to_macro: 86_400 },
      { ...of, assist: 2, micro_conversion_id: uuid(41), micro_goal: 'search', seconds_to_macro: 2.5 },
    ])
    expect(
      await rowsOf(warehouse, `SELECT visitor_id, user_id, toUnixTimestamp64Milli(event_time)::Float64 AS event_time, toUnixTimestamp64Milli(micro_time)::Float64 AS micro_time FROM ${warehouse.table('v_assists')} WHERE site = '${site}' ORDER BY assist`), // prettier-ignore
    ).toEqual(two.assist_times.map((micro_time) => ({ visitor_id: 'v-1', user_id: 'ada', event_time: at, micro_time })))
  })
})
