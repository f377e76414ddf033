import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { commit, openTables } from './database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-tables-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it('a file whose last pages were given back before they were written is not taken for one that was cut off', async () => {
  const tables = openTables(folder)
  const [kept, gone] = [Buffer.from('kept'), Buffer.from('gone')]
  await commit(tables, folder, (watch) => {
    watch(tables.states.put(kept, Buffer.alloc(10)))
    watch(tables.states.put(gone, Buffer.alloc(40_000)))
    watch(tables.states.remove(gone))
  })
  await tables.root.close()

  const again = openTables(folder)
  expect([again.states.getBinary(kept)?.length, again.states.getBinary(gone)]).toEqual([10, undefined])
  await again.root.close()
})
