import { afterEach, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { givenClickHouse, givenKafka } from './given.ts'

describe('servers named by the environment', () => {
  let server: Server | undefined

  afterEach(() => {
    server?.close()
    server = undefined
  })

  async function portOf(listening: Server): Promise<number> {
    server = listening.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  it.each(['', ' ', undefined])('are none when the variable is %p', async (value) => {
    expect(await givenKafka({ KAFKA_BROKERS: value })).toBeUndefined()
    expect(await givenClickHouse({ CLICKHOUSE_URL: value })).toBeUndefined()
  })

  it.each(['localhost', 'localhost:', ':9092', 'localhost:99999', 'localhost:9092,'])(
    'KAFKA_BROKERS=%s is refused as no list of addresses',
    async (named) => {
      expect(await givenKafka({ KAFKA_BROKERS: named })).toMatchObject({ ok: false, reason: 'invalid-setting' })
    },
  )

  it('one answering broker of several is enough', async () => {
    const oneBroker = Buffer.from([0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    const port = await portOf(createServer((socket) => void socket.once('data', () => socket.end(oneBroker))))
    const brokers = ['127.0.0.1:1', `127.0.0.1:${port}`]
    expect(await givenKafka({ KAFKA_BROKERS: brokers.join(', ') })).toEqual({
      ok: true,
      kafka: { kind: 'given', brokers },
    })
  })

  it('a broker that does not answer is refused with the ways out', async () => {
    const result = await givenKafka({ KAFKA_BROKERS: '127.0.0.1:1' })
    expect(result).toMatchObject({
      ok: false,
      reason: 'given-unusable',
      message: expect.stringContaining('unset it'),
    })
  })

  it.each(['localhost:8123', 'tcp://localhost:9000'])(
    'CLICKHOUSE_URL=%s is refused as no HTTP address',
    async (url) => {
      expect(await givenClickHouse({ CLICKHOUSE_URL: url })).toMatchObject({ ok: false, reason: 'invalid-setting' })
    },
  )

  it('a ClickHouse that answers ping but refuses the user is refused with what it says', async () => {
    const port = await portOf(
      createHttpServer((request, response) => {
        if (request.url === '/ping') response.end('Ok.\n')
        else response.writeHead(403).end('Code: 516. DB::Exception: shop: Authentication failed\nmore')
      }),
    )
    const result = await givenClickHouse({ CLICKHOUSE_URL: `http://127.0.0.1:${port}`, CLICKHOUSE_USER: 'shop' })
    expect(result).toMatchObject({ ok: false, reason: 'given-unusable' })
    expect(result?.ok === false && result.message).toMatch(/user shop \(Code: 516\..*failed\): set CLICKHOUSE_USER/)
  })

  it('a ClickHouse that answers is used with the user and password of the environment', async () => {
    const port = await portOf(
      createHttpServer((request, response) => {
        const { 'x-clickhouse-user': user, 'x-clickhouse-key': password } = request.headers
        if (request.url === '/ping') response.end('Ok.\n')
        else response.writeHead(user === 'shop' && password === 'secret' ? 200 : 403).end('1\n')
      }),
    )
    const url = `http://127.0.0.1:${port}`
    expect(
      await givenClickHouse({ CLICKHOUSE_URL: url, CLICKHOUSE_USER: 'shop', CLICKHOUSE_PASSWORD: 'secret' }),
    ).toEqual({ ok: true, clickhouse: { kind: 'given', url, user: 'shop', password: 'secret' } })
  })
})
