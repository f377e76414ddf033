import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { isAlive, type ProcessIdentity } from '@cairn/stack'
import { until } from '../support/until.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(120_000)

interface Ready {
  readonly ready: boolean
  readonly ingest: string
  readonly clickhouse: string
  readonly database: string
  readonly kafka: string
}

interface Finished {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

interface RunningUp {
  readonly ready: Ready
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it has said so far. */
  said(): string
  readonly exited: Promise<number | null>
  stop(): Promise<number | null>
}

const dir = mkdtempSync(join(tmpdir(), 'cairn-cli-'))
const data = join(dir, 'data')
const live = new Set<RunningUp>()

function start(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(repository, 'packages', 'cli', 'bin', 'cairn.js'), ...args], {
    cwd: dir,
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function cairn(...args: string[]): Promise<Finished> {
  const child = start(args)
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [exit] = (await once(child, 'close')) as [number | null]
  return { exit, out, err }
}

async function up(...args: string[]): Promise<RunningUp> {
  const child = start(['up', '--data', data, '--json', ...args])
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const line = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk)),
    exited.then((code) => Promise.reject(new Error(`cairn up ended with ${String(code)}: ${err}`))),
  ])
  const running: RunningUp = {
    ready: JSON.parse(line) as Ready,
    child,
    said: () => err,
    exited,
    async stop() {
      live.delete(running)
      child.kill('SIGINT')
      return exited
    },
  }
  live.add(running)
  return running
}

/** The services of a running instance, in the order they were started. */
function childrenOf(dataDir: string): readonly ProcessIdentity[] {
  const lock = JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')) as { readonly children: ProcessIdentity[] }
  return lock.children
}

