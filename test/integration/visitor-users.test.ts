import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createCodec, readCatalog, silentLogger, type SinkIntent, type Warehouse } from '@cairn/runtime'
import { repairByDifference, visitorUsers } from '../../services/sink/src/repair/by-difference.ts'
import type { Shell } from '../../services/sink/src/shell.ts'
import { ownNamespace } from '../support/kafka.ts'
import { event, label } from '../support/records.ts'
import { containerOf, insertContainer, insertedPartition as partition } from '../support/insert.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

jest.setTimeout(60_000)

describe('the warehouse', () => {
  let warehouse: Warehouse
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('users'))
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  describe('visitors and their users', () => {
    const visits = [
      { event_id: 'l1', visitor_id: 'phone', user_id: 'ada', event_time: 3000 },
      { event_id: 'l2', visitor_id: 'phone', user_id: 'ada', event_time: 1000 },
      { event_id: 'l3', visitor_id: 'phone', user_id: 'bob', event_time: 2000 },
      { event_id: 'l4', visitor_id: 'phone', user_id: '', event_time: 500 },
      { event_id: 'l5', visitor_id: '', user_id: 'eve', event_time: 500 },
      { event_id: 'l6', visitor_id: 'u:ada', user_id: 'ada', event_time: 4000, type: 'alias', previous_id: 'desk' },
      { event_id: 'l7', visitor_id: 'desk', user_id: 'ada', event_time: 5000, type: 'alias', previous_id: 'desk' },
      { event_id: 'l8', visitor_id: 'desk', user_id: 'ada', event_time: 6000, previous_id: 'other' },
      { event_id: 'l9', visitor_id: 'phone', user_id: 'ada', event_time: 100, is_bot: true },
      { event_id: 'l10', visitor_id: 'crawler', user_id: 'eve', event_time: 100, is_bot: true },
      { event_id: 'l11', visitor_id: 'phone', user_id: 'bob', event_time: 2500, is_bot: true, is_server: true },
    ]
    const expected = [
      ['desk', 'ada', 4000, 6000, 3],
      ['phone', 'ada', 1000, 3000, 2],
      ['phone', 'bob', 2000, 2500, 2],
      ['u:ada', 'ada', 4000, 4000, 1],
    ]
    const linked = async () => {
      const found = await rowsOf<Record<string, string | number>>(
        warehouse,
        `SELECT visitor_id, user_id, toUnixTimestamp64Milli(first_seen) AS first, toUnixTimestamp64Milli(last_seen) AS last, events
        FROM ${warehouse.table('v_visitor_users')} WHERE site = 'links' ORDER BY visitor_id, user_id`,
      )
      return found.map((row) => Object.values(row).map((value, at) => (at < 2 ? value : Number(value))))
    }

    it('are kept exactly once however often an insert is repeated, two users of one device as two rows', async () => {
      for (const [at, { type = 'track', previous_id = '', ...visit }] of visits.entries()) {
        const encoded = codec.encodeEvent(event({ site: 'links', type, previous_id, ...visit }))
        const message = codec.prependLabel(encoded, 1, label())
        // A user's own events are in another partition than those of the visitors an alias of it names.
        const from = visit.visitor_id === 'u:ada' ? partition + 1 : partition
        await insertContainer(
          warehouse,
          'events',
          containerOf('labelled:1', 20_000 + at, [message], from),
          `links-${at}`,
          3,
        )
      }
      expect(await linked()).toEqual(expected)
    })

    it('are put right by the difference to the events where an insert reached these alone', async () => {
      const removed = await warehouse.command(
        `ALTER TABLE ${warehouse.table('visitor_users')} DELETE WHERE user_id = 'ada' AND _partition = ${partition} SETTINGS mutations_sync = 1`,
      )
      expect(removed.ok).toBe(true)
      expect(await linked()).not.toEqual(expected)
      const intent = { generation: 1, topic_id: 't', begin: 0, end: 1 } as SinkIntent
      const shell = { warehouse, log: silentLogger } as Shell
      for (let time = 0; time < 2; time++)
        expect(await repairByDifference(shell, intent, partition, visitorUsers)).toEqual({ ok: true, value: undefined })
      expect(await linked()).toEqual(expected)
    })
  })
})
