import { createHash } from 'node:crypto'
import { unitsOfCurrency } from './minor-units.ts'

/** The servers that tables are created on. */
export interface Topology {
  /** Every server of this cluster gets all tables (`ON CLUSTER`); empty for the one that is asked. */
  readonly cluster: string
  /** Whether servers copy a table's rows from each other. Their names for it are those the server gives by default. */
  readonly isReplicated: boolean
}

export const oneServer: Topology = { cluster: '', isReplicated: false }

/** What differs from one warehouse to the next. */
export interface DdlValues {
  /** Quoted. */
  readonly database: string
  /** Inserts a table remembers by their tokens, counted once for each of its partitions they touched. */
  readonly dedupWindow: number
  readonly topology: Topology
}

type Values = ReadonlyMap<string, string>

/** Fills the placeholders of a file of schemas/clickhouse. Throws on one nobody knows; `name` is the file's. */
export function filled(name: string, text: string, { database, dedupWindow, topology }: DdlValues): string {
  const values: Values = new Map([
    ...ofProduct(),
    ...ofTopology(topology),
    ['database', database],
    ['dedup_window', String(dedupWindow)],
  ])
  return replaced(text, values, (placeholder) => {
    throw new Error(`${name}: there is no placeholder {{${placeholder}}}`)
  })
}

/**
 * SHA-256 of what a file does on one server, whatever its database is called and its window holds. What the product puts
 * into it counts: another list of currencies makes other views, which only a new file brings to warehouses that are there.
 * Where its tables are does not: a file that learns to be for more servers is the same for one.
 */
export function checksumOf(text: string): string {
  const values: Values = new Map([...ofProduct(), ...ofTopology(oneServer)])
  const fixed = replaced(text, values, (placeholder) => `{{${placeholder}}}`)
  return createHash('sha256').update(fixed).digest('hex')
}

function ofProduct(): Values {
  return new Map([['units_of_currency', unitsOfCurrency()]])
}

function ofTopology({ cluster, isReplicated }: Topology): Values {
  return new Map([
    ['on_cluster', cluster === '' ? '' : ` ON CLUSTER '${cluster.replace(/['\\]/g, '\\$&')}'`],
    ['replicated', isReplicated ? 'Replicated' : ''],
    ['dedup_window_setting', `${isReplicated ? '' : 'non_'}replicated_deduplication_window`],
  ])
}

function replaced(text: string, values: Values, unknown: (placeholder: string) => string): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values.get(name) ?? unknown(name))
}
