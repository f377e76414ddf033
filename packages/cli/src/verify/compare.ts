import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import { factTables, type ExpectedPartition, type FactTable } from './expected.ts'
import { fingerprint } from './fingerprint.ts'
import type { Measures } from './roll-up.ts'
import type { ExpectedRows, Meeting } from './rows.ts'
import { recordColumns, storedRows } from './warehouse-rows.ts'

export interface Difference {
  readonly table: string
  readonly partition: number
  /** Which row: an input offset, an id, or the key of a roll-up row. */
  readonly row: string
  readonly what: 'missing' | 'extra' | 'doubled' | 'differs'
  readonly detail: string
}

export type Stored = Readonly<Record<string, unknown>>

/** A row that is in both but not the same, as the warehouse has it. */
export interface Differing {
  readonly table: 'events' | 'event_moves' | FactTable
  readonly partition: number
  readonly key: number | string
  readonly stored: Stored
}

/** What comparing one table of one partition came to. */
export interface Compared {
  readonly differences: Difference[]
  /** Rows whose difference is to be looked up; a sample where there are many. */
  readonly differing: Differing[]
}

/** Most rows of a table and partition whose difference is looked up. */
const mostLookedUp = 50

/** Rows up to the barrier are what the fold speaks of; later ones came after it. Labelled events never change. */
export async function compareEvents(
  instance: Instance,
  partition: number,
  { events }: ExpectedPartition,
  barrier: number,
): Promise<Compared> {
  const comparison = new Comparison('events', partition, events)
  const columns = await recordColumns(instance, 'events')
  for await (const { _offset, record } of storedRows(instance, { columns, from: 'events', partition }))
    if (_offset < barrier) comparison.meet(record['input_offset'] as number, record)
  return comparison.end()
}

/** Sessions, conversions or credits as they stand: the last version of each, retracted ones gone. */
export async function compareFacts(
  instance: Instance,
  partition: number,
  table: FactTable,
  expected: ExpectedPartition,
): Promise<Compared> {
  const comparison = new Comparison(table, partition, expected[table])
  const columns = await recordColumns(instance, table)
  for await (const { record } of storedRows(instance, { columns, from: `${table} FINAL`, partition }))
    comparison.meet(record[factTables[table]] as string, record)
  return comparison.end()
}

/** Where single events have moved to. */
export async function compareMoves(
  instance: Instance,
  partition: number,
  { event_moves }: ExpectedPartition,
): Promise<Compared> {
  const comparison = new Comparison('event_moves', partition, event_moves)
  const columns = await recordColumns(instance, 'event_moves')
  for await (const { record } of storedRows(instance, { columns, from: 'event_moves FINAL', partition }))
    comparison.meet(record['input_offset'] as number, record)
  return comparison.end()
}

class Comparison<K extends number | string> {
  readonly #table: Differing['table']
  readonly #partition: number
  readonly #expected: ExpectedRows<K>
  readonly #compared: Compared = { differences: [], differing: [] }

  constructor(table: Differing['table'], partition: number, expected: ExpectedRows<K>) {
    this.#table = table
    this.#partition = partition
    this.#expected = expected
  }

  meet(key: K, stored: Stored): void {
    const meeting = this.#expected.meet(key, fingerprint(stored))
    if (meeting === 'same') return
    this.#note(key, meeting)
    const { differing } = this.#compared
    if (meeting === 'differs' && differing.length < mostLookedUp)
      differing.push({ table: this.#table, partition: this.#partition, key, stored })
  }

  end(): Compared {
    for (const key of this.#expected.missing()) this.#note(key, 'missing')
    return this.#compared
  }

  #note(key: K, what: Exclude<Meeting, 'same'> | 'missing'): void {
    const row = rowName(key)
    this.#compared.differences.push({ table: this.#table, partition: this.#partition, row, what, detail: '' })
  }
}

/** A row as differences name it. */
export function rowName(key: number | string): string {
  return typeof key === 'number' ? `input offset ${key}` : key
}

export async function compareRollUp(
  instance: Instance,
  partition: number,
  expected: ReadonlyMap<string, Measures>,
): Promise<Difference[]> {
  const stored = await rows<Record<string, string | number>>(
    instance,
    `SELECT site, toUnixTimestamp(hour) * 1000 AS hour, channel, source, medium, campaign, goal, currency,
       sum(t.sessions) AS sessions, sum(t.converting_sessions) AS converting_sessions, sum(t.micro) AS micro, sum(t.macro) AS macro, sum(t.value_minor) AS value_minor
     FROM channel_hourly AS t WHERE _partition = {partition:UInt16}
     GROUP BY site, hour, channel, source, medium, campaign, goal, currency
     HAVING sessions != 0 OR converting_sessions != 0 OR micro != 0 OR macro != 0 OR value_minor != 0`,
    { partition: String(partition) },
  )
  const names = ['site', 'hour', 'channel', 'source', 'medium', 'campaign', 'goal', 'currency']
  const keyOf = (row: Stored) => JSON.stringify(names.map((name) => row[name]))
  return compareSums('channel_hourly', partition, expected, new Map(stored.map((row) => [keyOf(row), row])))
}

/** Rows of sums by their key: what each comes to must be there, and nothing else. */
export function compareSums(
  table: string,
  partition: number,
  expected: ReadonlyMap<string, Readonly<Record<string, number>>>,
  stored: ReadonlyMap<string, Stored>,
): Difference[] {
  const differences: Difference[] = []
  for (const [key, row] of stored) {
    const wanted = expected.get(key)
    if (wanted === undefined) {
      differences.push({ table, partition, row: key, what: 'extra', detail: JSON.stringify(row) })
      continue
    }
    const detail = Object.entries(wanted).flatMap(([name, value]) =>
      row[name] === value ? [] : [`${name}: expected ${value}, stored ${String(row[name])}`],
    )
    if (detail.length > 0) differences.push({ table, partition, row: key, what: 'differs', detail: detail.join('; ') })
  }
  for (const key of expected.keys())
    if (!stored.has(key)) differences.push({ table, partition, row: key, what: 'missing', detail: '' })
  return differences
}
