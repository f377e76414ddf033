import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixedPorts, isAlive } from '@cairn/stack'
import { cairn, cairnWith, childrenOf, data, dir, file, removeAll, start, stopAll, up, upWith } from '../support/cli.ts'
import { until } from '../support/until.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(120_000)

afterEach(stopAll)
afterAll(removeAll)

describe('a running instance', () => {
  it('starts with more workers than partitions, of which one stands by', async () => {
    const running = await up('--workers', '5')
    expect(running.ready.ready).toBe(true)
    expect(await running.stop()).toBe(0)
  })

  it('is on the ports from --port-base on, and is refused where one of them is taken', async () => {
    const base = await freePorts(6)
    const running = await up('--port-base', String(base))
    expect(running.ready.ingest).toBe(`http://127.0.0.1:${base + 5}`)
    const other = await cairn('up', '--data', join(dir, 'other'), '--port-base', String(base))
    expect(other).toMatchObject({ exit: 3, out: '' })
    expect(other.err).toContain(`Port ${base + 3} on 127.0.0.1 is taken; free it or choose another port base.`)
    expect(await running.stop()).toBe(0)
  })

  it('ends what a killed one has left running, says so, and takes the write keys of that one', async () => {
    const killed = await up('--workers', '2', '--sites', 'web=linden,till=linden:server')
    const children = childrenOf(data)
    // The sink, two workers, ingest, and what attributes by data.
    expect(children).toHaveLength(5)
    await until(() => rounds().length === 1)
    killed.disown()
    killed.child.kill('SIGKILL')
    await killed.exited
    const next = await up()
    expect(next.ready.writeKeys).toEqual({ web: 'linden', till: 'linden:server' })
    expect(next.said()).toMatch(/^ended 5 services that a killed run had left running\n/)
    expect(children.filter(isAlive)).toEqual([])
    expect((await cairn('verify', '--data', data)).exit).toBe(0)

    await until(() => rounds().length === 1)
    next.disown()
    const left = childrenOf(data)
    next.child.kill('SIGKILL')
    await next.exited
    expect(await cairn('down', '--data', data)).toMatchObject({
      exit: 0,
      out: expect.stringContaining(': 4 processes'),
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

  it('attributes by data from time to time, also after that was killed', async () => {
    const shop = join(repository, 'definitions', 'shop.yaml')
    const running = await up('--definitions', shop, '--sites', 'dev=fresh')
    await until(() => rounds().length === 1)
    const order = { order_id: 'o1', revenue: 10, currency: 'EUR' }
    const sale = { type: 'track', messageId: 'sale', anonymousId: 'bea', event: 'Order Completed', properties: order }
    await cairn('send', file('sale.ndjson', JSON.stringify(sale)), '--data', data)
    expect(await cairn('wait', '--data', data)).toMatchObject({ exit: 0 })

    process.kill(childrenOf(data).at(-1)?.pid ?? 0, 'SIGKILL')
    await until(() => running.said().includes('data-driven runs again'))
    await until(() => rounds().at(1) === 'attributed')
    const asked = "SELECT DISTINCT goal, converted FROM v_data_driven WHERE site = 'fresh' AND steps_of = 'channel'"
    expect((await cairn('query', asked, '--data', data, '--format', 'CSV')).out).toBe('"purchase",1\n')

    const children = childrenOf(data)
    running.disown()
    expect(await cairn('down', '--data', data)).toMatchObject({ exit: 0 })
    expect(running.said()).toContain('stopping data-driven\nstopping ingest\n')
    expect(children.filter(isAlive)).toEqual([])
  })

  it('does not attribute by data where that is off, and is refused where the time is none', async () => {
    const running = await upWith({ ATTRIBUTE_EVERY: 'off' })
    expect(childrenOf(data)).toHaveLength(3)
    expect(await running.stop()).toBe(0)
    expect(await cairnWith({ ATTRIBUTE_EVERY: '60' }, 'up', '--data', data)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(
        'ATTRIBUTE_EVERY: "60" must be a time such as 30m, 1h or 1d, from 1m to 24d, or off',
      ),
    })
  })

  it('is stopped by cairn down, which waits for it', async () => {
    const running = await up()
    const children = childrenOf(data)
    running.disown()
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
    running.disown()
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
})

/** What each round of the schedule came to since the instance was started: attributed or nothing. */
function rounds(): string[] {
  const log = readFileSync(join(data, 'logs', 'data-driven.log'), 'utf8')
  return [...log.matchAll(/Z (attributed|nothing) /g)].map(([, came]) => String(came))
}

/** The first of `count` consecutive ports that are free, below those systems give to outgoing connections. */
async function freePorts(count: number): Promise<number> {
  for (let first = 12_000; first < 20_000; first += count) if ((await fixedPorts(first, count)).ok) return first
  throw new Error('no ports are free')
}
