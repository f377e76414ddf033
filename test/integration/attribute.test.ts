import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { CreditRow, SessionRow, VisitorGroup } from '@cairn/domain'
import { createCodec, createContainerBuilder, readCatalog, type Warehouse } from '@cairn/runtime'
import { attribute } from '../../packages/cli/src/attribute/attribute.ts'
import { journeysOf, type StepsOf } from '../../packages/cli/src/attribute/journeys.ts'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import { rows } from '../../packages/cli/src/warehouse.ts'
import { ownNamespace } from '../support/kafka.ts'
import { credit, session, uuid } from '../support/records.ts'
import { clickhouse, dropDatabase, migratedWarehouse } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

const at = Date.UTC(2026, 4, 17, 12)
const minute = 60_000

jest.setTimeout(60_000)

describe('journeys to a goal', () => {
  let warehouse: Warehouse
  let instance: Instance
  let written = 0
  beforeAll(async () => {
    const database = ownNamespace('attribute')
    warehouse = await migratedWarehouse(database)
    const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user = 'default', CLICKHOUSE_PASSWORD: password = '' } = clickhouse()
    instance = { clickhouse: { url, user, password, database } } as Instance
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  async function insert(schema: 'session' | 'credit', messages: readonly Buffer[]) {
    const builder = createContainerBuilder(catalog.named(schema), 1, 0)
    for (const message of messages) expect(builder.add(written++, message)).toBeUndefined()
    const token = `${schema}-${written}`
    expect(await warehouse.insertContainer(`${schema}s_in`, builder.build(), { token, queryId: token })).toMatchObject({
      ok: true,
    })
  }

  /** Sessions of a visitor by these channels, a minute apart from `from` on. */
  function visits(site: string, visitor: string, channels: readonly string[], over: Partial<SessionRow> = {}) {
    const from = over.started_at ?? at
    return channels.map((channel, n) => {
      const started_at = from + n * minute
      const id = uuid(++written)
      return codec.encode(
        'session',
        session({ site, visitor_id: visitor, channel, ...over, session_id: id, started_at }),
      )
    })
  }

  /** A purchase at `event_time` that came by these channels, a minute apart up to it. */
  function order(site: string, visitor: string, channels: readonly string[], over: Partial<CreditRow> = {}) {
    const event_time = over.event_time ?? at
    const started = channels.map((_, n) => event_time - (channels.length - 1 - n) * minute)
    return codec.encode(
      'credit',
      credit({
        ...{ site, visitor_id: visitor, conversion_id: uuid(++written), event_time },
        ...{ touch_channels: [...channels], touch_started_at: started, assist_goals: [], assist_times: [], ...over },
      }),
    )
  }

  async function journeys(
    site: string,
    stepsOf: StepsOf = 'channel',
    since = 0,
    goal = 'purchase',
  ): Promise<VisitorGroup[]> {
    const groups: VisitorGroup[] = []
    for await (const { visitors, ...group } of journeysOf(instance, site, stepsOf, since)) {
      const number = visitors.get(goal)
      if (number !== undefined) groups.push({ ...group, visitors: number })
    }
    return groups
  }

  it('are those behind each conversion, and of visitors who had none all their steps, equal ones together', async () => {
    await insert('session', [
      ...visits('paths', 'ada', ['Email', 'Direct']),
      ...visits('paths', 'bea', ['Email', 'Direct']),
      ...visits('paths', 'cy', ['Email', 'Direct']),
      ...visits('paths', 'robot', ['Direct'], { is_bot: 1 }),
      ...visits('elsewhere', 'dan', ['Direct']),
    ])
    await insert('credit', [
      order('paths', 'ada', ['Email', 'Direct']),
      order('paths', 'eve', []),
      order('paths', 'fay', ['Email'], { goal: 'lead' }),
      order('paths', 'robot', ['Direct'], { is_bot: 1 }),
    ])
    expect(await journeys('paths')).toEqual([
      { ways: [['Email', 'Direct']], converted: false, visitors: 2 },
      { ways: [['Email', 'Direct']], converted: true, visitors: 1 },
    ])
  })

  it('are told of each goal: who converted for one is among those who did not for another', async () => {
    await insert('session', [
      ...visits('goals', 'ada', ['Email', 'Direct']),
      ...visits('goals', 'bea', ['Email', 'Direct']),
      ...visits('goals', 'cy', ['Email', 'Direct']),
    ])
    await insert('credit', [
      order('goals', 'ada', ['Email']),
      order('goals', 'ada', ['Email', 'Direct'], { goal: 'lead' }),
      order('goals', 'bea', ['Email', 'Direct'], { goal: 'lead' }),
    ])
    expect(await journeys('goals')).toEqual([
      { ways: [['Email']], converted: true, visitors: 1 },
      { ways: [['Email', 'Direct']], converted: false, visitors: 2 },
    ])
    expect(await journeys('goals', 'channel', 0, 'lead')).toEqual([
      { ways: [['Email', 'Direct']], converted: false, visitors: 1 },
      { ways: [['Email', 'Direct']], converted: true, visitors: 2 },
    ])
    expect(await journeys('goals', 'channel', 0, 'none')).toEqual([])
  })

  it('have a step that follows itself once, and the latest hundred steps', async () => {
    const channels = Array.from({ length: 121 }, (_, n) => (n % 2 === 0 ? 'Email' : 'Direct'))
    await insert('session', [
      ...visits('long', 'ada', ['Email', 'Email', 'Direct', 'Direct', 'Email']),
      ...visits('long', 'bea', ['Referral', ...channels]),
    ])
    await insert('credit', [order('long', 'eve', [])])
    expect(await journeys('long')).toEqual([
      { ways: [channels.slice(-100)], converted: false, visitors: 1 },
      { ways: [['Email', 'Direct', 'Email']], converted: false, visitors: 1 },
    ])
  })

  it('are together where they are of one visitor, but not of nobody', async () => {
    await insert('credit', [
      order('twice', 'ada', ['Email', 'Direct']),
      order('twice', 'ada', ['Email']),
      order('twice', 'bea', ['Email', 'Direct']),
      order('twice', '', ['Email']),
      order('twice', '', ['Email']),
    ])
    expect(await journeys('twice')).toEqual([
      { ways: [['Email']], converted: true, visitors: 2 },
      { ways: [['Email'], ['Email', 'Direct']], converted: true, visitors: 1 },
      { ways: [['Email', 'Direct']], converted: true, visitors: 1 },
    ])
  })

  it('begin at the earliest when the time looked at does, whether they converted or not', async () => {
    const started_at = at - 2 * minute
    await insert('session', visits('cut', 'bea', ['Email', 'Referral', 'Direct'], { started_at }))
    // Her order was before that: since then she has come and not bought.
    await insert('session', visits('cut', 'eve', ['Email', 'Referral', 'Direct'], { started_at }))
    await insert('credit', [
      order('cut', 'eve', ['Email'], { event_time: started_at }),
      order('cut', 'ada', ['Email', 'Referral', 'Direct']),
      order('cut', 'cy', ['Email', 'Direct'], { touch_started_at: [at - 3 * minute, at - 2 * minute] }),
      order('cut', 'dan', [], { assist_goals: ['search', 'cart'], assist_times: [at - minute - 1, at - minute] }),
    ])
    expect(await journeys('cut', 'channel', at - minute)).toEqual([
      { ways: [['Referral', 'Direct']], converted: false, visitors: 2 },
      { ways: [['Referral', 'Direct']], converted: true, visitors: 1 },
    ])
    expect(await journeys('cut', 'micro', at - minute)).toEqual([{ ways: [['cart']], converted: true, visitors: 1 }])
  })

  it('that a later run looked for and did not find any more are not shown as if they were still there', async () => {
    const shown = async () => {
      const groups = "SELECT DISTINCT goal, steps_of FROM v_data_driven WHERE site = 'gone' ORDER BY goal, steps_of"
      return (await rows<{ goal: string; steps_of: string }>(instance, groups)).map(
        (row) => `${row.goal} ${row.steps_of}`,
      )
    }
    const run = (now: number, since: number, goal?: string) =>
      attribute(instance, { now, since }, (asked) => asked.site === 'gone' && (goal ?? asked.goal) === asked.goal)
    const step = { assist_goals: ['cart'], assist_times: [at] }
    await insert('credit', [
      order('gone', 'ada', ['Email'], step),
      order('gone', 'bea', ['Email'], { goal: 'lead', event_time: at + minute }),
    ])
    await run(at + 1, 0)
    expect(await shown()).toEqual(['lead channel', 'purchase channel', 'purchase micro'])
    await run(at + 2, at + 1, 'lead')
    expect(await shown()).toEqual(['lead channel', 'purchase channel', 'purchase micro'])
    expect((await run(at + 3, at + 1)).map(({ goal }) => goal)).toEqual(['lead', 'lead'])
    expect(await shown()).toEqual(['lead channel'])
    expect(await run(at + 4, at + 2 * minute)).toEqual([])
    expect(await shown()).toEqual([])
    await run(at + 5, 0)
    expect(await shown()).toEqual(['lead channel', 'purchase channel', 'purchase micro'])
  })
})
