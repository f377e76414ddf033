import type { Instance } from '../instance/instance.ts'
import { ask, rows } from '../warehouse.ts'

/** Columns the sink adds to what the record says. */
const provenance = new Set(['_gen', '_partition', '_offset'])

/** A SELECT list that gives the record's fields as JSON has them: times as milliseconds. */
export async function recordColumns(instance: Instance, table: string): Promise<string> {
  const columns = await rows<{ name: string; type: string }>(
    instance,
    'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}',
    { table },
  )
  return columns
    .filter(({ name }) => !provenance.has(name))
    .map(({ name, type }) => (type.includes('DateTime64') ? `toUnixTimestamp64Milli(${name}) AS ${name}` : name))
    .join(', ')
}

export interface StoredRow {
  readonly _offset: number
  readonly record: Readonly<Record<string, unknown>>
}

/** Streams the rows of a partition, so that a table need not fit into memory. */
export async function* storedRows(
  instance: Instance,
  select: { columns: string; from: string; partition: number },
): AsyncGenerator<StoredRow> {
  const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0'
  const response = await ask(
    instance,
    `SELECT _offset, ${select.columns} FROM ${select.from} WHERE _partition = {partition:UInt16} ${settings}`,
    {
      format: 'JSONEachRow',
      params: { partition: String(select.partition) },
    },
  )
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield parse(line)
  }
  if (rest !== '') yield parse(rest)
}

function parse(line: string): StoredRow {
  const { _offset, ...record } = JSON.parse(line) as { _offset: number } & Record<string, unknown>
  return { _offset, record }
}
