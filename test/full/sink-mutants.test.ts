import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { oneServer, readMigrations, statements } from '@cairn/runtime'
import { tablesWithoutWindow } from '@cairn/testkit/ddl'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import { Bench, type Stored } from '../support/sink-bench.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(120_000)

let bench: Bench
afterEach(() => bench.close())
afterAll(discardMutants)

const noToken: Mutation = {
  name: 'no-dedup-token',
  file: 'packages/runtime/dist/clickhouse/warehouse.js',
  from: 'clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },',
  to: 'clickhouse_settings: { ...insertSettings },',
}

const noWindow: Mutation = {
  name: 'no-window-on-a-view-target',
  file: 'schemas/clickhouse/003_channel_hourly.sql',
  from: 'SETTINGS {{dedup_window_setting}} = {{dedup_window}}\n',
  to: '',
}

const noUsersWindow: Mutation = { ...noWindow, name: 'no-window-on-visitor-users', file: 'schemas/clickhouse/008_visitor_users.sql' } // prettier-ignore

describe('the sink without a deduplication token', () => {
  /**
   * Without a token ClickHouse goes by the bytes of the block, which hides the mutant as long as the repetition is equal to
   * the last of them. It is not when a migration has widened a column since: a sink killed while it is being upgraded.
   */
  async function storedAcrossMigration(root: string): Promise<Stored> {
    bench = await new Bench(root).open()
    await bench.killedAndReplaced('sink.after-insert', 'events', async () => {
      const { warehouse } = bench
      const done = await warehouse.command(`ALTER TABLE ${warehouse.table('events')} MODIFY COLUMN content_hash Int64`)
      if (!done.ok) throw new Error(done.message)
    })
    return bench.stored()
  }

  it('passes as the product', async () => {
    expect(await storedAcrossMigration(repository)).toMatchObject({ events: 1000, distinctEvents: 1000 })
  })

  it('stores a whole insert twice', async () => {
    // The insert it was killed after had 400 of the thousand.
    const { events, distinctEvents } = await storedAcrossMigration(mutantOf(noToken))
    expect([events, distinctEvents]).toEqual([1400, 1000])
  })
})

describe('the sink without a deduplication window on the roll-up', () => {
  async function storedAfterKill(root: string): Promise<Stored> {
    bench = await new Bench(root).open()
    await bench.killedAndReplaced('sink.after-insert', 'sessions')
    return bench.stored()
  }

  it('passes as the product', async () => {
    expect(await storedAfterKill(repository)).toMatchObject({ sessions: 500, rollUpDiffers: [] })
  })

  it('counts a repeated insert twice in the roll-up, and only there', async () => {
    // The second insert: the last 100 sessions by Email, and 300 of their corrections to Direct.
    expect(await storedAfterKill(mutantOf(noWindow))).toMatchObject({
      sessions: 500,
      rollUpDiffers: [
        { channel: 'Direct', excess: 300 },
        { channel: 'Email', excess: -200 },
      ],
    })
  })

  it('counts a repeated insert of events twice in who was identified as whom, and only there', async () => {
    bench = await new Bench(mutantOf(noUsersWindow)).open()
    await bench.killedAndReplaced('sink.after-insert', 'events')
    const { distinctEvents, events, rollUpDiffers, visitorUsersDiffer } = await bench.stored()
    expect([events, distinctEvents, rollUpDiffers]).toEqual([1000, 1000, []])
    // A third of the 400 events that the insert had before the kill name one of four users.
    expect(visitorUsersDiffer.map((row) => row.user_id)).toEqual(['u-0', 'u-1', 'u-2', 'u-3'])
    expect(visitorUsersDiffer.reduce((sum, row) => sum + row.excess, 0)).toBeGreaterThanOrEqual(133)
  })

  it('is named by the lint of the tables', () => {
    const withoutWindow = (root: string) => {
      const ddl = readMigrations(join(root, 'schemas', 'clickhouse')).flatMap((file) =>
        statements(file, { database: 'db', dedupWindow: 777, topology: oneServer }),
      )
      return tablesWithoutWindow(ddl, ['events'], 777)
    }
    expect(withoutWindow(repository)).toEqual([])
    expect(withoutWindow(mutantOf(noWindow))).toEqual(['channel_hourly'])
  })
})
