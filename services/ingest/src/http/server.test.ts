import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { createMetrics, noFaults, silentLogger } from '@cairn/runtime'
import { createMeters } from '../meters.ts'
import { createMemoryOutbox } from '../outbox/memory.ts'
import { createPipeline } from '../pipeline.ts'
import { createHttpServer } from './server.ts'

const basic = `Basic ${Buffer.from('dev:').toString('base64')}`
const json = { authorization: basic, 'content-type': 'application/json' }
const batch = JSON.stringify({ batch: [{ type: 'page', messageId: 'm1', anonymousId: 'a' }] })

function setUp(missing: readonly string[] = [], trustProxy: boolean | string = false) {
  const outbox = createMemoryOutbox()
  const metrics = createMetrics('ingest')
  const writeKeys = new Map([['dev', { site: 'shop', server: false, defaultCurrency: '' }]])
  const { server, stop } = createHttpServer({
    pipeline: createPipeline({ writeKeys, outbox, faults: noFaults, now: () => Date.UTC(2026, 0, 1) }),
    meters: createMeters(metrics),
    log: silentLogger,
    missing: () => missing,
    metrics: () => metrics.text(),
    maxBatchBytes: 500 * 1024,
    requestTimeoutMs: 10_000,
    retryAfterSeconds: 5,
    trustProxy,
    countryHeader: 'cf-ipcountry',
  })
  const post = (payload: string | Buffer, headers: Record<string, string> = json, url = '/v1/batch') =>
    server.inject({ method: 'POST', url, headers, payload })
  return { outbox, server, stop, post }
}

