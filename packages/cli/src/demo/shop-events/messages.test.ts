import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { shopEvents } from './messages.ts'

const folder = mkdtempSync(join(tmpdir(), 'shop-events-'))
afterAll(() => rmSync(folder, { recursive: true }))

const contexts = 'contexts_com_snowplowanalytics_snowplow_ecommerce'
const action = 'unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0'
const web = {
  app_id: 'ecom-accel',
  event_id: 'e1',
  event_name: 'snowplow_ecommerce_action',
  domain_userid: 'visitor',
  domain_sessionid: 'session',
  page_url: 'http://localhost:3000/productX',
  page_urlpath: '/productX',
  useragent: 'Mozilla/5.0',
  v_tracker: 'js-3.6.0',
  geo_country: 'GR',
  collector_tstamp: '2022-10-25 07:56:52+00:00',
  derived_tstamp: '2022-10-25 07:56:51.123000+00:00',
}

function messagesOf(...rows: Readonly<Record<string, string>>[]) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = rows.map((row) => columns.map((column) => `"${(row[column] ?? '').replaceAll('"', '""')}"`).join(','))
  mkdirSync(join(folder, 'source'), { recursive: true })
  writeFileSync(join(folder, 'source', 'snowplow_ecommerce_events.csv'), [columns.join(','), ...lines].join('\n'))
  return shopEvents(folder)
}

describe('storefront events of the tracker as messages', () => {
  it('carry visitor, session, page and the time the tracker corrected', () => {
    expect(messagesOf({ ...web, [action]: '{"type": "product_view", "name": null}' })).toMatchObject([
      {
        type: 'track',
        event: 'Product Viewed',
        messageId: 'e1',
        anonymousId: 'visitor',
        timestamp: '2022-10-25T07:56:51.123Z',
        properties: { action: 'product_view', collector_tstamp: '2022-10-25T07:56:52.000Z' },
        context: { sessionId: 'session', page: { path: '/productX' }, library: { name: 'js', version: '3.6.0' } },
      },
    ])
  })

  it('make an order of a transaction', () => {
    const transaction = '[{"transaction_id": "T1", "revenue": "26.0", "currency": "EUR", "tax": null}]'
    const row = { ...web, [action]: '{"type": "transaction"}', [`${contexts}_transaction_1_0_0`]: transaction }
    const [message] = messagesOf(row)
    expect(message).toMatchObject({
      event: 'Order Completed',
      properties: { order_id: 'T1', total: '26.0', currency: 'EUR' },
    })
    expect(message?.properties).not.toHaveProperty('tax')
  })

  it('are no orders without their action, even with a transaction attached', () => {
    const transaction = '[{"transaction_id": "T1", "revenue": "26.0", "currency": "EUR"}]'
    const [message] = messagesOf({ ...web, [action]: '', [`${contexts}_transaction_1_0_0`]: transaction })
    expect(message?.event).toBe('snowplow_ecommerce_action')
    expect(message?.properties).not.toHaveProperty('order_id')
  })

  it('belong to the user and session of the mobile client where it sent them', () => {
    const session = '[{"userId": "phone", "sessionId": "phone-session"}]'
    const row = { ...web, app_id: 'DemoID', domain_userid: '', domain_sessionid: '' }
    const [message] = messagesOf({
      ...row,
      contexts_com_snowplowanalytics_snowplow_client_session_1_0_1: session,
      [action]: '{"type": "refund"}',
    })
    expect(message).toMatchObject({ anonymousId: 'phone', context: { sessionId: 'phone-session' } })
    expect(message?.context).not.toHaveProperty('userAgent')
  })

  it('come in the order of the collector, without those of other apps', () => {
    const earlier = { ...web, event_id: 'e0', collector_tstamp: '2022-10-25 07:56:51.999' }
    const other = { ...web, event_id: 'e2', app_id: 'skip-me' }
    expect(messagesOf(web, earlier, other).map(({ messageId }) => messageId)).toEqual(['e0', 'e1'])
  })
})
