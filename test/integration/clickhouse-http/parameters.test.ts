import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOf, Http, target, type Target } from './server.ts'

jest.setTimeout(120_000)

let server: Target
let http: Http

beforeAll(async () => {
  server = await target()
  http = await Http.create(server, 'conformance_parameters')
})

afterAll(async () => {
  await http.drop()
  await server.stop()
})

describe('query parameters', () => {
  it('of many types', async () => {
    const client = http.client()
    const result = await client.query({
      query:
        'SELECT {s:String} AS s, {n:UInt64} AS n, {a:Array(String)} AS a, {m:Map(String, Int8)} AS m, {z:Nullable(String)} AS z, {d:Date} AS d',
      query_params: { s: `it's`, n: 42, a: [`a'b`, 'c\\d', 'e\tf'], m: { x: 1 }, z: null, d: '2026-01-02' },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    expect(await result.json()).toEqual([
      { s: `it's`, n: 42, a: [`a'b`, 'c\\d', 'e\tf'], m: { x: 1 }, z: null, d: '2026-01-02' },
    ])
    await client.close()
  })

  it('name tables', async () => {
    await http.query('CREATE TABLE named (n UInt8) ENGINE = MergeTree ORDER BY n')
    await http.query('1', { query: 'INSERT INTO {t:Identifier} FORMAT TSV', param_t: 'named' })
    expect(await http.query('SELECT * FROM {t:Identifier}', { param_t: 'named' })).toBe('1')
  })

  it('are not seen by the next request', async () => {
    expect(await http.query('SELECT {secret:String}', { param_secret: 'x' })).toBe('x')
    expect(codeOf(await http.ask('SELECT {secret:String}'))).toBe(456)
  })

  it('too long for a URL come as a form', async () => {
    const client = http.client()
    const values = Array.from({ length: 5000 }, (_, n) => `value-${n}`)
    const result = await client.query({
      query: 'SELECT length({values:Array(String)}) AS n, {values:Array(String)}[5000] AS last',
      query_params: { values },
      use_multipart_params_auto: true,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toMatchObject([{ last: 'value-4999' }])
    await client.close()
  })
})

describe('settings', () => {
  it('of one request are never seen by another, however many run at once', async () => {
    const ask = async (request: number) => {
      const set = request % 3 !== 0
      const parameters = set ? { max_block_size: 1000 + request, max_execution_time: 60 + request, final: 1 } : {}
      const seen = await http.query(
        `SELECT getSetting('max_block_size'), getSetting('max_execution_time'), getSetting('final'), sleep(0.01)`,
        parameters,
      )
      return { set, request, seen }
    }
    const otherwise = await http.query(
      `SELECT getSetting('max_block_size'), getSetting('max_execution_time'), getSetting('final'), sleep(0.01)`,
    )
    const answers = await Promise.all(Array.from({ length: 60 }, (_, request) => ask(request)))
    for (const { set, request, seen } of answers) {
      expect(seen).toBe(set ? `${1000 + request}\t${60 + request}\ttrue\t0` : otherwise)
    }
  })

  it('set by a statement end with its request', async () => {
    await http.query('SET max_block_size = 77')
    expect(await http.query(`SELECT getSetting('max_block_size') != 77`)).toBe('1')
  })

  it('max_execution_time ends a query with code 159', async () => {
    const answer = await http.ask('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 7 = 9', {
      max_execution_time: 1,
    })
    expect(codeOf(answer)).toBe(159)
  })
})

describe('sessions', () => {
  it('keep settings and temporary tables, and only for their id', async () => {
    const mine = { session_id: 'conformance-mine' }
    await http.query('CREATE TEMPORARY TABLE kept (n UInt8)', mine)
    await http.query('INSERT INTO kept VALUES (1), (2)', mine)
    await http.query('SET max_block_size = 77', mine)
    expect(await http.query(`SELECT count(), getSetting('max_block_size') FROM kept`, mine)).toBe('2\t77')
    expect(codeOf(await http.ask('SELECT count() FROM kept', { session_id: 'conformance-other' }))).toBe(60)
    expect(codeOf(await http.ask('SELECT count() FROM kept'))).toBe(60)
  })

  it('do not keep the settings of a URL', async () => {
    const session = { session_id: 'conformance-url' }
    await http.query('SET max_block_size = 77', session)
    expect(
      await http.query(`SELECT getSetting('max_block_size')`, { ...session, max_block_size: 99, max_threads: 1 }),
    ).toBe('99')
    expect(await http.query(`SELECT getSetting('max_block_size')`, session)).toBe('77')
    const changed = `SELECT count() FROM system.settings WHERE changed AND name = 'max_threads'`
    expect(await http.query(changed, session)).toBe(await http.query(changed))
  })

  it('are locked while used', async () => {
    const session = { session_id: 'conformance-locked' }
    const slow = http.query('SELECT sleep(1)', session)
    const busy = async () => {
      const answer = await http.ask('SELECT 1', session)
      return answer.status === 200 ? undefined : codeOf(answer)
    }
    let seen: number | undefined
    for (let time = 0; time < 50 && seen === undefined; time += 1) seen = await busy()
    await slow
    expect(seen).toBe(373)
  })

  it('that must exist and do not are code 372', async () => {
    expect(codeOf(await http.ask('SELECT 1', { session_id: 'conformance-none', session_check: 1 }))).toBe(372)
  })

  it('end after their timeout', async () => {
    const session = { session_id: 'conformance-short', session_timeout: 1 }
    await http.query('CREATE TEMPORARY TABLE gone (n UInt8)', session)
    let code = 0
    const deadline = performance.now() + 20_000
    while (code === 0 && performance.now() < deadline) {
      // Looking at it would keep it alive, so each look comes later than its timeout.
      await new Promise((resume) => setTimeout(resume, 2500))
      const answer = await http.ask('SELECT count() FROM gone', { ...session, session_check: 1 })
      if (answer.status !== 200) code = codeOf(answer)
    }
    expect(code).toBe(372)
  })
})

describe('naughty strings', () => {
  const file = resolve(
    process.env['CAIRN_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data'),
    'naughty-strings/blns.json',
  )
  const there = existsSync(file)
  if (!there) console.warn(`skipped: there is no ${file} (set CAIRN_DATA)`)
  const strings = there ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []

  const maybe = there ? it : it.skip

  maybe(
    'come back as they were sent as parameters',
    async () => {
      const client = http.client()
      const different: string[] = []
      const check = async (value: string) => {
        const result = await client.query({
          query: 'SELECT {value:String} AS value',
          query_params: { value },
          format: 'JSONEachRow',
        })
        const [row] = await result.json<{ value: string }>()
        if (row?.value !== value) different.push(value)
      }
      for (let at = 0; at < strings.length; at += 8) await Promise.all(strings.slice(at, at + 8).map(check))
      expect(different).toEqual([])
      await client.close()
    },
    60_000,
  )

  maybe('come back as they were inserted', async () => {
    const client = http.client()
    await client.command({ query: 'CREATE TABLE naughty (n UInt32, value String) ENGINE = MergeTree ORDER BY n' })
    await client.insert({ table: 'naughty', values: strings.map((value, n) => ({ n, value })), format: 'JSONEachRow' })
    const result = await client.query({ query: 'SELECT value FROM naughty ORDER BY n', format: 'JSONEachRow' })
    expect((await result.json<{ value: string }>()).map((row) => row.value)).toEqual(strings)
    await client.close()
  })
})
