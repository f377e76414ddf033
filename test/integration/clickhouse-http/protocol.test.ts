import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import { codeOf, Http, target, type Target } from './server.ts'

jest.setTimeout(120_000)

let server: Target
let http: Http

beforeAll(async () => {
  server = await target()
  http = await Http.create(server, 'conformance_protocol')
})

afterAll(async () => {
  await http.drop()
  await server.stop()
})

describe('paths', () => {
  it.each(['/ping', '/', '/replicas_status'])('%s answers Ok without credentials', async (path) => {
    const response = await fetch(server.url + path)
    expect([response.status, await response.text()]).toEqual([200, 'Ok.\n'])
  })

  it('an unknown path is 404', async () => {
    expect((await fetch(`${server.url}/nothing-here`)).status).toBe(404)
  })

  it('announces how long it keeps connections', async () => {
    const response = await fetch(`${server.url}/ping`)
    expect(response.headers.get('keep-alive')).toMatch(/timeout=\d+/)
  })

  it('the client pings', async () => {
    const client = http.client()
    expect(await client.ping()).toEqual({ success: true })
    expect(await client.ping({ select: true })).toEqual({ success: true })
    await client.close()
  })
})

describe('where the statement stands', () => {
  it('in the URL of a GET', async () => {
    const response = await fetch(http.url({ query: 'SELECT 1' }), { headers: http.headers })
    expect(await response.text()).toBe('1\n')
  })

  it('in the body of a POST', async () => {
    expect(await http.query('SELECT 1')).toBe('1')
  })

  it('in both, joined by a line end', async () => {
    expect(await http.query('+ 2', { query: 'SELECT 1 -- one' })).toBe('3')
  })

  it('in the URL, with INSERT data in the body', async () => {
    await http.query('CREATE TABLE both (n UInt8) ENGINE = MergeTree ORDER BY n')
    await http.query('1\n2\n', { query: 'INSERT INTO both FORMAT TSV' })
    await http.query('(3), (4)', { query: 'INSERT INTO both VALUES' })
    await http.query('6\n', { query: 'INSERT INTO both FORMAT TSV 5' })
    expect(await http.query('SELECT groupArray(n) FROM (SELECT n FROM both ORDER BY n)')).toBe('[1,2,3,4,5,6]')
  })

  it('in the body, followed by INSERT data', async () => {
    await http.query('CREATE TABLE inline (n UInt8, s String) ENGINE = MergeTree ORDER BY n')
    await http.query('INSERT INTO inline FORMAT CSV\n1,"a;b"\n2,"--c"\n')
    await http.query(`INSERT INTO inline VALUES (3, 'x;y'), (4, '/*');`)
    await http.query('/* a comment */ insert into inline (s, n) format JSONEachRow {"n":5,"s":"é"}')
    expect(await http.query('SELECT s FROM inline ORDER BY n')).toBe('a;b\n--c\nx;y\n/*\né')
  })

  it('takes a closing semicolon, comments and odd names', async () => {
    expect(await http.query('SELECT 1; -- done')).toBe('1')
    expect(await http.query(`SELECT ';' /* ; */ AS "a;b", $tag$;$tag$ # ;`)).toBe(';\t;')
    expect(await http.query('SELECT 1 AS format SETTINGS max_threads = 1')).toBe('1')
    expect(await http.query('SELECT format FROM (SELECT 7 AS format)')).toBe('7')
    expect(await http.query('(SELECT 1) UNION ALL (SELECT 1) FORMAT JSONCompactEachRow')).toBe('[1]\n[1]')
    expect(await http.query('WITH 1 AS x SELECT x FORMAT TSVWithNames SETTINGS max_threads = 1')).toBe('x\n1')
  })

  it('refuses several statements', async () => {
    await http.query('CREATE TABLE several (n UInt8) ENGINE = Memory')
    expect(codeOf(await http.ask('SELECT 1; SELECT 2'))).toBe(62)
    expect(codeOf(await http.ask('INSERT INTO several SELECT 1; DROP TABLE several'))).toBe(62)
    expect(await http.query('SELECT count() FROM several')).toBe('0')
  })

  it('refuses an empty statement', async () => {
    expect(codeOf(await http.ask('  -- nothing\n'))).toBe(62)
  })

  it('refuses a statement longer than max_query_size', async () => {
    expect(codeOf(await http.ask(`SELECT '${'x'.repeat(300_000)}'`))).toBe(62)
    expect(await http.query(`SELECT length('${'x'.repeat(300_000)}')`, { max_query_size: 1_000_000 })).toBe('300000')
  })
})

