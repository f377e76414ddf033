import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { openProducer, silentLogger, topicName } from '@cairn/runtime'
import { shopEvents } from '../../packages/cli/src/demo/shop-events/messages.ts'
import { barriersPassed, flushOrFail } from '../../packages/cli/src/flush.ts'
import { startInstance, type StartedInstance } from '../../packages/cli/src/instance/start.ts'
import { sendAll, type Sent } from '../../packages/cli/src/send/send.ts'
import { attribute } from '../../packages/cli/src/attribute/attribute.ts'
import { unaccounted } from '../../packages/cli/src/verify/ledger.ts'
import { verify } from '../../packages/cli/src/verify/verify.ts'
import { ask, rows } from '../../packages/cli/src/warehouse.ts'
import { publishedSessions, totalOf, type SessionCounts } from '../cases/shop-events.published.ts'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { redeploy } from '../support/redeploy.ts'

jest.setTimeout(120_000)

const root = resolve(import.meta.dirname, '..', '..')
const shopFolder = join(resolve(root, process.env['CAIRN_DATA'] ?? '../shared/data'), 'shop-events')
const never = new AbortController().signal

/** The demo's definitions with a site whose only goal is compound: an order within a week after a search. */
function withPairs(file: string): string {
  const demo = readFileSync(join(root, 'definitions', 'demo.yaml'), 'utf8')
  const sequence = [{ match: { event: 'search' } }, { match: { event: 'purchase' } }]
  const goals = [{ name: 'pair', kind: 'macro', compound: { sequence, within: '7d' }, value: 'event' }]
  writeFileSync(file, demo.replace('sites:\n', `sites:\n  pairs: ${JSON.stringify({ goals })}\n`))
  return file
}

