import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Warehouse } from '@cairn/runtime'
import { attribute } from '../../packages/cli/src/attribute/attribute.ts'
import { simulate } from '../../packages/cli/src/demo/shop/simulate.ts'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import { ask } from '../../packages/cli/src/warehouse.ts'
import { foldParts } from '../cases/folded.ts'
import { ownNamespace } from '../support/kafka.ts'
import { loadFolded } from '../support/load-folded.ts'
import { clickhouse, dropDatabase, migratedWarehouse } from '../support/warehouse.ts'

jest.setTimeout(120_000)

const root = join(import.meta.dirname, '..', '..')
/** Documents with answers of the demo; of docs/warehouse.md what it is made from. */
const documents = ['scripts/reference/recipes.md', 'docs/micro-conversions.md', 'docs/attribution.md']
/** When the demo was started whose answers they print. Its figures move with that time, and with nothing else. */
const end = Date.parse('2026-11-24T14:00:00Z')
/** With it the answers are written into the documents in place of being held against them. */
const isWriting = process.env['CAIRN_WRITE_ANSWERS'] !== undefined

const shown = /```sql\n(?<sql>.*?)```\n\n```\n(?<answer>.*?)```/gs

/** The visitor of the recipes on late events is sent by hand. */
function isSimulated(sql: string): boolean {
  return !sql.includes("'lou'")
}

describe('what the documents print of the demo', () => {
  let warehouse: Warehouse
  let instance: Pick<Instance, 'clickhouse'>

  beforeAll(async () => {
    warehouse = await migratedWarehouse(ownNamespace('documents'))
    const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user = 'default', CLICKHOUSE_PASSWORD: password = '' } = clickhouse()
    instance = { clickhouse: { url, user, password, database: warehouse.database.replaceAll('`', '') } }
    const { parts } = simulate({ seed: 1, days: 4, people: 4000, end })
    await loadFolded(warehouse, await foldParts(parts, 'demo', end + 2000))
    await attribute(instance as Instance, { now: end, since: end - 30 * 86_400_000 }, () => true)
  })
  afterAll(async () => {
    await dropDatabase(warehouse)
  })

  it.each(documents)('is what its queries answer: %s', async (name) => {
    const text = readFileSync(join(root, name), 'utf8')
    const found = [...text.matchAll(shown)].map(({ groups }) => ({ sql: '', answer: '', ...groups }))
    const queries = found.filter(({ sql }) => isSimulated(sql))
    expect(queries.length).toBeGreaterThan(1)
    const answers = new Map<string, string>()
    for (const { sql } of queries) answers.set(sql, await printed(sql))
    if (isWriting) writeFileSync(join(root, name), withAnswers(text, answers))
    else expect(answers).toEqual(new Map(queries.map(({ sql, answer }) => [sql, answer])))
  })

  /** As `cairn query` prints it. */
  async function printed(sql: string): Promise<string> {
    return (await ask(instance as Instance, sql, { format: 'PrettyCompactMonoBlock' })).text()
  }
})

function withAnswers(text: string, answers: ReadonlyMap<string, string>): string {
  return text.replaceAll(shown, (block, sql: string, answer: string) =>
    block.replace(answer, () => answers.get(sql) ?? answer),
  )
}
