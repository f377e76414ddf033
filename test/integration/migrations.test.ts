import { describe, expect, it, jest } from '@jest/globals'
import { migrate, readMigrations } from '@cairn/runtime'
import { ownNamespace } from '../support/kafka.ts'
import { dropDatabase, emptyWarehouse } from '../support/warehouse.ts'

jest.setTimeout(60_000)

describe('migrations', () => {
  it('apply once, may run side by side, and refuse a file that was changed afterwards', async () => {
    const warehouse = emptyWarehouse(ownNamespace('migrations'))
    const options = { migrations: readMigrations(), dedupWindow: 100 }
    const both = await Promise.all([migrate(warehouse, options), migrate(warehouse, options)])
    expect(both.map((one) => one.ok)).toEqual([true, true])
    expect(await migrate(warehouse, options)).toEqual({ ok: true, applied: [] })

    const [first, ...rest] = options.migrations
    const changed = await migrate(warehouse, { ...options, migrations: [{ ...first!, checksum: 'other' }, ...rest] })
    expect(changed).toMatchObject({ ok: false, reason: 'changed' })
    expect(changed).toHaveProperty('message', expect.stringContaining(`${first!.name} was applied`))
    await dropDatabase(warehouse)
  })
})
