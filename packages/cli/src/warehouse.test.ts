import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Instance } from './instance/instance.ts'
import { rows } from './warehouse.ts'

let connections = 0
const server = createServer((_, response) => response.end('{"one":1}\n')).on('connection', () => connections++)
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

it('asks ClickHouse over a new connection each time: a kept one may be gone after a long computation', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const instance = { clickhouse: { url, user: 'cairn', password: 'cairn', database: 'cairn' } } as Instance
  for (let asked = 0; asked < 4; asked++) expect(await rows(instance, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(connections).toBe(4)
})
