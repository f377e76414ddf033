import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { barriersPassed } from './flush.ts'
import type { Instance } from './instance/instance.ts'

/** What ClickHouse answers next; the last answer again and again. */
let answers: ((response: ServerResponse) => void)[] = []
const server = createServer((_, response) => {
  const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers
  answer?.(response)
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

const refusing = (code: number) => (response: ServerResponse) => {
  response.writeHead(404, { 'x-clickhouse-exception-code': String(code) }).end(`Code: ${code}. No.`)
}
const topics = ['labelled-events', 'sessions', 'conversions', 'credits']
const barriers = topics.map((topic) => ({ topic, partition: 0, offset: 7 }))
const telling = (told: readonly object[]) => (response: ServerResponse) => {
  response.end(told.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

const never = new AbortController().signal
let instance: Instance
beforeEach(() => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  instance = { partitions: 1, clickhouse: { url, user: '', password: '', database: 'cairn' } } as Instance
})

describe('waiting for barriers', () => {
  it('goes on while the sink has made neither database nor table, nor passed all of them', async () => {
    answers = [refusing(81), refusing(60), telling(barriers.slice(1)), telling(barriers)]
    expect(await barriersPassed(instance, 'f', 60_000, never)).toEqual(barriers)
  })

  it('ends with the time', async () => {
    answers = [refusing(60)]
    expect(await barriersPassed(instance, 'f', 1, never)).toBeUndefined()
  })

  it('fails where ClickHouse refuses for another reason', async () => {
    answers = [refusing(516)]
    await expect(barriersPassed(instance, 'f', 60_000, never)).rejects.toThrow('Code: 516. No.')
  })
})
