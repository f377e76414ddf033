import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createCodec, readCatalog, type Warehouse } from '@cairn/runtime'
import { containerOf, insert } from '../support/insert.ts'
import { ownNamespace } from '../support/kafka.ts'
import { credit, uuid } from '../support/records.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const codec = createCodec(readCatalog())

jest.setTimeout(60_000)

describe('v_attribution', () => {
  let warehouse: Warehouse
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('credits'))
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

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
    await insert(warehouse, 'credits_in', containerOf('credit', 0, rows), 'credited', 2)
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
})
