import type { Instance } from '../instance/instance.ts'
import { ask, parseRow, rows, textOf } from '../warehouse.ts'

/** Columns the sink adds to what the record says. */
const provenance = new Set(['_gen', '_partition', '_offset'])

/** Columns of a table that hold what the record says. */
export interface RecordColumns {
  readonly names: readonly string[]
  /** A SELECT list that gives them as JSON has them: times as milliseconds. */
  readonly select: string
}

export async function recordColumns(instance: Instance, table: string): Promise<RecordColumns> {
  const all = await rows<{ name: string; type: string }>(
    instance,
    'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}',
    { table },
  )
  const columns = all.filter(({ name }) => !provenance.has(name))
  return {
    names: columns.map(({ name }) => name),
    select: columns.map(selected).join(', '),
  }
}

function selected({ name, type }: { readonly name: string; readonly type: string }): string {
  if (!type.includes('DateTime64')) return name
  if (type.startsWith('Array(')) return `arrayMap(t -> toUnixTimestamp64Milli(t), ${name}) AS ${name}`
  return `toUnixTimestamp64Milli(${name}) AS ${name}`
}

export interface StoredRow {
  readonly _offset: number
  readonly record: Readonly<Record<string, unknown>>
}

/** Streams the rows of a partition, so that a table need not fit into memory. */
export async function* storedRows(
  instance: Instance,
  { columns, from, partition }: { columns: RecordColumns; from: string; partition: number },
): AsyncGenerator<StoredRow> {
  const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0'
  const response = await ask(
    instance,
    `SELECT _offset, ${columns.select} FROM ${from} WHERE _partition = {partition:UInt16} ${settings}`,
    {
      format: 'JSONEachRow',
      params: { partition: String(partition) },
    },
  )
  let rest = ''
  for await (const part of textOf(instance, response)) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield parse(line)
  }
  if (rest !== '') yield parse(rest)
}

function parse(line: string): StoredRow {
  const { _offset, ...record } = parseRow(line) as { _offset: number } & Record<string, unknown>
  return { _offset, record }
}
