import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { until } from '../../support/until.ts'
import { codeOf, Http, target, type Target } from './server.ts'

jest.setTimeout(120_000)

let server: Target
let http: Http
let client: ClickHouseClient

beforeAll(async () => {
  server = await target()
  http = await Http.create(server, 'conformance_inserts')
  client = http.client()
})

afterAll(async () => {
  await client.close()
  await http.drop()
  await server.stop()
})

/** As the sink sends them: one insert is one block. */
const oneBlock: ClickHouseSettings = {
  async_insert: 0,
  max_insert_block_size: '1048449',
  min_insert_block_size_rows: '1048449',
  min_insert_block_size_bytes: '268402944',
  max_insert_threads: '1',
  input_format_parallel_parsing: 0,
  input_format_allow_errors_num: '0',
  max_execution_time: 60,
}

const windowed = 'SETTINGS non_replicated_deduplication_window = 1000'

/** An Avro object container of `rows` rows (n, s), not compressed. */
async function avro(rows: number, from = 0): Promise<Buffer> {
  return await http.bytes(
    `SELECT toInt64(number) AS n, 'row ' || toString(number) AS s FROM numbers(${from}, ${rows}) FORMAT Avro`,
    { output_format_avro_codec: 'null' },
  )
}

async function insertAvro(table: string, body: Buffer | Readable, token: string): Promise<void> {
  const values = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} FORMAT Avro`,
    values,
    clickhouse_settings: { ...oneBlock, insert_deduplication_token: token },
  })
  for await (const chunk of stream) expect(chunk).toHaveLength(0)
}

async function table(name: string, settings = ''): Promise<void> {
  await http.query(`CREATE TABLE ${name} (n Int64, s String) ENGINE = MergeTree ORDER BY n ${settings}`)
}

const state = (name: string) => http.query(`SELECT count(), sum(n), uniqExact(s) FROM ${name}`)

describe('Avro through client.exec', () => {
  it('as one body and as a stream of pieces', async () => {
    await table('avro')
    const body = await avro(50_000)
    await insertAvro('avro', body, 'a')
    const pieces = Array.from({ length: Math.ceil(body.length / 10_000) }, (_, at) =>
      body.subarray(at * 10_000, (at + 1) * 10_000),
    )
    await insertAvro('avro', Readable.from(pieces, { objectMode: false }), 'b')
    expect(await state('avro')).toBe(`100000\t${50_000 * 49_999}\t50000`)
  })

  it('a token is written once, and other rows under no token are not held back by it', async () => {
    await table('tokens', windowed)
    const body = await avro(1000)
    for (const token of ['t1', 't1', 't2', 't1']) await insertAvro('tokens', body, token)
    expect(await http.query('SELECT count() FROM tokens')).toBe('2000')
    await http.query(`1\tx\n`, { query: 'INSERT INTO tokens FORMAT TSV' })
    await http.query(`2\ty\n`, { query: 'INSERT INTO tokens FORMAT TSV' })
    expect(await http.query('SELECT count() FROM tokens')).toBe('2002')
  })

  it('an insert of many rows is one part', async () => {
    await table('parts')
    await insertAvro('parts', await avro(200_000), 'p')
    expect(
      await http.query(
        `SELECT count(), sum(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'parts'`,
      ),
    ).toBe('1\t200000')
  })

  it('a body that cannot be read writes nothing and does not use up its token', async () => {
    await table('broken', windowed)
    const body = await avro(20_000)
    for (const wrong of [
      body.subarray(0, body.length - 1000),
      Buffer.concat([body.subarray(0, 5000), randomBytes(50_000)]),
      Buffer.from('not avro at all'),
    ]) {
      await expect(insertAvro('broken', wrong, 'same')).rejects.toThrow()
      expect(await http.query('SELECT count() FROM broken')).toBe('0')
    }
    await insertAvro('broken', body, 'same')
    await insertAvro('broken', body, 'same')
    expect(await http.query('SELECT count() FROM broken')).toBe('20000')
  })

  it('a Null landing table with views and windows stays exact when inserts are repeated', async () => {
    await http.query('CREATE TABLE landing (n Int64, s String) ENGINE = Null')
    await http.query(`CREATE TABLE base (n Int64, s String) ENGINE = ReplacingMergeTree ORDER BY n ${windowed}`)
    await http.query(
      `CREATE TABLE rollup (k Int64, total Int64, rows Int64) ENGINE = SummingMergeTree ORDER BY k ${windowed}`,
    )
    await http.query('CREATE MATERIALIZED VIEW to_base TO base AS SELECT n, s FROM landing')
    await http.query(
      'CREATE MATERIALIZED VIEW to_rollup TO rollup AS SELECT n % 10 AS k, sum(n) AS total, count() AS rows FROM landing GROUP BY k',
    )
    for (let batch = 0; batch < 3; batch += 1) {
      const body = await avro(10_000, batch * 10_000)
      for (let attempt = 0; attempt < 3; attempt += 1) await insertAvro('landing', body, `batch ${batch}`)
    }
    expect(await http.query('SELECT count(), sum(n) FROM base')).toBe(`30000\t${30_000 * 29_999 * 0.5}`)
    expect(await http.query('SELECT sum(rows), sum(total), uniqExact(k) FROM rollup')).toBe(
      `30000\t${30_000 * 29_999 * 0.5}\t10`,
    )
  })

  it('many inserts at once, with reads and pings between', async () => {
    await table('busy', windowed)
    const bodies = await Promise.all(Array.from({ length: 8 }, (_, at) => avro(20_000, at * 20_000)))
    const working = new AbortController()
    const slowest = { ping: 0 }
    const pings = (async () => {
      while (!working.signal.aborted) {
        const start = performance.now()
        expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n')
        slowest.ping = Math.max(slowest.ping, performance.now() - start)
      }
    })()
    const reads = (async () => {
      while (!working.signal.aborted) expect(Number(await http.query('SELECT count() FROM busy')) % 20_000).toBe(0)
    })()
    await Promise.all([...bodies, ...bodies].map((body, at) => insertAvro('busy', body, `token ${at % 8}`)))
    working.abort()
    await Promise.all([pings, reads])
    expect(await state('busy')).toBe(`160000\t${160_000 * 159_999 * 0.5}\t160000`)
    expect(slowest.ping).toBeLessThan(2000)
  })
})

describe('formats', () => {
  it.each([
    'RowBinary',
    'Native',
    'Parquet',
    'Avro',
    'ArrowStream',
    'MsgPack',
    'JSONEachRow',
    'CSVWithNames',
    'TSKV',
    'JSONColumns',
  ])('%s goes out and in again unchanged', async (format) => {
    const name = `format_${format}`
    await http.query(
      `CREATE TABLE ${name} (n Int64, s String, o Nullable(Float64), a Array(String)) ENGINE = MergeTree ORDER BY n`,
    )
    const source = `SELECT toInt64(number) AS n, 'a\\n\\t"'';' || toString(number) AS s, if(number % 2 = 0, NULL, number / 4) AS o, [s, ''] AS a FROM numbers(1000)`
    const body = await http.bytes(`${source} FORMAT ${format}`)
    const answer = await http.ask(body, { query: `INSERT INTO ${name} FORMAT ${format}` })
    expect(answer.text).toBe('')
    const digest = (from: string) =>
      http.query(`SELECT count(), groupBitXor(cityHash64(n, s, ifNull(o, -1), a)) FROM (${from})`)
    expect(await digest(`SELECT * FROM ${name}`)).toBe(await digest(source))
  })

  it('binary data may follow the statement in the body', async () => {
    await table('binary_inline')
    const row = await http.bytes(`SELECT toInt64(59), '; DROP' FORMAT RowBinary`)
    await http.ask(Buffer.concat([Buffer.from('INSERT INTO binary_inline (n, s) FORMAT RowBinary\n'), row]))
    expect(await http.query('SELECT * FROM binary_inline')).toBe('59\t; DROP')
  })

  it('settings may stand in the statement', async () => {
    await table('inline_settings', windowed)
    for (const token of ['a', 'a', 'b']) {
      await http.query('1\tx\n', {
        query: `INSERT INTO inline_settings (n, s) SETTINGS insert_deduplication_token = '${token}', async_insert = 0 FORMAT TSV`,
      })
    }
    expect(await http.query('SELECT count() FROM inline_settings')).toBe('2')
  })

  it('a row that cannot be read is code 27 and names the row', async () => {
    await table('bad_row')
    const answer = await http.ask('{"n":1,"s":"a"}\n{"n":"x","s":"b"}\n', {
      query: 'INSERT INTO bad_row FORMAT JSONEachRow',
      async_insert: 0,
    })
    expect(codeOf(answer)).toBe(27)
    expect(answer.text).toContain('row 2')
    expect(await http.query('SELECT count() FROM bad_row')).toBe('0')
  })

  it('the client inserts objects', async () => {
    await table('objects')
    await client.insert({
      table: 'objects',
      values: [
        { n: 1, s: 'ä' },
        { n: 2, s: '\u0000' },
      ],
      format: 'JSONEachRow',
    })
    expect(await http.query('SELECT n, hex(s) FROM objects ORDER BY n')).toBe('1\tC3A4\n2\t00')
  })
})

describe('a client that goes away in the middle of an insert', () => {
  it('leaves all of its rows or none', async () => {
    await table('gone')
    const body = await avro(100_000)
    for (const share of [0.1, 0.5, 0.9]) {
      const sending = request(http.url({ query: 'INSERT INTO gone FORMAT Avro', max_insert_block_size: 1_048_449 }), {
        method: 'POST',
        headers: { ...http.headers, 'Content-Length': body.length },
      })
      const closed = new Promise((resolve) => sending.on('error', () => undefined).on('close', resolve))
      await new Promise((sent) => sending.write(body.subarray(0, body.length * share), sent))
      sending.destroy()
      await closed
    }
    await until(
      async () =>
        Number(await http.query(`SELECT count() FROM system.processes WHERE query LIKE '%INSERT INTO gone%'`)) <= 1,
    )
    expect(Number(await http.query('SELECT count() FROM gone')) % 100_000).toBe(0)
    await insertAvro('gone', body, 'after')
    expect(Number(await http.query('SELECT count() FROM gone'))).toBeGreaterThan(0)
  })
})
