import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createHash } from 'node:crypto'
import { get } from 'node:http'
import { until } from '../../support/until.ts'
import { codeOf, Http, target, type Target } from './server.ts'

jest.setTimeout(120_000)

let server: Target
let http: Http

beforeAll(async () => {
  server = await target()
  http = await Http.create(server, 'conformance_results')
})

afterAll(async () => {
  await http.drop()
  await server.stop()
})

const slow = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 7 = 9'
const runningQueries = async (text: string) =>
  Number(
    await http.query(
      `SELECT count() FROM system.processes WHERE query LIKE '%${text}%' AND query NOT LIKE '%system.processes%'`,
    ),
  )

describe('large results', () => {
  it.each(['JSONEachRow', 'JSON', 'CSVWithNames', 'Native', 'Parquet', 'RowBinaryWithNamesAndTypes'])(
    '%s is one well-formed whole',
    async (format) => {
      const source = 'SELECT number AS n, toString(number) AS s FROM numbers(700000)'
      const body = await http.bytes(`${source} FORMAT ${format}`)
      await http.query(`CREATE TABLE back_${format} (n UInt64, s String) ENGINE = Memory`)
      expect((await http.ask(body, { query: `INSERT INTO back_${format} FORMAT ${format}` })).text).toBe('')
      expect(await http.query(`SELECT count(), sum(n), uniqExact(s) FROM back_${format}`)).toBe(
        `700000\t${700_000 * 699_999 * 0.5}\t700000`,
      )
    },
    60_000,
  )

  it('start before they are complete', async () => {
    const statement = `SELECT number, sleepEachRow(0.002), repeat('x', 5000) FROM numbers(1500)`
    const response = await fetch(
      http.url({ max_block_size: 100, buffer_size: 10_000, function_sleep_max_microseconds_per_block: 10_000_000 }),
      {
        method: 'POST',
        headers: http.headers,
        body: statement,
      },
    )
    expect(await runningQueries('sleepEachRow')).toBe(1)
    expect((await response.text()).split('\n')).toHaveLength(1501)
  })

  it('come row by row through the client', async () => {
    const client = http.client()
    const result = await client.query({ query: 'SELECT number AS n FROM numbers(300000)', format: 'JSONEachRow' })
    let [rows, sum] = [0, 0]
    for await (const chunk of result.stream<{ n: string }>()) {
      for (const row of chunk) {
        rows += 1
        sum += Number(row.json().n)
      }
    }
    expect([rows, sum]).toEqual([300_000, 300_000 * 299_999 * 0.5])
    await client.close()
  })

  it('compressed are the same', async () => {
    const digest = async (parameters: Record<string, string>) => {
      const response = await fetch(http.url(parameters), {
        method: 'POST',
        headers: http.headers,
        body: 'SELECT number, sipHash64(number) FROM numbers(300000)',
      })
      const body = Buffer.from(await response.arrayBuffer())
      return {
        encoding: response.headers.get('content-encoding'),
        hash: createHash('sha256').update(body).digest('hex'),
      }
    }
    const [plain, zipped] = [await digest({}), await digest({ enable_http_compression: '1' })]
    expect(zipped.encoding).not.toBeNull()
    expect(zipped.hash).toBe(plain.hash)
  })
})

describe('an error in the middle of a result', () => {
  // It rests between blocks, so that the beginning of the result is on its way by the time the end of it fails.
  const failing = 'SELECT number, throwIf(number = 400000), sleep(0.2) FROM numbers(800000)'
  const settings = { max_threads: 1, buffer_size: 1000 } as const

  it.each([{}, { enable_http_compression: '1' }])(
    'ends it with the tagged tail and no last chunk %j',
    async (parameters) => {
      const answer = await new Promise<{ status: number; tag: string; text: string; whole: boolean }>(
        (resolve, reject) => {
          get(
            http.url({ ...settings, ...parameters, query: failing }),
            { headers: { ...http.headers, 'Accept-Encoding': '' } },
            (response) => {
              let text = ''
              const end = () =>
                resolve({
                  status: response.statusCode!,
                  tag: String(response.headers['x-clickhouse-exception-tag']),
                  text,
                  whole: response.complete,
                })
              response.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-10_000)))
              response.on('error', () => undefined).on('close', end)
            },
          ).on('error', reject)
        },
      )
      expect(answer.status).toBe(200)
      expect(answer.whole).toBe(false)
      const tail = /\r\n__exception__\r\n(\w+)\r\n(Code: 395[^]*)(?:\r?\n)?(\d+) (\w+)\r\n__exception__\r\n$/.exec(
        answer.text,
      )
      expect([tail?.[1], tail?.[4]]).toEqual([answer.tag, answer.tag])
    },
  )

  it('fails the client', async () => {
    const client = http.client()
    const result = await client.query({
      query: failing,
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1, http_response_buffer_size: '1000' },
    })
    const read = async () => {
      for await (const chunk of result.stream()) expect(chunk.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toThrow(/throwIf|non-zero/)
    await client.close()
  })

  it('comes as a status with wait_end_of_query', async () => {
    const answer = await http.ask(failing, { max_threads: 1, wait_end_of_query: 1 })
    expect(codeOf(answer)).toBe(395)
  })
})

describe('query ids', () => {
  it('are refused while in use, and free afterwards', async () => {
    const query = http.query('SELECT sleep(1)', { query_id: 'conformance-twice' })
    let seen: number | undefined
    for (let time = 0; time < 50 && seen === undefined; time += 1) {
      const answer = await http.ask('SELECT 1', { query_id: 'conformance-twice' })
      if (answer.status !== 200) seen = codeOf(answer)
    }
    await query
    expect(seen).toBe(216)
    expect(await http.query('SELECT 1', { query_id: 'conformance-twice' })).toBe('1')
  })

  it('name the query that KILL QUERY ends', async () => {
    const odd = `conformance */ 'kill' ${String.raw`\n`} é`
    for (const [id, where] of [
      ['conformance-kill', `query_id = 'conformance-kill'`],
      ['conformance-like/1-2', `query_id LIKE 'conformance-like/%' SYNC`],
      [odd, `query_id = {id:String} SYNC`],
    ] as const) {
      const query = http.ask(slow, { query_id: id })
      await until(async () => (await runningQueries('sipHash64(number)')) === 1)
      await http.query(`KILL QUERY WHERE ${where}`, { param_id: odd.replaceAll('\\', '\\\\').replaceAll(`'`, `\\'`) })
      expect(codeOf(await query)).toBe(394)
    }
  })

  it('that nobody uses are no error for KILL QUERY', async () => {
    expect(await http.query(`KILL QUERY WHERE query_id = 'conformance-nobody' SYNC`)).toBe('')
  })
})

describe('a client that goes away', () => {
  it('ends its query when it asked for that', async () => {
    const leaving = new AbortController()
    const query = fetch(http.url({ query: slow, cancel_http_readonly_queries_on_client_close: 1 }), {
      headers: http.headers,
      signal: leaving.signal,
    })
    await until(async () => (await runningQueries('sipHash64(number)')) === 1)
    leaving.abort()
    await expect(query).rejects.toThrow()
    await until(async () => (await runningQueries('sipHash64(number)')) === 0)
  })

  it('in the middle of a result ends it', async () => {
    const response = await fetch(http.url({ query: 'SELECT number AS endless FROM system.numbers' }), {
      headers: http.headers,
    })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await until(async () => (await runningQueries('endless')) === 0)
  })
})
