import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { CreditRow, SessionRow, VisitorGroup } from '@cairn/domain'
import { createCodec, createContainerBuilder, readCatalog, type Warehouse } from '@cairn/runtime'
import { ownIdentity } from '@cairn/stack'
import { attribute } from '../../packages/cli/src/attribute/attribute.ts'
import { journeysOf, type StepsOf } from '../../packages/cli/src/attribute/journeys.ts'
import { attribute as command } from '../../packages/cli/src/commands/attribute.ts'
import { writeInstance, type Instance } from '../../packages/cli/src/instance/instance.ts'
import { rows } from '../../packages/cli/src/warehouse.ts'
import { runHere } from '../support/command-line.ts'
import { insertContainer } from '../support/insert.ts'
import { ownNamespace } from '../support/kafka.ts'
import { conversion, credit, session, uuid } from '../support/records.ts'
import { clickhouseServer, dropDatabase, migratedWarehouse } from '../support/warehouse.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)

const at = Date.UTC(2026, 4, 17, 12)
const minute = 60_000
const day = 24 * 60 * minute

jest.setTimeout(60_000)

let warehouse: Warehouse
let instance: Instance
let written = 0
beforeAll(async () => {
  const database = ownNamespace('attribute')
  warehouse = await migratedWarehouse(database)
  instance = { clickhouse: { ...clickhouseServer(), database } } as Instance
})
afterAll(async () => {
  await dropDatabase(warehouse)
})

async function insert(schema: 'session' | 'conversion' | 'credit', messages: readonly Buffer[]) {
  const builder = createContainerBuilder(catalog.named(schema), 1, 0)
  for (const message of messages) expect(builder.add(written++, message)).toBeUndefined()
  const token = `${schema}-${written}`
  await insertContainer(warehouse, `${schema}s_in`, builder.build(), token)
}

