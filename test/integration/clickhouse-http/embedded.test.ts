import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { refused } from '../../../packages/embedded-clickhouse/src/request.ts'
import { until } from '../../support/until.ts'
import { repository } from '../../support/workers.ts'
import { codeOf, Http, newDirectory, startFront, type Front } from './server.ts'

jest.setTimeout(120_000)

// What only the embedded server does; always run against one of its own.

let dataDir: string
let front: Front

async function start(options: readonly string[] = [], env?: Record<string, string>): Promise<Http> {
  const started = await startFront(dataDir, options, env)
  if (!started.ready) throw new Error(started.errors)
  front = started
  return new Http({ url: front.url, user: 'default', password: '', stop: () => Promise.resolve() }, 'default')
}

beforeEach(async () => {
  dataDir = await newDirectory()
})

afterEach(async () => {
  await front.end('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

describe('the data directory', () => {
  it('keeps acknowledged rows through kill -9, and gives them back after a restart', async () => {
    let http = await start()
    await http.query('CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n')
    let acknowledged = 0
    const inserting = (async () => {
      for (;;) {
        await http.query(`INSERT INTO kept SELECT number FROM numbers(${acknowledged * 1000}, 1000)`)
        acknowledged += 1
      }
    })().catch(() => undefined)
    await until(() => acknowledged > 20)
    expect(await front.end('SIGKILL')).toBe('SIGKILL')
    await inserting
    await writeFile(join(dataDir, 'spool', '999'), 'left behind')
    http = await start()
    const rows = Number(await http.query('SELECT count() FROM kept'))
    expect(rows % 1000).toBe(0)
    expect(rows).toBeGreaterThanOrEqual(acknowledged * 1000)
    await until(async () => (await readdir(join(dataDir, 'spool'))).length === 0)
    expect(await front.end('SIGTERM')).toBe(0)
    http = await start()
    expect(await http.query('SELECT count() FROM kept')).toBe(String(rows))
  })

  it('is refused to a second server, with a sentence', async () => {
    const http = await start()
    const second = await startFront(dataDir)
    expect(second).toMatchObject({ ready: false, code: 1 })
    expect(second.ready ? '' : second.errors).toBe(
      `The data directory ${dataDir} is in use by process ${front.pid}: stop it first, or use another directory.\n`,
    )
    expect(await http.query('SELECT 1')).toBe('1')
  })

  it('whose owner is gone is taken over by one of several', async () => {
    await start()
    await front.end('SIGKILL')
    const lock = JSON.parse(await readFile(join(dataDir, 'front.lock'), 'utf8')) as { pid: number; started: string }
    // A pid that another process has by now, as after a reboot.
    await writeFile(join(dataDir, 'front.lock'), JSON.stringify({ ...lock, pid: process.pid }))
    const started = await Promise.all([startFront(dataDir), startFront(dataDir), startFront(dataDir)])
    const running = started.filter((one) => one.ready)
    expect(running).toHaveLength(1)
    front = running[0]!
    expect(await (await fetch(`${front.url}/ping`)).text()).toBe('Ok.\n')
  })

  it('is left without lock and temporary files', async () => {
    const http = await start()
    await http.query('SELECT 1')
    expect(await front.end('SIGINT')).toBe(0)
    expect(await readdir(dataDir)).toEqual(['engine'])
  })
})

describe('stopping', () => {
  it('lets running queries finish', async () => {
    const http = await start()
    await http.query('CREATE TABLE slowly (n UInt64) ENGINE = MergeTree ORDER BY n')
    const query = http.ask('INSERT INTO slowly SELECT sleepEachRow(0.1) + number FROM numbers(15)', {
      max_block_size: 1,
    })
    await until(
      async () => (await http.query(`SELECT count() FROM system.processes WHERE query LIKE '%slowly SELECT%'`)) === '2',
    )
    const ended = front.end('SIGTERM')
    expect((await query).status).toBe(200)
    expect(await ended).toBe(0)
    expect(await (await start()).query('SELECT count() FROM slowly')).toBe('15')
  })

  it('kills what does not end in time', async () => {
    const http = await start(['--stop-timeout-ms', '500'])
    const query = http
      .ask('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 7 = 9')
      .catch(() => 'cut off')
    await until(
      async () => (await http.query(`SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%'`)) === '2',
    )
    expect(await front.end('SIGTERM')).toBe(0)
    expect(await query).toBe('cut off')
    expect(await readdir(dataDir)).toEqual(['engine'])
  })
})

describe('credentials', () => {
  it('of the command line are needed', async () => {
    await start(['--user', 'shop', '--password', 'sëcret'])
    const http = new Http(
      { url: front.url, user: 'shop', password: 'sëcret', stop: () => Promise.resolve() },
      'default',
    )
    const basic = `Basic ${Buffer.from('shop:sëcret').toString('base64')}`
    const right = await fetch(`${front.url}/?query=SELECT+1`, { headers: { Authorization: basic } })
    expect(await right.text()).toBe('1\n')
    const client = http.client()
    expect(await client.ping({ select: true })).toEqual({ success: true })
    await client.close()
    expect((await fetch(`${front.url}/?query=SELECT+1`)).status).toBe(403)
    expect((await fetch(`${front.url}/?query=SELECT+1&user=shop`)).status).toBe(403)
    expect((await fetch(`${front.url}/ping`)).status).toBe(200)
  })
})

describe('the summary', () => {
  it('leaves out what the engine does not tell, rather than say something wrong', async () => {
    const http = await start()
    const { headers } = await http.ask('SELECT number FROM numbers(10)', { wait_end_of_query: 1 })
    const summary = JSON.parse(headers.get('x-clickhouse-summary')!) as Record<string, unknown>
    expect(Object.keys(summary).sort()).toEqual([
      'elapsed_ns',
      'read_bytes',
      'read_rows',
      'result_bytes',
      'written_bytes',
      'written_rows',
    ])
  })
})

describe('what is missing', () => {
  it('is refused by name where a parameter asks for it, and said in the README', async () => {
    const http = await start()
    const readme = await readFile(join(repository, 'packages', 'embedded-clickhouse', 'README.md'), 'utf8')
    const [, listed = ''] = /## What it refuses(.*?)\n## /s.exec(readme) ?? []
    expect(refused.size).toBeGreaterThan(0)
    for (const [parameter, instead] of refused) {
      const answer = await http.ask('SELECT 1', { [parameter]: '1' })
      expect([parameter, answer.status, codeOf(answer)]).toEqual([parameter, 501, 48])
      expect(answer.text).toContain(`The parameter ${parameter} is not supported by embedded ClickHouse: ${instead}.`)
      expect(await http.query('SELECT 1', { [parameter]: '0' })).toBe('1')
      expect(listed).toContain(`\`${parameter}\``)
    }
  })

  it('is refused by name in headers, sessions, statements and bodies', async () => {
    const http = await start()
    const quota = await fetch(http.url({ query: 'SELECT 1' }), { headers: { 'X-ClickHouse-Quota': 'k' } })
    expect([quota.status, await quota.text()]).toEqual([501, expect.stringContaining('X-ClickHouse-Quota')])
    const held = { session_id: 's', readonly: 1 }
    await http.query('SELECT 1', { session_id: 's' })
    const readonly = await http.ask('SELECT 1', held)
    expect([readonly.status, codeOf(readonly)]).toEqual([501, 48])
    expect(readonly.text).toContain('readonly together with session_id')
    for (const [statement, name] of [
      [`SELECT 1 INTO OUTFILE '/tmp/x'`, 'INTO OUTFILE'],
      [`INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV`, 'FROM INFILE'],
      [`INSERT INTO t SELECT * FROM input('n UInt8') FORMAT TSV 1`, 'input()'],
      [`select 1 into /* */ outfile '/tmp/x'`, 'INTO OUTFILE'],
    ] as const) {
      const answer = await http.ask(statement)
      expect([answer.status, codeOf(answer)]).toEqual([501, 48])
      expect(answer.text).toContain(name)
    }
    const form = new FormData()
    form.set('table', new Blob(['1']), 'table.tsv')
    const external = await fetch(http.url({ query: 'SELECT 1' }), { method: 'POST', body: form })
    expect([external.status, await external.text()]).toEqual([501, expect.stringContaining('External data')])
    expect((await fetch(http.url(), { method: 'PUT', body: 'SELECT 1' })).status).toBe(501)
    expect(codeOf(await http.ask(Buffer.from([...Buffer.from(`SELECT '`), 0xff, ...Buffer.from(`'`)])))).toBe(36)
  })
})

describe('limits', () => {
  it('of a body are told with code 307 and status 413', async () => {
    const http = await start(['--max-body-bytes', '1000000'])
    await http.query('CREATE TABLE limited (s String) ENGINE = MergeTree ORDER BY s')
    const answer = await http.ask('x'.repeat(1_000_001), { query: 'INSERT INTO limited FORMAT TSV' })
    expect([answer.status, codeOf(answer)]).toEqual([413, 307])
    expect(answer.text).toContain('--max-body-bytes')
    expect(await http.query('SELECT count() FROM limited')).toBe('0')
  })

  it('of queries are told with code 202, while ping answers', async () => {
    const http = await start(['--max-queries', '4'], { UV_THREADPOOL_SIZE: '3' })
    const long = () =>
      http
        .ask('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 7 = 9')
        .then(codeOf, () => undefined)
    const queries = Array.from({ length: 5 }, () => long())
    expect(await Promise.race(queries)).toBe(202)
    expect(await (await fetch(`${front.url}/ping`)).text()).toBe('Ok.\n')
    await front.end('SIGKILL')
    expect(await Promise.all(queries)).toEqual(expect.arrayContaining([202, undefined]))
  })

  it('of queries do not keep KILL from its turn', async () => {
    const http = await start([], { UV_THREADPOOL_SIZE: '2' })
    const long = http.ask('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 7 = 9', {
      query_id: 'long',
    })
    const next = http.query('SELECT 2')
    await until(async () => (await http.query(`KILL QUERY WHERE query_id = 'long'`)) !== '')
    expect(codeOf(await long)).toBe(394)
    expect(await next).toBe('2')
  })
})

describe('memory', () => {
  it('stays flat while a result of a gigabyte is read', async () => {
    const http = await start()
    const resident = async () => {
      const status = await readFile(`/proc/${front.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    }
    // The engine itself holds a few blocks of rows, so a first result of the same kind comes before the measure.
    const rows = (count: number) => `SELECT number, repeat('x', 100) FROM numbers(${count})`
    await http.query(rows(1_000_000))
    const before = await resident()
    const response = await fetch(http.url({ query: rows(10_000_000) }), { headers: http.headers })
    let [bytes, peak] = [0, 0]
    let nextLook = 0
    for await (const chunk of response.body!) {
      bytes += (chunk as Uint8Array).length
      if (bytes < nextLook) continue
      nextLook = bytes + 10_000_000
      peak = Math.max(peak, await resident())
    }
    expect(bytes).toBeGreaterThan(1_000_000_000)
    expect(peak - before).toBeLessThan(200)
  })
})
