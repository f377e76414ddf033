import { discardStack, startClickHouse, type ClickHouseServer, type Crash } from '@cairn/stack'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { until } from '../../support/until.ts'
import { nativeEnvironment, runs, startParent, temporaryDataDir } from './processes.ts'

const standIn = join(import.meta.dirname, 'stand-in-clickhouse.js')
const broken = join(import.meta.dirname, 'broken-clickhouse.js')

// Each starts processes and waits for them, which takes long on a busy machine.
jest.setTimeout(60_000)

describe('a server started here', () => {
  let dataDir: string
  let crashes: Crash[]
  let crashed: Promise<void>
  let reportCrash: () => void
  const started: ClickHouseServer[] = []

  beforeEach(() => {
    dataDir = temporaryDataDir()
    crashes = []
    crashed = new Promise((resolve) => (reportCrash = resolve))
  })

  afterEach(async () => {
    for (const { server } of started.splice(0)) await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function start(program = standIn, portBase?: number) {
    const onCrash = (crash: Crash) => {
      crashes.push(crash)
      reportCrash()
    }
    const options = {
      dataDir,
      env: nativeEnvironment(),
      onCrash,
      ...(portBase === undefined ? {} : { portBase }),
    }
    const result = await startClickHouse(options, program)
    if (result.ok) started.push(result.clickhouse)
    return result
  }

  async function startOrFail() {
    const result = await start()
    if (!result.ok) throw new Error(result.message)
    return { ...result.clickhouse, server: result.clickhouse.server! }
  }

  it('answers, and is gone after stop', async () => {
    const { url, server } = await startOrFail()
    const pid = server.pid!
    expect(await (await fetch(`${url}/ping`)).text()).toBe('Ok.\n')
    await server.stop()
    expect(runs(pid)).toBe(false)
    expect(crashes).toEqual([])
  })

  it('is refused a second time on the same data directory', async () => {
    const { server } = await startOrFail()
    const second = await start()
    expect(second).toMatchObject({ ok: false, reason: 'data-directory-in-use' })
    expect(runs(server.pid!)).toBe(true)
  })

  it('keeps its data directory from being discarded until it is stopped', async () => {
    const { server } = await startOrFail()
    const discard = () => discardStack({ dataDir, env: nativeEnvironment() })
    expect(await discard()).toMatchObject({ ok: false, reason: 'data-directory-in-use' })
    await server.stop()
    expect(await discard()).toEqual({ ok: true })
    expect(existsSync(dataDir)).toBe(false)
  })

  it('comes back at its address after stop', async () => {
    const first = await startOrFail()
    await first.server.stop()
    expect((await startOrFail()).url).toBe(first.url)
  })

  it('moves to another port when its own was taken meanwhile', async () => {
    const first = await startOrFail()
    await first.server.stop()
    const other = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
    await once(other, 'listening')
    const second = await startOrFail()
    other.close()
    expect(second.url).not.toBe(first.url)
  })

  it('is refused a chosen port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const result = await start(standIn, port - 2)
    other.close()
    expect(result).toMatchObject({ ok: false, reason: 'port-in-use', message: expect.stringContaining(`${port}`) })
  })

  it('is reported with its last log lines when it ends by itself', async () => {
    const { server } = await startOrFail()
    process.kill(server.pid!, 'SIGKILL')
    await crashed
    expect(crashes).toMatchObject([{ server: 'clickhouse', signal: 'SIGKILL', code: null }])
    expect(crashes[0]!.lastLines.at(-1)).toContain('"ready":true')
    expect(server.pid).toBeUndefined()
  })

  it('can be killed and started again at its address, which is no crash', async () => {
    const { url, server } = await startOrFail()
    const before = server.pid!
    await server.kill('SIGKILL')
    expect(runs(before)).toBe(false)
    expect(await server.restart()).toBeUndefined()
    expect(server.pid).not.toBe(before)
    expect((await fetch(`${url}/ping`)).status).toBe(200)
    expect(crashes).toEqual([])
  })

  it('can be suspended, resumed, and stopped while suspended', async () => {
    const { url, server } = await startOrFail()
    const pid = server.pid!
    await server.kill('SIGSTOP')
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /)
    await server.kill('SIGCONT')
    expect((await fetch(`${url}/ping`)).status).toBe(200)
    await server.kill('SIGSTOP')
    await server.stop()
    expect(runs(pid)).toBe(false)
  })

  it('that cannot start is refused with what it said', async () => {
    const result = await start(broken)
    expect(result).toMatchObject({ ok: false, reason: 'start-failed' })
    expect(!result.ok && result.message).toMatch(/exit code 3.*Cannot lock the data directory/s)
    expect((await start()).ok).toBe(true)
  })

  it('is ended by the next start when its parent was killed', async () => {
    const { parent, serverPid } = await startParent('clickhouse', dataDir, standIn)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(runs(serverPid)).toBe(true)
    const next = await startOrFail()
    expect(runs(serverPid)).toBe(false)
    expect(runs(next.server.pid!)).toBe(true)
  })

  it('ends with a parent that leaves without stopping it', async () => {
    const { parent, serverPid } = await startParent('clickhouse', dataDir, standIn)
    parent.kill('SIGTERM')
    await once(parent, 'exit')
    await until(() => !runs(serverPid))
  })
})
