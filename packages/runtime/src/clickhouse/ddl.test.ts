import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { checksumOf, filled, oneServer } from './ddl.ts'
import { readMigrations, statements } from './migrations.ts'
import { unitsOfCurrency } from './minor-units.ts'

const alone = { database: 'db', dedupWindow: 777, topology: oneServer }
const together = { ...alone, topology: { cluster: 'shop', isReplicated: true } }
const files = readMigrations()

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the placeholders of a schema file', () => {
  it.each(files)('leave nothing in $name of what a cluster needs where there is one server', (file) => {
    const text = statements(file, alone).join('\n')
    expect(text).not.toMatch(/ON CLUSTER|Replicated|\breplicated_|\{\{/)
  })

  it.each(files)('bring all statements of $name to every server of a cluster', (file) => {
    const [one, all] = [statements(file, alone), statements(file, together)]
    for (const text of all) expect(text).toMatch(/^CREATE [A-Z ]+ db\.\w+ ON CLUSTER 'shop' /)
    const without = (text: string) =>
      text
        .replace(" ON CLUSTER 'shop'", '')
        .replace(/ENGINE = Replicated(\w*MergeTree)/, 'ENGINE = $1')
        .replace('SETTINGS replicated_deduplication_window', 'SETTINGS non_replicated_deduplication_window')
    expect(all.map(without)).toEqual(one)
    for (const text of all) expect(text).not.toMatch(/ENGINE = (?!Replicated)\w*MergeTree|non_replicated/)
  })

  it('quote the name of a cluster', () => {
    const topology = { cluster: `a'b\\`, isReplicated: false }
    expect(filled('x', 'T{{on_cluster}};', { ...alone, topology })).toBe(`T ON CLUSTER 'a\\'b\\\\';`)
  })

  it('are refused where nobody fills them', () => {
    const file = { name: '009_x.sql', checksum: '', text: 'SELECT {{nothing}};\n' }
    expect(() => statements(file, alone)).toThrow('009_x.sql: there is no placeholder {{nothing}}')
  })
})

describe('the checksum of a schema file', () => {
  it('covers what the product puts into it', () => {
    expect(checksumOf('SELECT 1 / {{units_of_currency}}')).toBe(sha256(`SELECT 1 / ${unitsOfCurrency()}`))
  })

  it('stays when the file learns to be for a cluster', () => {
    const before =
      'CREATE TABLE {{database}}.t (a Int8) ENGINE = MergeTree SETTINGS non_replicated_deduplication_window = {{dedup_window}}'
    const after =
      'CREATE TABLE {{database}}.t{{on_cluster}} (a Int8) ENGINE = {{replicated}}MergeTree SETTINGS {{dedup_window_setting}} = {{dedup_window}}'
    expect(checksumOf(after)).toBe(sha256(before))
  })
})
