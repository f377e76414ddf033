import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createCodec } from './codec.ts'
import { openCatalog } from './registry.ts'

/** Speaks the part of the schema registry's interface that is used: ids in the order schemas come, the same id for the same schema. */
function startRegistry(first: number): Promise<{ url: string; subjects: Map<string, number>; server: Server }> {
  const subjects = new Map<string, number>()
  const server = createServer((request, response) => {
    const subject = /^\/base\/subjects\/([^/]+)\/versions$/.exec(request.url ?? '')?.[1]
    if (subject === undefined) return void response.writeHead(404).end('{}')
    if (subject === 'cairn.tick' && first < 0) return void response.writeHead(409).end('{"message":"incompatible"}')
    if (!subjects.has(subject)) subjects.set(subject, first + subjects.size)
    response.end(JSON.stringify({ id: subjects.get(subject) }))
  })
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      done({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`, subjects, server })
    })
  })
}

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((s) => s.close()))

describe('a schema registry', () => {
  it('gives the ids, the same ones to whoever asks again', async () => {
    const { url, subjects, server } = await startRegistry(70_000)
    servers.push(server)
    const catalog = await openCatalog(url)
    const codec = createCodec(catalog)
    const tick = codec.encode('tick', { flush_id: 'f', hold_ms: 0 })
    expect(tick.readUInt32BE(1)).toBe(subjects.get('cairn.tick'))
    expect(createCodec(await openCatalog(url)).decode(tick)).toMatchObject({
      ok: true,
      kind: 'tick',
      value: { flush_id: 'f' },
    })
    expect(catalog.named(`labelled:${String(subjects.get('cairn.event.v1'))}`).id).toBe(
      subjects.get('cairn.labelled-1'),
    )
  })

  it('that is away or refuses is named with the way out', async () => {
    await expect(openCatalog('http://127.0.0.1:1')).rejects.toThrow(
      'http://127.0.0.1:1 does not answer; check SCHEMA_REGISTRY_URL',
    )
    const { url, server } = await startRegistry(-1)
    servers.push(server)
    await expect(openCatalog(url)).rejects.toThrow('refuses cairn.tick with 409: incompatible')
  })
})
