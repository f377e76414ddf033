import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { unaccounted } from '../../packages/cli/src/verify/ledger.ts'
import { verify } from '../../packages/cli/src/verify/verify.ts'
import { rows } from '../../packages/cli/src/warehouse.ts'
import {
  hot,
  isWorkTold,
  overworked,
  phaseText,
  slowed,
  startHotRun,
  unsent,
  type HotRun,
  type Phase,
} from '../support/hot-visitor.ts'
import { endProcesses } from '../support/workers.ts'

jest.setTimeout(120_000)

describe('a visitor that sends a thousand events a second, or all that a slow processor has time for', () => {
  let run: HotRun
  let phases: readonly Phase[]
  beforeAll(async () => {
    run = await startHotRun()
  })
  beforeAll(async () => {
    const [plain, demanding] = [await run.beside('plain', 10_500), await run.beside('demanding', 4_000)]
    process.stderr.write(phaseText('plain', plain) + phaseText('demanding', demanding))
    phases = [plain, demanding]
  })
  afterAll(async () => {
    await run.close()
    await endProcesses()
  })

  it('slows no one else, whether the rules ask little or much of each event', () => {
    expect(phases).toHaveLength(2)
    expect(phases.flatMap(unsent)).toEqual([])
    expect(phases.flatMap(slowed)).toEqual([])
  })

  const withWorkTold = isWorkTold ? it : it.skip
  withWorkTold(`takes of the worker what its events may${isWorkTold ? '' : ' (no /proc/<pid>/schedstat here)'}`, () => {
    expect(phases.flatMap(overworked)).toEqual([])
  })

  it('loses nothing, and its session ends when it has 10,000 events', async () => {
    const { instance } = run.rig
    const verified = await verify(instance, { timeoutMs: 60_000, interrupted: new AbortController().signal })
    expect([verified.differences, unaccounted(verified.ledger)]).toEqual([[], 0])
    expect(verified.ledger).toMatchObject({ received: run.accepted(), stored: run.accepted() })
    const sql =
      'SELECT events, end_reason FROM v_sessions WHERE site = {site:String} AND visitor_id = {hot:String} ORDER BY started_at'
    const ofPlain = await rows<object>(instance, sql, { site: 'plain', hot: hot.plain })
    expect(ofPlain).toEqual([
      { events: 10_000, end_reason: 'cap' },
      { events: 500, end_reason: 'gap' },
    ])
    const ofDemanding = await rows<{ events: number }>(instance, sql, { site: 'demanding', hot: hot.demanding })
    expect(ofDemanding.reduce((sum, { events }) => sum + events, 0)).toBe(4_000)
  })

  it('has a state of less than a quarter of what a record of the state topic may have', async () => {
    expect(await run.largestState()).toBeLessThan(1024 * 1024)
  })
})