/** The whole pipeline as processes, on the run's shared broker and engine. */
describe('the pipeline, from HTTP to queryable rows', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-pipeline-'))
  let started: StartedInstance

  beforeAll(async () => {
    started = await startInstance({
      dataDir,
      definitions: withPairs(join(dataDir, 'definitions.yaml')),
      workers: 2,
      partitions: 4,
      namespace: ownNamespace('pipeline'),
      writeKeys: { demo: 'demo', real: 'real', shop: 'shop', back: 'shop:server', pairs: 'pairs' },
      env: process.env,
      progress: () => undefined,
      interrupted: new AbortController().signal,
      onCrash: ({ message }) => console.error(message),
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
    const { flushId } = await flushOrFail(started.instance, 0, 60_000, never)
    expect(await barriersPassed(started.instance, flushId, 60_000, never)).toHaveLength(16)
  }

  it('makes an accepted event, its session and its conversion queryable, once, and answers for each refused one', async () => {
    const visit = {
      anonymousId: 'ann',
      type: 'track',
      context: { page: { url: 'https://shop.example/a?utm_source=news&utm_medium=email' } },
    }
    const order = {
      ...visit,
      messageId: 'm2',
      userId: 'ada',
      event: 'Order Completed',
      properties: { order_id: 'o1', total: '25.00', currency: 'EUR' },
    }
    const messages = [
      {
        ...visit,
        messageId: 'm1',
        event: 'Product Added',
        properties: { product_id: 'p', price: 12.5, quantity: 2, currency: 'EUR' },
      },
      order,
      order,
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
    expect(await rows(started.instance, 'SELECT site, visitor_id, user_id, events FROM v_visitor_users')).toEqual([
      { site: 'demo', visitor_id: 'ann', user_id: 'ada', events: 1 },
    ])
  })

  it('shows a server event in the session that came after it', async () => {
    const order = { anonymousId: 'bea', type: 'track', event: 'Order Completed', messageId: 'order' }
    const bought = new Date().toISOString()
    const began = new Date(Date.parse(bought) - 60_000).toISOString()
    await send([{ ...order, timestamp: bought, properties: { order_id: 'o', total: 5, currency: 'EUR' } }], 'back')
    await wait()
    const placed = `SELECT e.event_id AS event_id, e.is_server AS is_server, s.events AS events, c.channel AS channel FROM v_events AS e
      JOIN v_conversions AS c ON c.event_id = e.event_id LEFT JOIN v_sessions AS s ON s.session_id = e.session_id
      WHERE e.site = 'shop' AND c.goal = 'purchase'`
    const row = { event_id: 'order', is_server: true }
    expect(await rows(started.instance, placed)).toEqual([{ ...row, events: 0, channel: '' }])
    const url = 'https://shop.example/a?utm_source=news&utm_medium=email'
    await send([{ anonymousId: 'bea', type: 'page', timestamp: began, context: { page: { url } } }], 'shop')
    await wait()
    expect(await rows(started.instance, placed)).toEqual([{ ...row, events: 2, channel: 'Email' }])
  })

  it('knows who a visitor is from an alias of the shop’s server, and makes no session of it', async () => {
    const at = (minutes: number) => ({ timestamp: new Date(Date.now() - (9 - minutes) * 60_000).toISOString() })
    const order = { type: 'track', event: 'Order Completed', properties: { order_id: 'd', total: 7, currency: 'EUR' } }
    await send([{ anonymousId: 'dora', type: 'page', ...at(0) }], 'shop')
    await send([{ type: 'alias', previousId: 'dora', userId: 'U9', ...at(4) }], 'back')
    await send([{ anonymousId: 'dora', ...order, ...at(8) }], 'shop')
    await wait()
    const known = `SELECT s.user_id AS user, s.events AS events, a.user_id AS buyer, a.touches AS touches,
        (SELECT groupArray(visitor_id) FROM v_visitor_users WHERE user_id = 'U9') AS visitors
      FROM v_sessions AS s LEFT JOIN v_attribution_by_user AS a ON a.session_id = s.session_id AND a.model = 'linear'
      WHERE s.site = 'shop' AND s.visitor_id != 'bea'`
    const row = { user: 'U9', events: 2, buyer: 'U9', touches: 1, visitors: ['dora'] }
    expect(await rows(started.instance, known)).toEqual([row])
  })

  it('makes one conversion of several events, another one when one of them comes late, and credits that', async () => {
    const now = Date.now()
    const sent = (messageId: string, minutesAgo: number, event: string) => ({
      anonymousId: 'cleo',
      type: 'track',
      messageId,
      event,
      timestamp: new Date(now - minutesAgo * 60_000).toISOString(),
      properties: { query: 'oak', order_id: messageId, total: minutesAgo, currency: 'EUR' },
    })
    const reached = `SELECT c.event_id AS event_id, toFloat64(c.value) AS value, s.macro AS macro, length(e.goals) AS matched,
        (SELECT count() FROM credits FINAL WHERE site = 'pairs') AS credits
      FROM v_conversions AS c JOIN v_sessions AS s ON s.session_id = c.session_id JOIN v_events AS e ON e.event_id = c.event_id
      WHERE c.site = 'pairs' AND e.site = 'pairs'`
    const messages = [
      sent('o1', 8, 'Order Completed'),
      sent('s1', 6, 'Products Searched'),
      sent('o2', 5, 'Order Completed'),
    ]
    await send(messages, 'pairs')
    await wait()
    const row = { macro: 1, matched: 0, credits: 1 }
    expect(await rows(started.instance, reached)).toEqual([{ ...row, event_id: 'o2', value: 5 }])
    // In a session of its own, before that of the others.
    await send([sent('s2', 50, 'Products Searched')], 'pairs')
    await wait()
    expect(await rows(started.instance, reached)).toEqual([{ ...row, event_id: 'o1', value: 8 }])
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

  const verified = (holdMs?: number) =>
    verify(started.instance, { timeoutMs: 60_000, interrupted: never, ...(holdMs === undefined ? {} : { holdMs }) })

  it('is verified against the log without a difference', async () => {
    const { differences, ledger, compared } = await verified()
    expect(differences).toEqual([])
    expect(ledger).toMatchObject({ received: compared.events + 1, stored: compared.events, duplicate: 1 })
    expect(compared.visitorUsers).toBeGreaterThan(0)
    expect(compared.orders).toBeGreaterThan(0)
    expect(Object.fromEntries(ledger.refused)).toEqual({ no_event_name: 1 })
  })

  it('is told the same by SQL over its events alone, also where definitions came that leave all as it was', async () => {
    const channels = [{ name: 'Friends', match: { medium: 'friend' } }]
    expect(await redeploy(started.instance.namespace, { channels })).toBe(1)
    const options = { timeoutMs: 60_000, interrupted: never, sql: true }
    const { bySql: judged } = await verify(started.instance, options)
    expect(judged.flatMap(({ differences }) => differences)).toEqual([])
    expect(judged.filter(({ because }) => because !== null)).toEqual([])
    const pairs = judged.find(({ site }) => site === 'pairs')
    expect(pairs?.left_out).toMatchObject([{ because: 'compound', goals: ['pair'] }])
    const of = (fact: 'sessions' | 'conversions' | 'credits') =>
      judged.reduce((n, { compared }) => n + compared[fact], 0)
    const [stored] = await rows<Record<string, number>>(
      started.instance,
      "SELECT (SELECT count() FROM sessions FINAL) AS sessions, (SELECT count() FROM conversions FINAL WHERE site != 'pairs') AS conversions, (SELECT count() FROM credits FINAL WHERE site != 'pairs') AS credits",
    )
    expect({ sessions: of('sessions'), conversions: of('conversions'), credits: of('credits') }).toEqual(stored)
    expect(of('credits')).toBeGreaterThan(0)
  })

  it('is attributed by data over what is stored', async () => {
    const found = await attribute(started.instance, { now: Date.now(), since: 0 }, () => true)
    expect(new Set(found.map(({ steps_of: of }) => of))).toEqual(new Set(['channel', 'micro']))
    for (const { site, goal, steps_of: of, model, converted } of found) {
      const alike = found.filter((f) => f.site === site && f.goal === goal && f.steps_of === of && f.model === model)
      expect(alike.reduce((sum, { conversions }) => sum + conversions, 0)).toBeCloseTo(converted, 6)
    }
    const counted = 'SELECT count() AS n FROM v_data_driven'
    expect(await rows(started.instance, counted)).toEqual([{ n: found.length }])
    // The view shows the last run alone.
    await attribute(started.instance, { now: Date.now() + 1, since: 0 }, () => true)
    expect(await rows(started.instance, counted)).toEqual([{ n: found.length }])
  })

  it('keeps its books where requests have no known key and topics hold what is no record', async () => {
    const { instance } = started
    expect(await send([{ type: 'page' }, { type: 'page' }, 7 as never], 'typo')).toMatchObject({ accepted: 0 })
    const producer = await openProducer({ brokers: brokers(), clientId: 'pipeline', log: silentLogger })
    const garbage = ['one', 'two', 'three'].map((key) => ({ key, value: Buffer.from(`garbage ${key}`) }))
    await producer.send(topicName(instance.namespace, 'labelled-events'), 0, garbage)
    await producer.send(topicName(instance.namespace, 'events'), 0, garbage)
    await producer.close()
    const { differences, ledger, compared } = await verified()
    expect([differences, unaccounted(ledger)]).toEqual([[], 0])
    expect(ledger).toMatchObject({ received: compared.events + 1 + 3, stored: compared.events })
    expect(Object.fromEntries(ledger.deadLettered)).toEqual({ 'attribution: not_wire_format': 3 })
    expect(Object.fromEntries(ledger.otherDeadLetters)).toEqual({ 'sink: not_wire_format': 3 })
    expect(Object.fromEntries(ledger.refused)).toEqual({ no_event_name: 1, unknown_write_key: 3 })
  })

  it('is not judged where the sink may have gone on while it was compared', async () => {
    await expect(verified(1)).rejects.toMatchObject({
      exit: 3,
      message: expect.stringContaining('the sink could not be held long enough: it stands still for 0.001 s'),
    })
  })

  it('is told of every kind of row that does not belong, is missing or was changed', async () => {
    const { database } = started.instance.clickhouse
    const tamper = async (sql: string) => (await ask(started.instance, sql)).text()
    const alter = (sql: string) => tamper(`ALTER TABLE ${database}.${sql} SETTINGS mutations_sync = 1`)
    await tamper(
      `INSERT INTO ${database}.events SELECT * REPLACE (_offset + 1000000 AS _offset, input_offset + 1000000 AS input_offset) FROM ${database}.events WHERE event_id = 'm1'`,
    )
    await alter(`events DELETE WHERE event_id = 'm2'`)
    await alter(`events UPDATE title = 'forged' WHERE event_id = 'm1'`)
    await alter(`conversions UPDATE value_minor = 1 WHERE event_id = 'm2'`)
    await tamper(
      `INSERT INTO ${database}.channel_hourly SELECT * FROM ${database}.channel_hourly WHERE site = 'demo' LIMIT 1`,
    )
    await tamper(
      `INSERT INTO ${database}.visitor_users SELECT * FROM ${database}.visitor_users WHERE site = 'demo' LIMIT 1`,
    )
    await alter(`event_moves UPDATE visitor_id = 'forged' WHERE 1`)
    const { differences, ledger, compared } = await verified()
    const found = new Map(differences.map(({ table, what, detail }) => [`${table} ${what}`, detail]))
    expect([...found.keys()].sort()).toEqual([
      'channel_hourly differs',
      'conversions differs',
      'event_moves differs',
      'events differs',
      'events missing',
      'visitor_users differs',
    ])
    expect(found.get('visitor_users differs')).toBe('events: expected 1, stored 2')
    expect(found.get('conversions differs')).toBe('value_minor: expected 2500, stored 1')
    expect(found.get('event_moves differs')).toBe('visitor_id: expected "bea", stored "forged"')
    expect(found.get('events differs')).toBe('title: expected "", stored "forged"')
    expect(ledger).toMatchObject({ stored: compared.events - 1 })
    // None of the three records that are none is taken for the missing event.
    expect(unaccounted(ledger)).toBe(1)
    // The event that is missing had converted: its conversion and credit are not told any more.
    await alter(`sessions UPDATE page_views = page_views + 1 WHERE site = 'demo'`)
    const options = { timeoutMs: 60_000, interrupted: never, sql: true }
    const { bySql: judged } = await verify(started.instance, options)
    const bySql = judged.flatMap((one) => one.differences)
    expect([...new Set(bySql.map(({ fact }) => fact))].sort()).toEqual(['conversions', 'credits', 'sessions'])
  })

  it('is not judged where rows from after the barrier are in', async () => {
    const { database } = started.instance.clickhouse
    const sql = `INSERT INTO ${database}.sessions SELECT * REPLACE (_offset + 1000000 AS _offset) FROM ${database}.sessions LIMIT 1`
    await (await ask(started.instance, sql)).text()
    await expect(verified()).rejects.toMatchObject({
      exit: 3,
      message: expect.stringContaining('table sessions has rows'),
    })
  })
})
