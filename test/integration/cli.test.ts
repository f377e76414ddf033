import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownIdentity } from '@cairn/stack'
import { cairn, data, dir, file, namespace, removeAll, start, stopAll, up, upWith } from '../support/cli.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(120_000)

afterEach(stopAll)
afterAll(removeAll)

describe('the cairn command', () => {
  it('runs an instance that the other commands find, and stops it when interrupted', async () => {
    const running = await up('--workers', '2')
    expect(running.ready).toMatchObject({
      ready: true,
      ingest: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      clickhouse: expect.stringMatching(/^http:/),
      database: namespace.replace('-', '_'),
      kafka: expect.stringMatching(/:\d+$/),
    })

    const second = await cairn('up', '--data', data)
    expect(second).toMatchObject({ exit: 3, out: '' })
    expect(second.err).toContain(`${data} is in use by process ${String(running.child.pid)}`)

    const messages = file(
      'visit.ndjson',
      [
        { type: 'page', messageId: '1', anonymousId: 'ann' },
        { type: 'track', messageId: '2', anonymousId: 'ann', event: 'Product Added' },
        { type: 'track', messageId: '3', anonymousId: 'ann' },
      ]
        .map((message) => JSON.stringify(message))
        .join('\n'),
    )
    expect(await cairn('send', messages, '--data', data)).toEqual({
      exit: 1,
      out: 'accepted 2, refused 1\n  line 3: no_event_name: a track call needs its name in "event"\n',
      err: '',
    })
    const refused = await cairn('dead-letters', '--data', data)
    expect(refused).toMatchObject({ exit: 0, err: '' })
    expect(refused.out).toMatch(
      /ingest {2}no_event_name {2}site dev {2}messageId 3\n.*needs its name.*\n {2}\{"type":"track".*\}\n\ningest: no_event_name +1\n$/,
    )
    const [letter] = (await cairn('dead-letters', '--json', '--data', data)).out.split('\n')
    expect(JSON.parse(letter ?? '')).toMatchObject({ reason: 'no_event_name', messageId: '3' })

    expect(await cairn('wait', '--data', data)).toEqual({ exit: 0, out: '', err: '' })
    const asked = await cairn(
      'query',
      'SELECT name, goals FROM v_events ORDER BY event_id',
      '--data',
      data,
      '--format',
      'JSONCompactEachRow',
    )
    expect(asked.out).toBe('["page_view", []]\n["add_to_cart", ["add_to_cart"]]\n')

    const reader = start(['query', 'SELECT number FROM numbers(1000000)', '--format', 'TSV', '--data', data])
    reader.stdout.once('data', () => reader.stdout.destroy())
    const had = once(reader, 'close')
    let complaint = ''
    reader.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    // Whoever reads it may have enough, as `head` has.
    expect([await had, complaint]).toEqual([[0, null], ''])

    const lag = await cairn('lag', '--json', '--data', data)
    const lags = JSON.parse(lag.out) as { service: string; topic: string; partition: number; state: string }[]
    expect(new Set(lags.map(({ state }) => state))).toEqual(new Set(['running']))
    const places = lags.map(({ service, topic, partition }) => `${service} ${topic} ${partition}`)
    // One row a place, also with two workers: each speaks for the partitions it holds.
    expect(new Set(places).size).toBe(places.length)
    expect(places).toHaveLength(4 + 4 + 4 * 4)

    const verified = await cairn('verify', '--data', data)
    expect(verified).toMatchObject({ exit: 0, out: expect.stringContaining('compared 2 events, 1 session, ') })

    expect(await running.stop()).toBe(0)
    expect(await cairn('query', 'SELECT 1', '--data', data)).toMatchObject({
      exit: 3,
      err: expect.stringContaining(`cairn up --data ${data}`),
    })
  })

  it('keeps the definitions deployed last over a restart', async () => {
    const goal = file('goal.yaml', 'goals:\n  - name: seen\n    kind: micro\n    match: { event: page_view }\n')
    const first = await up()
    const deployed = await cairn('deploy', goal, '--data', data)
    expect(deployed).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/: goals: .*\ndefinitions \d+ are in force\n$/),
    })
    const again = await cairn('deploy', goal, '--data', data)
    expect(again).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/: goals: .*\ndefinitions \d+ are in force already; nothing changes\n$/),
    })
    await first.stop()
    await up()
    const message = file('page.ndjson', JSON.stringify({ type: 'page', messageId: 'after', anonymousId: 'bob' }))
    await cairn('send', message, '--data', data)
    await cairn('wait', '--data', data)
    const { out } = await cairn(
      'query',
      "SELECT goals FROM v_events WHERE event_id = 'after' FORMAT TSV",
      '--data',
      data,
    )
    expect(out).toBe("['seen']\n")
  })

  it.each([
    ['an unknown command', ['vrify'], 'no command "vrify"'],
    ['an unknown option', ['lag', '--jsn'], '--jsn'],
    ['a missing operand', ['query'], 'takes one statement'],
    ['a number that is none', ['up', '--workers', 'two'], '--workers'],
    ['a time that is none', ['attribute', '--every', '60'], '--every must be a time such as 30m, 1h or 1d'],
    ['an operand too many', ['lag', 'here'], 'takes no operand, got "here"'],
    ['a directory instead of a file to send', ['send', '.', '--url', 'http://127.0.0.1:1'], 'it is a directory'],
    ['a directory instead of definitions', ['deploy', '.'], 'it is a directory'],
  ])('refuses %s as wrong usage', async (_, args, said) => {
    expect(await cairn(...args)).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(said) })
  })

  it('attributes by data again and again until it is terminated', async () => {
    await upWith({ ATTRIBUTE_EVERY: 'off' }, '--definitions', join(repository, 'definitions', 'shop.yaml'))
    const order = { order_id: 'o1', revenue: 10, currency: 'EUR' }
    const sale = { type: 'track', messageId: 'sale', anonymousId: 'bea', event: 'Order Completed', properties: order }
    await cairn('send', file('sale.ndjson', JSON.stringify(sale)), '--data', data)
    expect(await cairn('wait', '--data', data)).toMatchObject({ exit: 0 })
    const child = start(['attribute', '--every', '1m', '--site', 'dev', '--data', data])
    const exited = once(child, 'close')
    let out = ''
    for await (const chunk of child.stdout) {
      out += String(chunk)
      if (out.includes('\n')) break
    }
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(out).toMatch(
      /^\S+Z attributed 1 macro goal of 1 site: 1 conversion by channel, 0 by micro conversions, \d rows in /,
    )
    const asked = "SELECT DISTINCT step FROM v_data_driven WHERE site = 'dev' AND steps_of = 'channel'"
    const stored = await cairn('query', asked, '--data', data, '--format', 'CSV')
    expect(stored).toMatchObject({ exit: 0, out: '"Direct"\n' })
  })

  it('says where sending stopped, and what to do', async () => {
    const messages = file('one.ndjson', '\n{"type":"page","anonymousId":"cy"}\n')
    const sent = await cairn('send', messages, '--url', 'http://127.0.0.1:1', '--timeout', '1')
    expect(sent).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/stopped at line 2: http.* does not answer: .*\nSend all of it again/),
    })
    expect(await cairn('send', 'absent.ndjson', '--url', 'http://127.0.0.1:1')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('absent.ndjson cannot be read: there is no such file'),
    })
  })

  it('says that a data directory cannot be one, without a stack trace', async () => {
    const notDirectory = file('plain', '')
    for (const command of ['up', 'down', 'wait']) {
      const { exit, err } = await cairn(command, '--data', notDirectory)
      expect([exit, err.split('\n').length]).toEqual([3, 2])
    }
  })

  it('says that Kafka or ClickHouse is not there, without a stack trace', async () => {
    const gone = join(dir, 'gone')
    mkdirSync(gone)
    const nothing = { url: 'http://127.0.0.1:1', user: '', password: '', database: 'cairn' }
    const instance = {
      owner: ownIdentity(),
      namespace: 'cairn',
      partitions: 4,
      kafka: ['127.0.0.1:1'],
      clickhouse: nothing,
    }
    writeFileSync(join(gone, 'instance.json'), JSON.stringify(instance))
    const goal = file('any.yaml', 'goals: []\n')
    for (const [args, server] of [
      [['wait'], 'Kafka'],
      [['deploy', goal], 'Kafka'],
      [['verify'], 'Kafka'],
      [['attribute'], 'ClickHouse'],
    ] as const) {
      const { exit, err } = await cairn(...args, '--data', gone)
      expect([exit, err.includes(server), /\n\s+at /.test(err)]).toEqual([3, true, false])
    }
  })

  it('names every problem of a definitions file that is refused, before anything is started', async () => {
    const wrong = file('wrong.yaml', 'goals:\n  - name: a\n    kind: mikro\n    match: { event: x }\nsesion: {}\n')
    const refused = await cairn('up', '--data', join(dir, 'other'), '--definitions', wrong)
    expect(refused).toMatchObject({ exit: 1, out: '' })
    expect(refused.err.split('\n').filter((line) => line.startsWith(`${wrong}:`))).toHaveLength(2)
  })
})
