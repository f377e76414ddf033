import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Io } from '../command.ts'
import type { Instance } from '../instance/instance.ts'
import type { DataDriven } from './attribute.ts'
import { keepAttributed, roundText } from './schedule.ts'

/** What a ClickHouse answers when it is asked for the table, in turn; the last one from then on. */
let answers: { readonly status: number; readonly body: string }[] = []
const there = { status: 200, body: '{"name":"data_driven"}\n' }
const server = createServer((_, response) => {
  const { status, body } = (answers.length > 1 ? answers.shift() : answers[0]) ?? there
  response.writeHead(status).end(body)
})
let instance: Instance
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  instance = { clickhouse: { url, user: 'cairn', password: 'cairn', database: 'cairn' } } as Instance
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})
beforeEach(() => {
  answers = [there]
})

const row: DataDriven = {
  ...{ computed_at: 2, since: 1, site: 'shop', goal: 'purchase', steps_of: 'channel', model: 'markov', step: 'Email' },
  ...{ removal_effect: 1, conversions: 7, low: 6, high: 8, journeys: 90, converted: 7, definitions_number: 1 },
}

/** Runs rounds until `lines` lines are said; a round that is a message fails with it. */
async function said(rounds: (readonly DataDriven[] | string)[], lines: number): Promise<string[]> {
  const stop = new AbortController()
  const found: string[] = []
  const out = (line: string) => {
    found.push(line)
    if (found.length === lines) stop.abort()
  }
  const round = () => {
    const outcome = rounds.shift() ?? []
    return typeof outcome === 'string' ? Promise.reject(new Error(outcome)) : Promise.resolve(outcome)
  }
  await keepAttributed(instance, { everyMs: 1, days: 30, round }, { out, interrupted: stop.signal } as Io)
  for (const line of found) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .*\n$/)
  return found.map((line) => line.slice(25, -1))
}

describe('the schedule', () => {
  it('leaves a line for each round, also for one that fails, and goes on', async () => {
    expect(await said([[row], 'ClickHouse does not answer', [row]], 3)).toEqual([
      expect.stringContaining('attributed 1 macro goal of 1 site: 7 conversions by channel'),
      'failed, will be tried again next time: ClickHouse does not answer',
      expect.stringContaining('attributed 1 macro goal of 1 site'),
    ])
  })

  it('begins when the tables are there, and says once what it waits for', async () => {
    const away = { status: 404, body: 'Database cairn does not exist' }
    const empty = { status: 200, body: '' }
    answers = [away, away, empty, there]
    expect(await said([[row]], 3)).toEqual([
      'waiting for the tables: Database cairn does not exist',
      'waiting for the tables: there is no data_driven in database cairn yet',
      expect.stringContaining('attributed 1 macro goal'),
    ])
  })

  it('ends when it is interrupted while it waits for the tables', async () => {
    answers = [{ status: 200, body: '' }]
    expect(await said([], 1)).toHaveLength(1)
  })
})

describe('the line of a round', () => {
  it('counts each goal of each site once for each kind of step', () => {
    const found = [
      ...['Email', 'Direct'].flatMap((step) => [
        { ...row, step },
        { ...row, step, model: 'shapley' as const },
      ]),
      { ...row, steps_of: 'micro' as const, step: 'search', converted: 5 },
      { ...row, goal: 'lead', converted: 2 },
      { ...row, site: 'blog', converted: 1 },
    ]
    expect(roundText(found, 30, 1234)).toBe(
      'attributed 3 macro goals of 2 sites: 10 conversions by channel, 5 by micro conversions, 7 rows in 1.2 s',
    )
  })

  it('says that there is nothing to attribute', () => {
    expect(roundText([], 7, 1)).toBe('nothing to attribute: no macro conversion in the last 7 days')
  })
})