describe('POST /v1', () => {
  it.each([
    ['track', { event: 'A' }, 'A'],
    ['page', {}, 'page_view'],
    ['screen', {}, 'screen_view'],
    ['identify', { userId: 'u' }, 'identify'],
    ['alias', { userId: 'u', previousId: 'p' }, 'alias'],
    ['group', { groupId: 'g' }, 'group'],
  ])('/%s takes one message, and so does its first letter', async (call, message, name) => {
    const { outbox, post } = setUp()
    for (const url of [`/v1/${call}`, `/v1/${call.charAt(0)}`, `/v1/${call}/`]) {
      const response = await post(JSON.stringify(message), json, url)
      expect([response.statusCode, response.json()]).toEqual([200, { accepted: 1, refused: [] }])
    }
    expect(outbox.shipments.map((s) => s.events[0]?.name)).toEqual([name, name, name])
  })

  it('answers 200 where part is refused and 400 where all is, with the same body', async () => {
    const { post } = setUp()
    const part = await post('{"batch":[{"type":"page"},1]}')
    expect([part.statusCode, part.json()]).toMatchObject([200, { accepted: 1, refused: [{ index: 1 }] }])
    const all = await post('{"batch":[1]}')
    expect([all.statusCode, all.json()]).toMatchObject([400, { accepted: 0, refused: [{ reason: 'not_an_object' }] }])
  })

  it('answers 401 without a key and with an unknown one, and no browser asks for a password', async () => {
    const { post } = setUp()
    const none = await post(batch, { 'content-type': 'application/json' })
    expect([none.statusCode, none.json()]).toMatchObject([401, { accepted: 0, reason: 'no_write_key' }])
    const unknown = await post(batch, { ...json, authorization: `Basic ${Buffer.from('x:y').toString('base64')}` })
    expect([unknown.statusCode, unknown.json()]).toMatchObject([
      401,
      { accepted: 0, reason: 'unknown_write_key', refused: [{ index: 0, reason: 'unknown_write_key' }] },
    ])
    expect(unknown.headers['www-authenticate']).not.toMatch(/^basic/i)
  })

  it.each(['Basic', 'Basic !!!', 'Bearer dev', 'Basic Og=='])(
    'does not read a key from "%s"',
    async (authorization) => {
      const response = await setUp().post(batch, { ...json, authorization })
      expect(response.json()).toMatchObject({ reason: 'no_write_key' })
    },
  )

  it('answers 503 with Retry-After while the log takes nothing', async () => {
    const { outbox, post } = setUp()
    outbox.refuseWith = { ok: false, reason: 'queue_full', message: 'full' }
    const response = await post(batch)
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5'])
    expect(response.json()).toEqual({ accepted: 0, refused: [], reason: 'queue_full', message: 'full' })
  })

  it.each(['text/plain', 'text/plain;charset=UTF-8', 'application/json; charset=utf-8', 'application/vnd.x+json'])(
    'reads JSON sent as %s',
    async (type) => {
      expect((await setUp().post(batch, { ...json, 'content-type': type })).statusCode).toBe(200)
    },
  )

  it.each(['application/x-www-form-urlencoded', 'application/xml', 'text/html', 'nonsense'])(
    'answers 415 to %s',
    async (type) => {
      const response = await setUp().post(batch, { ...json, 'content-type': type })
      expect([response.statusCode, response.json()]).toMatchObject([415, { reason: 'unsupported_content_type' }])
    },
  )

  it.each([
    ['gzip', gzipSync(batch)],
    ['x-gzip', gzipSync(batch)],
    ['deflate', deflateSync(batch)],
    ['br', brotliCompressSync(batch)],
    ['identity', Buffer.from(batch)],
  ])('inflates %s', async (encoding, payload) => {
    expect((await setUp().post(payload, { ...json, 'content-encoding': encoding })).json()).toMatchObject({
      accepted: 1,
    })
  })

  it.each([
    ['a body that does not inflate', 'gzip', Buffer.from(batch), 400, 'invalid_encoding'],
    ['a cut body', 'gzip', gzipSync(batch).subarray(0, 30), 400, 'invalid_encoding'],
    ['an unknown encoding', 'zstd', Buffer.from(batch), 415, 'unsupported_encoding'],
    ['a few bytes that mean many', 'gzip', gzipSync(Buffer.alloc(50_000_000)), 413, 'batch_too_large'],
  ])('refuses %s', async (_what, encoding, payload, status, reason) => {
    const response = await setUp().post(payload, { ...json, 'content-encoding': encoding })
    expect([response.statusCode, response.json()]).toMatchObject([status, { reason }])
  })

  it('answers 413 with the reason to a body over the limit', async () => {
    const response = await setUp().post('x'.repeat(500 * 1024 + 1))
    const message = 'the body is larger than MAX_BATCH_BYTES allows; send fewer messages at once (it is 512000)'
    expect([response.statusCode, response.json()]).toMatchObject([
      413,
      { reason: 'batch_too_large', accepted: 0, message },
    ])
  })

  it('answers 413 with the reason to a batch of too many messages', async () => {
    const response = await setUp().post(`{"batch":[${'1,'.repeat(2500)}1]}`)
    expect([response.statusCode, response.json()]).toMatchObject([413, { reason: 'too_many_messages', refused: [] }])
  })

  it('believes X-Forwarded-For from trusted proxies only', async () => {
    const headers = { ...json, 'x-forwarded-for': '198.51.100.7' }
    for (const [trusted, ip] of [
      [true, '198.51.100.0'],
      [false, '127.0.0.0'],
    ] as const) {
      const { outbox, post } = setUp([], trusted)
      await post(batch, headers)
      expect(outbox.shipments[0]?.events[0]?.ip).toBe(ip)
    }
  })

  it('takes the country from the proxy’s header', async () => {
    const { outbox, post } = setUp()
    await post(batch, { ...json, 'cf-ipcountry': 'NL' })
    expect(outbox.shipments[0]?.events[0]?.country).toBe('NL')
  })
})

describe('an unknown route', () => {
  it.each([
    ['GET', '/v1/track'],
    ['POST', '/v1/trak?x=1'],
    ['PUT', '/'],
  ] as const)('of %s %s is answered 404 with the routes there are', async (method, url) => {
    const { server } = setUp()
    const response = await server.inject({ method, url, payload: 'a=1' })
    const { pathname } = new URL(url, 'http://localhost')
    expect([response.statusCode, response.json()]).toMatchObject([
      404,
      { accepted: 0, reason: 'unknown_route', message: expect.stringContaining(`no ${method} ${pathname};`) },
    ])
    const { routes } = response.json<{ routes: string[] }>()
    expect(routes).toEqual(expect.arrayContaining(['POST /v1/batch', 'POST /v1/t', 'GET /readyz', 'GET /metrics']))
  })

  it('that is no address at all is answered as every refusal is', async () => {
    const response = await setUp().server.inject({ method: 'GET', url: '/%zz' })
    expect([response.statusCode, response.json()]).toMatchObject([400, { accepted: 0, reason: 'bad_request' }])
  })
})