function file(name: string, content: string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

afterEach(async () => {
  await Promise.all([...live].map((running) => running.stop()))
})
afterAll(() => {
  rmSync(dir, { recursive: true })
})

describe('the cairn command', () => {
  it('runs an instance that the other commands find, and stops it when interrupted', async () => {
    const running = await up('--workers', '2')
    expect(running.ready).toMatchObject({
      ready: true,
      ingest: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      clickhouse: expect.stringMatching(/^http:/),
      database: 'cairn',
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

    const lag = await cairn('lag', '--json', '--data', data)
    const lags = JSON.parse(lag.out) as { service: string; topic: string; partition: number; state: string }[]
    expect(new Set(lags.map(({ state }) => state))).toEqual(new Set(['running']))
    const places = lags.map(({ service, topic, partition }) => `${service} ${topic} ${partition}`)
    // One row a place, also with two workers: each speaks for the partitions it holds.
    expect(new Set(places).size).toBe(places.length)
    expect(places).toHaveLength(4 + 3 * 4)

    const verified = await cairn('verify', '--data', data)
    expect(verified).toMatchObject({ exit: 0, out: expect.stringContaining('compared 2 events, 1 sessions') })

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
    expect(deployed).toMatchObject({ exit: 0, out: expect.stringMatching(/^definitions \d+ are in force\n$/) })
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

  it('starts with more workers than partitions, of which one stands by', async () => {
    const running = await up('--workers', '5')
    expect(running.ready.ready).toBe(true)
    expect(await running.stop()).toBe(0)
  })

  it('ends what a killed one has left running, and says so', async () => {
    const killed = await up('--workers', '2')
    const children = childrenOf(data)
    expect(children).toHaveLength(4)
    live.delete(killed)
    killed.child.kill('SIGKILL')
    await killed.exited
    const next = await up()
    expect(next.said()).toMatch(/^ended 4 services that a killed run had left running\n/)
    expect(children.filter(isAlive)).toEqual([])
    expect((await cairn('verify', '--data', data)).exit).toBe(0)

    live.delete(next)
    const left = childrenOf(data)
    next.child.kill('SIGKILL')
    await next.exited
    expect(await cairn('down', '--data', data)).toMatchObject({
      exit: 0,
      out: expect.stringContaining(': 3 processes'),
    })
    expect(left.filter(isAlive)).toEqual([])
  })

  it('starts a service that was killed again, and says so with the end of its log', async () => {
    const running = await up()
    const [sink] = childrenOf(data)
    process.kill(sink?.pid ?? 0, 'SIGKILL')
    await until(() => running.said().includes('sink runs again'))
    expect(running.said()).toMatch(
      /sink ended with SIGKILL; \S+sink.log ends with:\n\{"level".*\nstarting sink again in 0.5 s/s,
    )
    expect((await cairn('verify', '--data', data)).exit).toBe(0)
    expect(await running.stop()).toBe(0)
  })

  it('is stopped by cairn down, which waits for it', async () => {
    const running = await up()
    const children = childrenOf(data)
    live.delete(running)
    const stopped = await cairn('down', '--data', data)
    expect(stopped).toMatchObject({ exit: 0, out: `stopped; the data stays in ${data}\n` })
    expect(await running.exited).toBe(0)
    expect(children.filter(isAlive)).toEqual([])
    expect(await cairn('down', '--data', data)).toMatchObject({ exit: 0, out: `nothing runs on ${data}\n` })
    expect(await cairn('down', '--data', `${data}x`)).toMatchObject({ exit: 3, out: '' })
  })

  it('interrupted again while it stops says what it waits for, and leaves nothing running', async () => {
    const running = await up()
    const children = childrenOf(data)
    live.delete(running)
    running.child.kill('SIGINT')
    await until(() => running.said().includes('stopping ingest'))
    running.child.kill('SIGTERM')
    running.child.kill('SIGINT')
    expect(await running.exited).toBe(0)
    expect(running.said()).toContain('still stopping')
    expect(children.filter(isAlive)).toEqual([])
  })

  it.each(['starting Kafka', 'starting attribution-1'])('interrupted while %s leaves nothing running', async (step) => {
    const child = start(['up', '--data', data])
    const closed = once(child, 'close') as Promise<[number | null]>
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    await until(() => err.includes(step))
    const children = childrenOf(data)
    child.kill('SIGINT')
    expect(await closed).toEqual([1, null])
    expect(err).toContain('interrupted before it was ready; nothing is left running')
    expect(children.filter(isAlive)).toEqual([])
    expect(await cairn('down', '--data', data)).toMatchObject({ exit: 0, out: `nothing runs on ${data}\n` })
  })

  it.each([
    ['an unknown command', ['vrify'], 'no command "vrify"'],
    ['an unknown option', ['lag', '--jsn'], '--jsn'],
    ['a missing operand', ['query'], 'takes one statement'],
    ['a number that is none', ['up', '--workers', 'two'], '--workers'],
  ])('refuses %s as wrong usage', async (_, args, said) => {
    expect(await cairn(...args)).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(said) })
  })

  it('says where sending stopped, and what to do', async () => {
    const messages = file('one.ndjson', '\n{"type":"page","anonymousId":"cy"}\n')
    const sent = await cairn('send', messages, '--url', 'http://127.0.0.1:1')
    expect(sent).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/stopped at line 2: http.* does not answer: .*\nSend all of it again/),
    })
    expect(await cairn('send', 'absent.ndjson', '--url', 'http://127.0.0.1:1')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('absent.ndjson cannot be read'),
    })
  })

  it('says that Kafka or ClickHouse is not there, without a stack trace', async () => {
    const gone = join(dir, 'gone')
    mkdirSync(gone)
    const nothing = { url: 'http://127.0.0.1:1', user: '', password: '', database: 'cairn' }
    const instance = {
      pid: process.pid,
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
      [['verify'], 'ClickHouse'],
    ] as const) {
      const { exit, err } = await cairn(...args, '--data', gone)
      expect([exit, err.includes(server), /\n\s+at /.test(err)]).toEqual([3, true, false])
    }
  })

  it('names every line of a definitions file that is refused, before anything is started', async () => {
    const wrong = file('wrong.yaml', 'goals:\n  - name: a\n    kind: mikro\n    match: { event: x }\nsesion: {}\n')
    const refused = await cairn('up', '--data', join(dir, 'other'), '--definitions', wrong)
    expect(refused).toMatchObject({ exit: 2, out: '' })
    expect(refused.err).toMatch(/line 3: .*line 5: /s)
  })
})
