import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { shopEvents } from '../../packages/cli/src/demo/shop-events/messages.ts'
import { barriersPassed, flush } from '../../packages/cli/src/flush.ts'
import { startInstance, type StartedInstance } from '../../packages/cli/src/instance/start.ts'
import { sendAll, type Sent } from '../../packages/cli/src/send/send.ts'
import { verify } from '../../packages/cli/src/verify/verify.ts'
import { ask, rows } from '../../packages/cli/src/warehouse.ts'
import { publishedSessions, totalOf, type SessionCounts } from '../cases/shop-events.published.ts'
import { ownNamespace } from '../support/kafka.ts'

jest.setTimeout(120_000)

const root = resolve(import.meta.dirname, '..', '..')
const shopFolder = join(resolve(root, process.env['CAIRN_DATA'] ?? '../shared/data'), 'shop-events')
const never = new AbortController().signal

/** The whole pipeline as processes, on the run's shared broker and engine. */
describe('the pipeline, from HTTP to queryable rows', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-pipeline-'))
  let started: StartedInstance

  beforeAll(async () => {
    started = await startInstance({
      dataDir,
      definitions: join(root, 'definitions', 'demo.yaml'),
      workers: 2,
      partitions: 4,
      namespace: ownNamespace('pipeline'),
      writeKeys: { demo: 'demo', real: 'real' },
      env: process.env,
      progress: () => undefined,
      onCrash: (report) => console.error(report),
    })
  })

  afterAll(async () => {
    await started.stop()
    rmSync(dataDir, { recursive: true })
  })

  async function send(messages: readonly object[], writeKey: string): Promise<Sent> {
    const lines = messages.map((message, at) => ({ ok: true as const, line: at + 1, json: JSON.stringify(message) }))
    return sendAll(Readable.from(lines), {
      url: started.instance.ingest,
      writeKey,
      progress: () => undefined,
      interrupted: never,
    })
  }

  async function wait(): Promise<void> {
    expect(await barriersPassed(started.instance, await flush(started.instance, 0), 60_000, never)).toHaveLength(12)
  }

  it('makes an accepted event, its session and its conversion queryable, once, and answers for each refused one', async () => {
    const visit = {
      anonymousId: 'ann',
      type: 'track',
      context: { page: { url: 'https://shop.example/a?utm_source=news&utm_medium=email' } },
    }
    const messages = [
      {
        ...visit,
        messageId: 'm1',
        event: 'Product Added',
        properties: { product_id: 'p', price: 12.5, quantity: 2, currency: 'EUR' },
      },
      {
        ...visit,
        messageId: 'm2',
        event: 'Order Completed',
        properties: { order_id: 'o1', total: '25.00', currency: 'EUR' },
      },
      {
        ...visit,
        messageId: 'm2',
        event: 'Order Completed',
        properties: { order_id: 'o1', total: '25.00', currency: 'EUR' },
      },
      { ...visit, messageId: 'm3', event: '' },
    ]
    expect(await send(messages, 'demo')).toMatchObject({ accepted: 3, refused: [{ line: 4, reason: 'no_event_name' }] })
    await wait()
    expect(
      await rows(
        started.instance,
        "SELECT event_id, name, toFloat64(value) AS value FROM v_events WHERE site = 'demo' ORDER BY event_id",
      ),
    ).toEqual([
      { event_id: 'm1', name: 'add_to_cart', value: 25 },
      { event_id: 'm2', name: 'purchase', value: 25 },
    ])
    expect(
      await rows(
        started.instance,
        "SELECT events, channel, macro, toFloat64(value['EUR']) AS eur FROM v_sessions WHERE site = 'demo'",
      ),
    ).toEqual([{ events: 2, channel: 'Email', macro: 1, eur: 25 }])
  })

  const withShop = existsSync(shopFolder) ? it : it.skip
  if (!existsSync(shopFolder))
    console.warn(`skipped: ${shopFolder} is not there; CAIRN_DATA names the folder that holds shop-events`)

  withShop('counts per session of a real tracker what is published', async () => {
    expect(await send(shopEvents(shopFolder), 'real')).toEqual({ accepted: 832, refused: [] })
    await wait()
    const counted = await rows<{ id: string } & Omit<SessionCounts, 'revenue'>>(
      started.instance,
      `SELECT any(client_session_id) AS id, countIf(name IN ('view_item', 'view_item_list')) AS views, countIf(name = 'add_to_cart') AS additions,
         countIf(name = 'remove_from_cart') AS removals, countIf(name = 'checkout_step_viewed') AS checkoutSteps, countIf(name = 'purchase') AS transactions
       FROM v_events WHERE site = 'real' GROUP BY session_id`,
    )
    const published = [...publishedSessions(shopFolder)]
    const without = ({ revenue, ...counts }: SessionCounts) => counts
    expect(Object.fromEntries(counted.map(({ id, ...counts }) => [id, counts]))).toEqual(
      Object.fromEntries(published.map(([id, { counts }]) => [id, without(counts)])),
    )
    const revenue = await rows<{ currency: string; value: number }>(
      started.instance,
      "SELECT currency, toFloat64(sum(value)) AS value FROM v_conversions WHERE site = 'real' AND goal = 'purchase' GROUP BY currency",
    )
    expect(Object.fromEntries(revenue.map(({ currency, value }) => [currency, value]))).toEqual(
      totalOf(published.map(([, { counts }]) => counts)).revenue,
    )
  })

  it('is verified against the log without a difference', async () => {
    const { differences, ledger, compared } = await verify(started.instance, { timeoutMs: 60_000, interrupted: never })
    expect(differences).toEqual([])
    expect(ledger).toMatchObject({ received: compared.events + 1, stored: compared.events, duplicate: 1 })
    expect(Object.fromEntries(ledger.refused)).toEqual({ no_event_name: 1 })
  })

  it('is told of every kind of row that does not belong, is missing or was changed', async () => {
    const { database } = started.instance.clickhouse
    const tamper = async (sql: string) => (await ask(started.instance, sql)).text()
    await tamper(
      `INSERT INTO ${database}.events SELECT * REPLACE (_offset + 1000000 AS _offset, input_offset + 1000000 AS input_offset) FROM ${database}.events WHERE event_id = 'm1'`,
    )
    await tamper(`ALTER TABLE ${database}.events DELETE WHERE event_id = 'm2' SETTINGS mutations_sync = 1`)
    await tamper(
      `ALTER TABLE ${database}.conversions UPDATE value_minor = 1 WHERE event_id = 'm2' SETTINGS mutations_sync = 1`,
    )
    await tamper(
      `INSERT INTO ${database}.channel_hourly SELECT * FROM ${database}.channel_hourly WHERE site = 'demo' LIMIT 1`,
    )
    const { differences } = await verify(started.instance, { timeoutMs: 60_000, interrupted: never })
    const found = new Set(differences.map(({ table, what }) => `${table} ${what}`))
    expect([...found].sort()).toEqual(['channel_hourly differs', 'conversions differs', 'events missing'])
  })
})