/** Sessions of a visitor by these channels, a minute apart from `from` on. */
function visits(site: string, visitor: string, channels: readonly string[], over: Partial<SessionRow> = {}) {
  const from = over.started_at ?? at
  return channels.map((channel, n) => {
    const started_at = from + n * minute
    const id = uuid(++written)
    return codec.encode('session', session({ site, visitor_id: visitor, channel, ...over, session_id: id, started_at }))
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

describe('journeys to a goal', () => {
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
})

describe('what a run stores', () => {
  it('has the journeys and the conversions counted, the time looked at and the definitions of its goal', async () => {
    const [now, since] = [at + 9 * minute, at - minute]
    const cart = { site: 'stored', kind: 'micro', goal: 'cart', event_time: at } as const
    const added = (visitor_id: string) =>
      codec.encode('conversion', conversion({ ...cart, visitor_id, conversion_id: uuid(++written) }))
    await insert('session', [
      ...visits('stored', 'bea', ['Email', 'Direct']),
      ...visits('stored', 'cy', ['Direct']),
      ...visits('stored', 'gus', ['Direct']),
    ])
    await insert('conversion', ['cy', 'gus', 'hal'].map(added))
    const step = { assist_goals: ['cart'], assist_times: [at] }
    await insert('credit', [
      order('stored', 'ada', ['Email'], { ...step, definitions_number: 4 }),
      order('stored', 'dan', ['Direct'], { ...step, definitions_number: 2 }),
      order('stored', 'fay', ['Email'], { goal: 'lead', definitions_number: 7 }),
      // No visit led to it; of a bot; and before the time looked at.
      order('stored', 'eve', [], { definitions_number: 3 }),
      order('stored', 'robot', ['Email'], { is_bot: 1, definitions_number: 9 }),
      order('stored', 'ida', ['Email'], { event_time: since - 1, definitions_number: 8 }),
    ])
    await attribute(instance, { now, since }, ({ site }) => site === 'stored')
    const told = await rows(
      instance,
      `SELECT goal, steps_of, journeys, converted, toUnixTimestamp64Milli(computed_at) AS computed_at,
         toUnixTimestamp64Milli(since) AS since, definitions_version, count() AS shown
       FROM v_data_driven WHERE site = 'stored' GROUP BY ALL ORDER BY goal, steps_of`,
    )
    expect(told).toEqual(
      [
        { goal: 'lead', steps_of: 'channel', journeys: 4, converted: 1, definitions_version: 7, shown: 4 },
        { goal: 'lead', steps_of: 'micro', journeys: 3, converted: 0, definitions_version: 7, shown: 2 },
        { goal: 'purchase', steps_of: 'channel', journeys: 5, converted: 2, definitions_version: 4, shown: 4 },
        { goal: 'purchase', steps_of: 'micro', journeys: 5, converted: 2, definitions_version: 4, shown: 2 },
      ].map((row) => ({ ...row, computed_at: now, since })),
    )
  })

  it('is shown no more once a later run looks for it and does not find it', async () => {
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

describe('cairn attribute', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cairn-attribute-'))
  const now = Date.now()
  beforeAll(async () => {
    writeInstance(dir, { ...instance, owner: ownIdentity() })
    const step = { assist_goals: ['cart'], assist_times: [now - 3 * day] }
    await insert('session', visits('asked', 'bea', ['Email'], { started_at: now - 10 * day }))
    await insert('credit', [
      order('asked', 'ada', ['Email', 'Direct'], { event_time: now - 3 * day, ...step }),
      order('asked', 'cy', ['Direct'], { goal: 'lead', event_time: now - 3 * day }),
      order('asked', 'dan', ['Direct'], { event_time: now - 10 * day }),
      order('asked', 'eve', ['Referral'], { event_time: now - 40 * day }),
      order('other', 'fay', ['Referral'], { event_time: now - 3 * day }),
    ])
  })
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  const run = (...args: string[]) => runHere([command], ['attribute', '--data', dir, '--site', 'asked', ...args])

  /** Title of each table, and its steps. */
  const found = (out: string) =>
    out.split('\n\n').map((group) => {
      const [title, , , ...steps] = group.trimEnd().split('\n')
      return [title, steps.map((line) => line.trim().split(/ {2,}/)[0])]
    })

  /** Goals that runs have stored, and how long before a run its time begins. */
  const stored = () =>
    rows(
      instance,
      `SELECT goal, max(toUnixTimestamp64Milli(computed_at) - toUnixTimestamp64Milli(since)) AS ago FROM v_data_driven
       WHERE site = 'asked' GROUP BY goal ORDER BY goal`,
    )

  it('prints what it found of one goal within the days looked back', async () => {
    const { exit, out, err } = await run('--goal', 'purchase', '--days', '5')
    expect([exit, err]).toEqual([0, ''])
    expect(out.split('\n')).toEqual([
      'asked: purchase by channel, 1 conversion of 1 journey',
      '  Channel  Removal effect  Markov        95 %  Shapley        95 %',
      '  ───────  ──────────────  ──────  ──────────  ───────  ──────────',
      '  Direct          100.0 %     0.5  0.5 to 0.5      0.5  0.5 to 0.5',
      '  Email           100.0 %     0.5  0.5 to 0.5      0.5  0.5 to 0.5',
      '',
      'asked: purchase by micro, 1 conversion of 1 journey',
      '  Micro goal  Removal effect  Markov        95 %  Shapley        95 %',
      '  ──────────  ──────────────  ──────  ──────────  ───────  ──────────',
      '  cart               100.0 %     1.0  1.0 to 1.0      1.0  1.0 to 1.0',
      '',
    ])
    expect(await stored()).toEqual([{ goal: 'purchase', ago: 5 * day }])
  })

  it('looks back 30 days, at every goal, where nothing else is asked', async () => {
    const { exit, out, err } = await run()
    expect([exit, err]).toEqual([0, ''])
    expect(found(out)).toEqual([
      ['asked: lead by channel, 1 conversion of 2 journeys', ['Direct', 'Email']],
      ['asked: purchase by channel, 2 conversions of 3 journeys', ['Direct', 'Email']],
      ['asked: purchase by micro, 1 conversion of 1 journey', ['cart']],
    ])
    expect(await stored()).toEqual(['lead', 'purchase'].map((goal) => ({ goal, ago: 30 * day })))
  })

  it('sees older conversions with more days', async () => {
    const { out } = await run('--goal', 'purchase', '--days', '50')
    const [first] = found(out)
    expect(first).toEqual(['asked: purchase by channel, 3 conversions of 4 journeys', ['Direct', 'Email', 'Referral']])
  })

  it.each([
    [['--goal', 'purchase', '--days', '2'], 'of goal "purchase" and site "asked" in the last 2 days'],
    [['--goal', 'refund'], 'of goal "refund" and site "asked" in the last 30 days'],
    [['--days', '2'], 'of site "asked" in the last 2 days'],
  ])('ends with 1 where there is nothing to attribute: %j', async (args, said) => {
    const err = `cairn attribute: there is no macro conversion ${said}\n`
    expect(await run(...args)).toEqual({ exit: 1, out: '', err })
  })
})
