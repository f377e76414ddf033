import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { NotJudged, SiteJudgement } from '../../packages/cli/src/verify/sql/judgement.ts'
import { cairn, data, file, removeAll, stopAll, upWith } from '../support/cli.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(180_000)

interface Told {
  readonly clean: boolean
  readonly differences: readonly unknown[]
  readonly by_sql: readonly SiteJudgement[]
  readonly not_judged: readonly NotJudged[]
  readonly left_out: Readonly<Record<string, number>>
}

const order = { order_id: 'o1', revenue: 10, currency: 'EUR' }
const visit = [
  { type: 'page', messageId: '1', anonymousId: 'ann', timestamp: '2026-05-04T08:00:00Z' },
  { type: 'track', messageId: '2', anonymousId: 'ann', event: 'Order Completed', properties: order, timestamp: '2026-05-04T08:01:00Z' }, // prettier-ignore
]

async function send(writeKey: string, messages: readonly object[]): Promise<void> {
  const lines = messages.map((message) => JSON.stringify(message)).join('\n')
  const sent = await cairn('send', file(`${writeKey}.ndjson`, lines), '--write-key', writeKey, '--data', data)
  expect(sent).toMatchObject({ exit: 0 })
}

async function verified(): Promise<Told & { readonly exit: number | null }> {
  const { exit, out, err } = await cairn('verify', '--sql', '--json', '--data', data)
  expect(err).toBe('')
  return { exit, ...(JSON.parse(out) as Told) }
}

describe('cairn verify --sql', () => {
  beforeAll(async () => {
    const shop = readFileSync(join(repository, 'definitions', 'shop.yaml'), 'utf8')
    const cutting = `${shop.replace('time_source: log', 'time_source: event')}\nsites:\n  cut:\n    session: { cut_on_campaign: true }\n`
    const definitions = file('cutting.yaml', cutting)
    await upWith({ ATTRIBUTE_EVERY: 'off' }, '--sites', 'web=shop,ads=cut', '--definitions', definitions)
  })
  afterAll(async () => {
    await stopAll()
    removeAll()
  })

  it('ends with 0 where all is judged and right, with 3 where a site is not judged, and with 1 where a row is wrong', async () => {
    await send('web', visit)
    const right = await verified()
    expect(right).toMatchObject({ exit: 0, clean: true, not_judged: [], left_out: { sessions: 0 } })
    expect(right.by_sql).toMatchObject([{ site: 'shop', compared: { sessions: 1, credits: 1 }, differences: [] }])

    await send('web', [
      ...visit.map((message) => ({
        ...message,
        messageId: `bob-${message.messageId}`,
        anonymousId: 'bob',
        properties: { ...order, order_id: 'o2' },
      })),
      ...[4, 3].map((revenue) => ({ type: 'track', messageId: 'back', anonymousId: 'bob', event: 'Order Refunded', timestamp: '2026-05-04T08:02:00Z', properties: { ...order, order_id: 'o2', revenue } })), // prettier-ignore
    ])
    const conflicting = await verified()
    expect(conflicting).toMatchObject({ exit: 0, clean: true, left_out: { sessions: 0, conversions: 1, credits: 1 } })
    expect(conflicting.by_sql).toMatchObject([{ left_out: [{ because: 'order_conflict' }] }])

    await send('ads', visit)
    const unjudged = await verified()
    const facts = ['sessions', 'conversions', 'credits']
    expect(unjudged).toMatchObject({ exit: 3, clean: false, differences: [] })
    expect(unjudged.not_judged).toEqual([{ site: 'cut', facts, because: ['cut_on_campaign'] }])
    const text = await cairn('verify', '--sql', '--data', data)
    expect(text).toMatchObject({
      exit: 3,
      out: expect.stringMatching(
        /\nnot judged by SQL: sessions, conversions, credits of site cut: campaigns cut its sessions\n$/,
      ),
    })
    expect(await cairn('verify', '--data', data)).toMatchObject({ exit: 0 })

    const forged = `ALTER TABLE sessions UPDATE page_views = page_views + 1 WHERE site = 'shop' AND visitor_id = 'ann' SETTINGS mutations_sync = 1`
    expect(await cairn('query', forged, '--data', data)).toMatchObject({ exit: 0 })
    const wrong = await verified()
    expect(wrong).toMatchObject({ exit: 1, clean: false })
    const told = wrong.by_sql.find(({ site }) => site === 'shop')?.differences.map(({ fact, only }) => [fact, only])
    expect(told?.sort()).toEqual([
      ['sessions', 'stored'],
      ['sessions', 'told'],
    ])
  })
})
