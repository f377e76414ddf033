import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Catalog } from '@cairn/runtime'

export interface Registry {
  readonly url: string
  close(): void
}

/** As much of a schema registry as a reader asks for: `GET /schemas/ids/<id>`. */
export async function startRegistry(catalog: Catalog): Promise<Registry> {
  const server = createServer((request, response) => {
    const id = /^\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1]
    const found = id === undefined ? undefined : catalog.find(Number(id))
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(JSON.stringify(found === undefined ? {} : { schema: JSON.stringify(found.schema) }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry has no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() }
}
