import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixedPorts, rememberedPorts } from './ports.ts'

describe('ports of a server', () => {
  let dir: string
  let record: string
  let holder: Server | undefined

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-ports-'))
    record = join(dir, 'kafka', 'ports.json')
  })

  afterEach(() => {
    holder?.close()
    holder = undefined
    rmSync(dir, { recursive: true })
  })

  async function hold(port: number): Promise<void> {
    holder = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
  }

  async function found(): Promise<readonly number[]> {
    const result = await rememberedPorts(record, 2)
    if (!result.ok) throw new Error(result.message)
    return result.ports
  }

  it('are the same at the next start', async () => {
    expect(await found()).toEqual(await found())
  })

  it('are others when one of them was taken meanwhile, and stay those', async () => {
    const first = await found()
    await hold(first[1]!)
    const second = await found()
    expect(second.some((port) => first.includes(port))).toBe(false)
    holder!.close()
    expect(await found()).toEqual(second)
  })

  it('lie below those that outgoing connections are given', async () => {
    for (const port of await found()) expect(port).toBeLessThan(32_768)
  })

  it('chosen by the user are refused when taken, naming the port', async () => {
    const [port] = await found()
    await hold(port! + 1)
    expect(await fixedPorts(port!, 2)).toMatchObject({
      ok: false,
      reason: 'port-in-use',
      message: expect.stringContaining(String(port! + 1)),
    })
  })
})
