import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { runDemo, type DemoInstance, type DemoOptions } from './run.ts'

const empty = mkdtempSync(join(tmpdir(), 'demo-'))
afterAll(() => rmSync(empty, { recursive: true }))

const accepted: DemoInstance['send'] = (messages) => Promise.resolve({ accepted: messages.length, refused: [] })

/** Figures of a shop nobody came to. */
const nothing: DemoInstance['query'] = (sql) =>
  Promise.resolve(/GROUP BY|v_micro_to_macro/.test(sql) && !sql.includes('windowFunnel') ? [] : [blank])
const names = ['visits', 'visitors', 'buyers', 'with_order', 'with_cart', 'cart_left', 'with_checkout', 'checkout_left']
const goals = ['product_view', 'add_to_cart', 'begin_checkout', 'purchase']
const blank = { ...Object.fromEntries([...names, ...goals].map((name) => [name, 0])), first: '', last: '' }

async function run(instance: Partial<DemoInstance>, people = 0) {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const options: DemoOptions = {
    seed: 1,
    days: 1,
    people,
    now: Date.parse('2026-11-23T09:00:00Z'),
    dataFolder: empty,
    out: say,
    progress: say,
  }
  const yes = () => Promise.resolve(true)
  const same = () => Promise.resolve('same' as const)
  const outcome = await runDemo({ send: accepted, wait: yes, query: nothing, verify: same, ...instance }, options)
  return { outcome, said: said.join('\n') }
}

describe('the demo', () => {
  it('says that the real input is missing and goes on without it', async () => {
    const { outcome, said } = await run({})
    expect(outcome).toEqual({ ok: true, isVerified: true })
    expect(said).toContain(`no real input: ${join(empty, 'shop-events')} is not there`)
  })

  it('ends with the first refusal', async () => {
    const refused = [{ reason: 'bad_time', message: '"timestamp" must be a time' }]
    const { outcome } = await run({ send: () => Promise.resolve({ accepted: 1, refused }) }, 5)
    expect(outcome).toMatchObject({ ok: false, reason: 'not_accepted' })
    expect(outcome).toHaveProperty('message', expect.stringContaining('"timestamp" must be a time (bad_time)'))
  })

  it('ends when messages are not answered, or not queryable in time', async () => {
    const failure = { accepted: 0, refused: [], stopped: { line: 1, why: 'no answer' } }
    expect((await run({ send: () => Promise.resolve(failure) }, 5)).outcome).toMatchObject({ reason: 'not_accepted' })
    expect((await run({ wait: () => Promise.resolve(false) })).outcome).toMatchObject({ reason: 'not_queryable' })
  })

  it('tells where the warehouse differs from what the shop did', async () => {
    const { outcome } = await run({}, 50)
    expect(outcome).toMatchObject({ ok: false, reason: 'figures_differ' })
    expect(outcome).toHaveProperty(
      'message',
      expect.stringMatching(/visits: the shop counted \d+, the warehouse has 0/),
    )
  })

  it('ends with verify', async () => {
    expect((await run({ verify: () => Promise.resolve('differs') })).outcome).toMatchObject({ reason: 'verify_failed' })
    expect((await run({})).outcome).toEqual({ ok: true, isVerified: true })
  })

  it('is no failure where the machine was too busy for verify to tell', async () => {
    expect((await run({ verify: () => Promise.resolve('unknown') })).outcome).toEqual({ ok: true, isVerified: false })
  })
})
