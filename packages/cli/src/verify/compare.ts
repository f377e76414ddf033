import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import type { ExpectedPartition } from './expected.ts'
import { differingColumns, fingerprint } from './fingerprint.ts'
import type { Measures } from './roll-up.ts'
import { recordColumns, storedRows } from './warehouse-rows.ts'

export interface Difference {
  readonly table: string
  readonly partition: number
  /** Which row: an input offset, an id, or the key of a roll-up row. */
  readonly row: string
  readonly what: 'missing' | 'extra' | 'doubled' | 'differs'
  readonly detail: string
}

/** Rows up to this offset of `labelled-events` are what the fold speaks of; later ones came after the barrier. */
export async function compareEvents(
  instance: Instance,
  partition: number,
  expected: ExpectedPartition,
  barrier: number,
): Promise<Difference[]> {
  const differences: Difference[] = []
  const note = (row: number, what: Difference['what'], detail = '') =>
    differences.push({ table: 'events', partition, row: `input offset ${row}`, what, detail })
  const left = new Map(expected.events)
  const columns = await recordColumns(instance, 'events')
  for await (const { _offset, record } of storedRows(instance, { columns, from: 'events', partition })) {
    if (_offset >= barrier) continue
    const at = record['input_offset'] as number
    const wanted = left.get(at)
    if (wanted === undefined) note(at, expected.events.has(at) ? 'doubled' : 'extra')
    else if (wanted !== fingerprint(record)) note(at, 'differs', `expected ${wanted}, stored ${fingerprint(record)}`)
    left.delete(at)
  }
  for (const at of left.keys()) note(at, 'missing')
  return differences
}

/** Sessions or conversions as they stand: the last version of each, retracted ones gone. */
export async function compareFacts(
  instance: Instance,
  partition: number,
  table: 'sessions' | 'conversions',
  expected: ReadonlyMap<string, { readonly is_deleted: 0 | 1 }>,
): Promise<Difference[]> {
  const id = table === 'sessions' ? 'session_id' : 'conversion_id'
  const differences: Difference[] = []
  const note = (row: string, what: Difference['what'], detail = '') =>
    differences.push({ table, partition, row, what, detail })
  const left = new Map([...expected].filter(([, row]) => row.is_deleted === 0))
  const columns = await recordColumns(instance, table)
  for await (const { record } of storedRows(instance, { columns, from: `${table} FINAL`, partition })) {
    const row = record[id] as string
    const wanted = left.get(row) as Readonly<Record<string, unknown>> | undefined
    if (wanted === undefined) note(row, expected.get(row)?.is_deleted === 0 ? 'doubled' : 'extra')
    else {
      const stored = Object.keys(record)
      const differing = differingColumns(Object.fromEntries(stored.map((name) => [name, wanted[name]])), record)
      if (differing.length > 0)
        note(
          row,
          'differs',
          differing
            .map((c) => `${c}: expected ${JSON.stringify(wanted[c])}, stored ${JSON.stringify(record[c])}`)
            .join('; '),
        )
    }
    left.delete(row)
  }
  for (const row of left.keys()) note(row, 'missing')
  return differences
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
  const differences: Difference[] = []
  const left = new Map(expected)
  for (const row of stored) {
    const key = JSON.stringify(
      ['site', 'hour', 'channel', 'source', 'medium', 'campaign', 'goal', 'currency'].map((name) => row[name]),
    )
    const wanted = left.get(key)
    left.delete(key)
    if (wanted === undefined)
      differences.push({ table: 'channel_hourly', partition, row: key, what: 'extra', detail: JSON.stringify(row) })
    else {
      const detail = Object.entries(wanted).flatMap(([name, value]) =>
        row[name] === value ? [] : [`${name}: expected ${value}, stored ${String(row[name])}`],
      )
      if (detail.length > 0)
        differences.push({ table: 'channel_hourly', partition, row: key, what: 'differs', detail: detail.join('; ') })
    }
  }
  for (const key of left.keys())
    differences.push({ table: 'channel_hourly', partition, row: key, what: 'missing', detail: '' })
  return differences
}