describe('GET', () => {
  const get = async (query: string, parameters: Record<string, string> = {}) => {
    const response = await fetch(http.url({ query, ...parameters }), { headers: http.headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  it('changes nothing', async () => {
    await http.query('CREATE TABLE safe (n UInt8) ENGINE = MergeTree ORDER BY n')
    for (const statement of [
      'INSERT INTO safe VALUES (1)',
      'INSERT INTO safe SELECT 1',
      'DROP TABLE safe',
      'TRUNCATE TABLE safe',
    ]) {
      expect(codeOf(await get(statement))).toBe(164)
    }
    expect(await http.query('SELECT count() FROM safe')).toBe('0')
  })

  it('takes settings', async () => {
    expect((await get(`SELECT getSetting('max_threads')`, { max_threads: '1' })).text).toBe('1\n')
  })
})

describe('credentials', () => {
  const ask = async (headers: Record<string, string>, search = '') => {
    const response = await fetch(`${server.url}/?query=SELECT+1${search}`, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  it('as Basic authentication, as headers and in the URL', async () => {
    const { user, password } = server
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const inUrl = `&user=${encodeURIComponent(user)}&password=${encodeURIComponent(password)}`
    for (const answer of [await ask({ Authorization: basic }), await ask(http.headers), await ask({}, inUrl)]) {
      expect(answer.text).toBe('1\n')
    }
  })

  it('that are wrong are refused with 403 and code 516', async () => {
    const basic = `Basic ${Buffer.from('nobody:wrong').toString('base64')}`
    for (const answer of [
      await ask({ Authorization: basic }),
      await ask({ 'X-ClickHouse-User': server.user, 'X-ClickHouse-Key': 'certainly wrong' }),
      await ask({}, '&user=nobody&password=wrong'),
    ]) {
      expect([answer.status, codeOf(answer)]).toEqual([403, 516])
    }
  })
})

describe('errors', () => {
  it.each([
    ['SELECT * FRM x', 400, 62],
    ['SELECT * FROM no_such_table', 404, 60],
    ['SELECT no_such_column', 404, 47],
    ['SELECT no_such_function()', 404, 46],
    [`SELECT toUInt8('x')`, 400, 6],
    ['SELECT throwIf(1)', 500, 395],
    ['SELECT 1 FORMAT NoSuchFormat', 404, 73],
    ['USE no_such_database', 404, 81],
  ])('%s is %d with code %d', async (statement, status, code) => {
    const answer = await http.ask(statement)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  it('an unknown setting is code 115, a malformed value is an error', async () => {
    expect(codeOf(await http.ask('SELECT 1', { no_such_setting: 1 }))).toBe(115)
    expect((await http.ask('SELECT 1', { max_threads: 'many' })).status).toBe(400)
  })

  it('name the position in the statement as it was sent', async () => {
    expect((await http.ask('SELECT 1 FROM system.one WHERE GROUP x')).text).toMatch(/failed at position 38/)
    expect((await http.ask('SELEC 1', { query_id: 'any-length-of-id' })).text).toMatch(/failed at position 1 /)
  })

  it('reach the client as its own error', async () => {
    const client = http.client()
    await expect(client.query({ query: 'SELECT * FROM no_such_table' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    })
    await client.close()
  })

  it('leave the connection usable', async () => {
    for (let time = 0; time < 5; time += 1) {
      expect(codeOf(await http.ask('SELECT throwIf(1)'))).toBe(395)
      expect(await http.query('SELECT 1')).toBe('1')
    }
  })
})

describe('headers of an answer', () => {
  it('name query, format, time zone and server, and sum up the work', async () => {
    const { headers } = await http.ask('SELECT number FROM numbers(10) FORMAT JSONEachRow', {
      query_id: 'of-the-client',
      wait_end_of_query: 1,
    })
    expect(headers.get('x-clickhouse-query-id')).toBe('of-the-client')
    expect(headers.get('x-clickhouse-format')).toBe('JSONEachRow')
    expect(headers.get('x-clickhouse-timezone')).toBe(await http.query('SELECT timezone()'))
    expect(headers.get('x-clickhouse-server-display-name')).toBeTruthy()
    const summary = JSON.parse(headers.get('x-clickhouse-summary')!) as Record<string, unknown>
    expect(summary).toMatchObject({ read_rows: '10', written_rows: '0' })
    expect(Object.values(summary).every((value) => typeof value === 'string')).toBe(true)
  })

  it('give a query an id when the client does not', async () => {
    expect((await http.ask('SELECT 1')).headers.get('x-clickhouse-query-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('count written rows', async () => {
    await http.query('CREATE TABLE counted (n UInt64) ENGINE = MergeTree ORDER BY n')
    for (const statement of [
      'INSERT INTO counted SELECT number FROM numbers(7)',
      'INSERT INTO counted VALUES (1),(2),(3),(4),(5),(6),(7)',
    ]) {
      const { headers } = await http.ask(statement, { wait_end_of_query: 1, async_insert: 0 })
      expect(JSON.parse(headers.get('x-clickhouse-summary')!)).toMatchObject({ written_rows: '7' })
    }
  })

  it.each([
    ['JSON', /^application\/json/],
    ['CSV', /^text\/csv/],
    ['TabSeparated', /^text\/tab-separated-values/],
    ['RowBinary', /^application\/octet-stream/],
    ['Pretty', /^text\/plain/],
  ])('%s has its content type', async (format, type) => {
    expect((await http.ask(`SELECT 1 FORMAT ${format}`)).headers.get('content-type')).toMatch(type)
  })

  it('the format can be chosen by parameter and by header', async () => {
    expect(await http.query('SELECT 1 AS n', { default_format: 'JSONEachRow' })).toBe('{"n":1}')
    const response = await fetch(http.url(), {
      method: 'POST',
      headers: { ...http.headers, 'X-ClickHouse-Format': 'JSONCompactEachRow' },
      body: 'SELECT 1',
    })
    expect(await response.text()).toBe('[1]\n')
  })

  it('the database can be chosen by parameter and by header', async () => {
    expect(await http.query('SELECT currentDatabase()')).toBe('conformance_protocol')
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { ...http.headers, 'X-ClickHouse-Database': 'conformance_protocol' },
      body: 'SELECT currentDatabase()',
    })
    expect(await response.text()).toBe('conformance_protocol\n')
    expect(codeOf(await http.ask('SELECT 1', { database: 'no_such_database' }))).toBe(81)
  })
})

describe('compression', () => {
  const raw = async (encoding: string, parameters: Record<string, string>) =>
    await fetch(http.url(parameters), {
      method: 'POST',
      headers: { ...http.headers, 'Accept-Encoding': encoding },
      body: 'SELECT number FROM numbers(1000)',
    })

  it('of answers, when asked for in header and setting', async () => {
    const response = await raw('gzip', { enable_http_compression: '1' })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect((await response.text()).split('\n')).toHaveLength(1001)
    expect((await raw('gzip', {})).headers.get('content-encoding')).toBeNull()
    expect((await raw('br', { enable_http_compression: '1' })).headers.get('content-encoding')).toBe('br')
  })

  it('of bodies', async () => {
    await http.query('CREATE TABLE zipped (n UInt64) ENGINE = MergeTree ORDER BY n')
    const response = await fetch(http.url({ query: 'INSERT INTO zipped FORMAT TSV' }), {
      method: 'POST',
      headers: { ...http.headers, 'Content-Encoding': 'gzip' },
      body: gzipSync(Array.from({ length: 5000 }, (_, n) => `${n}\n`).join('')),
    })
    expect(response.status).toBe(200)
    expect(await http.query('SELECT count(), sum(n) FROM zipped')).toBe('5000\t12497500')
  })

  it('both ways through the client', async () => {
    const { user, password } = server
    const { createClient } = await import('@clickhouse/client')
    const client = createClient({
      url: server.url,
      username: user,
      password,
      database: 'conformance_protocol',
      compression: { request: true, response: true },
    })
    await client.command({ query: 'CREATE TABLE both_ways (n UInt64, s String) ENGINE = MergeTree ORDER BY n' })
    const values = Array.from({ length: 1000 }, (_, n) => ({ n: String(n), s: `row ${n}` }))
    await client.insert({ table: 'both_ways', values, format: 'JSONEachRow' })
    const rows = await client.query({
      query: 'SELECT * FROM both_ways ORDER BY n',
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    })
    expect(await rows.json()).toEqual(values)
    await client.close()
  })

  it('a cut gzip body is an error and inserts nothing', async () => {
    await http.query('CREATE TABLE cut (n UInt64) ENGINE = MergeTree ORDER BY n')
    const whole = gzipSync(Array.from({ length: 5000 }, (_, n) => `${n}\n`).join(''))
    const response = await fetch(http.url({ query: 'INSERT INTO cut FORMAT TSV' }), {
      method: 'POST',
      headers: { ...http.headers, 'Content-Encoding': 'gzip' },
      body: whole.subarray(0, whole.length - 20),
    })
    expect(response.status).not.toBe(200)
    expect(response.headers.get('x-clickhouse-exception-code')).not.toBeNull()
    expect(await http.query('SELECT count() FROM cut')).toBe('0')
  })

  it('an unknown encoding of the body is refused', async () => {
    const response = await fetch(http.url(), {
      method: 'POST',
      headers: { ...http.headers, 'Content-Encoding': 'rot13' },
      body: 'SELECT 1',
    })
    expect(response.status).not.toBe(200)
    expect(await response.text()).toContain('rot13')
  })
})
