import { buildEvent, definitionsJson } from '@cairn/testkit/domain'
import type { StorefrontEvent } from '@cairn/domain'
import type { Warehouse } from '@cairn/runtime'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { foldEvents } from '../cases/folded.ts'
import { ownNamespace } from '../support/kafka.ts'
import { loadFolded } from '../support/load-folded.ts'
import { dropDatabase, migratedWarehouse, rowsOf } from '../support/warehouse.ts'

jest.setTimeout(60_000)

const HOUR = 3_600_000
const T = Date.UTC(2026, 4, 17, 12)
const bought = { match: { event: 'purchase' }, dedupe_by: 'order_id' } as const
const margin = { ...bought, name: 'a_margin', kind: 'macro', value: { property: 'margin' } } as const
const fixed = { ...bought, name: 'b_fixed', kind: 'macro', value: { amount: '7.50', currency: 'USD' } } as const
const own = { ...bought, name: 'purchase', kind: 'macro', value: 'event' } as const
const sites = {
  macro: { goals: [margin, own] },
  micro: { goals: [margin, { ...own, kind: 'micro' }] },
  several: { goals: [margin, { ...own, name: 'a_micro', kind: 'micro' }, { ...own, name: 'z_macro' }] },
  without: { goals: [margin, fixed] },
}
type Site = keyof typeof sites

/** Three orders of 100.00: one stays, of one 30.00 is given back, and one is cancelled; and one that no event gives a value. */
function ordersOf(site: Site): StorefrontEvent[] {
  const event = (order_id: string, name: string, hours: number, value_minor: number | null): StorefrontEvent =>
    buildEvent({
      ...{ event_id: `${name}-${order_id}`, site, visitor_id: `v-${order_id}`, event_time: T + hours * HOUR, name },
      ...{
        order_id,
        value_minor,
        currency: value_minor === null ? '' : 'EUR',
        properties: { margin: '12.5', promotion_id: 'oak_week' },
        coupon: 'MAY',
      },
    })
  return [
    event('back', 'purchase', 0, 10_000),
    event('kept', 'purchase', 0, 10_000),
    event('off', 'purchase', 0, 10_000),
    event('unsaid', 'purchase', 0, null),
    event('back', 'refund', 1, 3_000),
    event('off', 'order_cancelled', 1, null),
  ]
}

describe('view v_orders', () => {
  let warehouse: Warehouse
  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('v-orders'))
    const events = (Object.keys(sites) as Site[]).flatMap(ordersOf)
    await loadFolded(
      warehouse,
      foldEvents(events, (_, at) => T + 24 * HOUR + at, definitionsJson({ goals: [], sites })),
      'orders',
    )
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  const shown = async (site: Site): Promise<unknown[]> => {
    const rows = await rowsOf<Record<string, unknown>>(
      warehouse,
      `SELECT order_id, order_status, gross, refunded, net, currency, goal FROM ${warehouse.table('v_orders')} WHERE site = '${site}' ORDER BY order_id`,
    )
    return rows.map((row) => Object.values(row))
  }

  it('has the coupon and the promotion of an order', async () => {
    const rows = await rowsOf(warehouse, `SELECT DISTINCT coupon, promotion FROM ${warehouse.table('v_orders')}`)
    expect(rows).toEqual([{ coupon: 'MAY', promotion: 'oak_week' }])
  })

  it.each([
    ['macro', 'purchase'],
    ['micro', 'purchase'],
    ['several', 'z_macro'],
  ] as const)('has the money of an order, whatever else its goals are worth: %s', async (site, goal) => {
    expect(await shown(site)).toEqual([
      ['back', 'partly_refunded', 100, 30, 70, 'EUR', goal],
      ['kept', 'placed', 100, 0, 100, 'EUR', goal],
      ['off', 'cancelled', 100, 100, 0, 'EUR', goal],
      ['unsaid', 'placed', null, 0, null, '', goal],
    ])
  })

  it('has no money of an order that only goals of another value count', async () => {
    expect(await shown('without')).toEqual([
      ['back', 'partly_refunded', null, 0, null, '', 'a_margin'],
      ['kept', 'placed', null, 0, null, '', 'a_margin'],
      ['off', 'cancelled', null, 0, null, '', 'a_margin'],
      ['unsaid', 'placed', null, 0, null, '', 'a_margin'],
    ])
  })
})