describe('browsers of any origin', () => {
  it('may send events, with credentials as sendBeacon does', async () => {
    const { server, post } = setUp()
    const origin = 'https://shop.example'
    const preflight = await server.inject({ method: 'OPTIONS', url: '/v1/batch', headers: { origin } })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
    })
    const response = await post(batch, { ...json, origin })
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'retry-after',
    })
  })
})

describe('the probes', () => {
  it('tell that the process is up', async () => {
    expect((await setUp(['Kafka']).server.inject('/healthz')).statusCode).toBe(200)
  })

  it('tell whether it is ready and what is missing', async () => {
    expect((await setUp().server.inject('/readyz')).json()).toEqual({ ok: true, missing: [] })
    const response = await setUp(['Kafka']).server.inject('/readyz')
    expect([response.statusCode, response.json()]).toEqual([503, { ok: false, missing: ['Kafka'] }])
  })

  it('count refused messages by reason', async () => {
    const { server, post } = setUp()
    await post('{"batch":[1,{"type":"page"}]}')
    await post('{"batch":[1,2]}', { ...json, authorization: `Basic ${Buffer.from('x:').toString('base64')}` })
    await post('x'.repeat(600_000))
    const { payload } = await server.inject('/metrics')
    expect(payload).toContain('cairn_ingest_refused_messages_total{reason="not_an_object",service="ingest"} 1')
    expect(payload).toContain('cairn_ingest_refused_messages_total{reason="unknown_write_key",service="ingest"} 2')
    expect(payload).toContain('cairn_ingest_accepted_events_total{service="ingest"} 1')
    expect(payload).toContain('cairn_ingest_requests_total{outcome="batch_too_large",service="ingest"} 1')
  })
})

describe('an order id that is none', () => {
  it('is accepted and counted, also where nobody reads the answer', async () => {
    const { server, post } = setUp()
    const bought = (order_id: string) =>
      `{"type":"track","event":"Order Completed","anonymousId":"a","properties":{"order_id":"${order_id}"}}`
    const response = await post(`{"batch":[${['undefined', ' ', 'A-1', 'N/A'].map(bought).join()}]}`)
    expect([response.statusCode, response.json()]).toEqual([200, { accepted: 4, refused: [] }])
    const { payload } = await server.inject('/metrics')
    expect(payload).toContain('cairn_ingest_unusable_order_ids_total{service="ingest"} 2')
  })
})

describe('a server that is stopping', () => {
  const request = (address: string) =>
    fetch(`${address}/v1/batch`, { method: 'POST', headers: json, body: batch }).then((response) => response.status)

  it('answers the request under way and then closes the connection it came on', async () => {
    const { outbox, server, stop } = setUp()
    let acknowledge: () => void = () => undefined
    const began = new Promise<void>((resolve) => {
      outbox.deliver = () => {
        resolve()
        return new Promise((settle) => (acknowledge = () => settle({ ok: true })))
      }
    })
    const address = await server.listen({ host: '127.0.0.1', port: 0 })
    const answer = request(address)
    await began
    const stopped = stop()
    acknowledge()
    expect(await answer).toBe(200)
    await stopped
    await expect(request(address)).rejects.toThrow()
  })

  it('does not wait for a client that went away before it had sent its request', async () => {
    const { server, stop } = setUp()
    const address = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
    const began = new Promise<void>((resolve) => server.server.once('request', () => resolve()))
    const leaver = connect(Number(address.port), address.hostname)
    leaver.write('POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{')
    await began
    leaver.destroy()
    await stop()
  })

  it('does not wait for connections on which nothing is asked', async () => {
    const { server, stop } = setUp()
    const address = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
    expect(await request(address.origin)).toBe(200)
    const silent = connect(Number(address.port), address.hostname)
    await once(silent, 'connect')
    const closed = once(silent, 'close')
    await stop()
    await closed
  })
})
