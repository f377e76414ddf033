import { describe, expect, it } from '@jest/globals'
import { tablesWithoutWindow } from '@cairn/testkit/ddl'
import { readCatalog } from '../codec/catalog.ts'
import { originFields } from '../codec/container.ts'
import type { AvroField, AvroSchema } from '../codec/schema.ts'
import { oneServer, type Topology } from './ddl.ts'
import { readMigrations, statements } from './migrations.ts'

const catalog = readCatalog()

interface Table {
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly comment: string | undefined }>
  readonly engine: string
  readonly text: string
}

/** Reads the DDL as text: what is checked here must hold before a server ever sees it. */
function schemaFor(topology: Topology) {
  const ddl = readMigrations().flatMap((m) => statements(m, { database: 'db', dedupWindow: 777, topology }))
  const tables = new Map(
    ddl.flatMap((text) => {
      const head = /^CREATE TABLE IF NOT EXISTS db\.(\w+)(?: ON CLUSTER '\w+')? \(\n([^]*?)\n\) ENGINE = (\w+)/.exec(
        text,
      )
      if (head === null) return []
      const [, name, columns, engine] = head as unknown as [string, string, string, string]
      return [[name, { columns: columnsOf(columns), engine, text }] as const]
    }),
  )
  const viewTargets = ddl.flatMap((text) => /^CREATE MATERIALIZED VIEW .* TO db\.(\w+) AS/.exec(text)?.[1] ?? [])
  const plainViews = ddl.flatMap((text) => {
    const head = /^CREATE OR REPLACE VIEW db\.(v_\w+)(?: ON CLUSTER '\w+')? \(\n([^]*?)\n\) AS/.exec(text)
    return head === null ? [] : [{ name: head[1]!, columns: columnsOf(head[2]!) }]
  })
  return { ddl, tables: tables as ReadonlyMap<string, Table>, viewTargets, plainViews }
}

const topologies = [
  { on: 'one server', ...schemaFor(oneServer) },
  { on: 'a cluster', ...schemaFor({ cluster: 'shop', isReplicated: true }) },
]

function columnsOf(text: string): Table['columns'] {
  return new Map(
    text
      .split('\n')
      .filter((line) => !line.startsWith('  INDEX'))
      .map((line) => {
        const [, name, type, comment] = /^ {2}(\w+) (.*?)(?: COMMENT '((?:[^']|'')+)')?(?: CODEC\(.*\))?,?$/.exec(line)!
        return [name!, { type: type!, comment }]
      }),
  )
}

/** ClickHouse types that hold every value of the Avro type. */
function typesFor(avro: AvroSchema): readonly string[] {
  if (typeof avro === 'string') return widths[avro] ?? []
  if (Array.isArray(avro))
    return avro
      .slice(1)
      .flatMap(typesFor)
      .map((type) => `Nullable(${type})`)
  if (avro.type === 'record') return []
  if (avro.type === 'array') return typesFor(avro.items).map((type) => `Array(${type})`)
  if (avro.type === 'map') return typesFor(avro.values).map((type) => `Map(String, ${type})`)
  return widths['logicalType' in avro && typeof avro.logicalType === 'string' ? avro.logicalType : avro.type] ?? []
}

function holds(type: string, avro: AvroSchema): boolean {
  return typesFor(avro).includes(type.replace(/LowCardinality\((\w+)\)/g, '$1'))
}

const widths: Readonly<Record<string, readonly string[]>> = {
  string: ['String'],
  bytes: ['String'],
  int: ['Int32', 'Int64'],
  long: ['Int64'],
  boolean: ['Bool', 'UInt8'],
  double: ['Float64'],
  uuid: ['UUID'],
  'timestamp-millis': ["DateTime64(3, 'UTC')"],
}

/** Which table an insert of a topic's records names, and under which schemas. */
const landings = [
  { table: 'events', schemas: catalog.events.map((event) => catalog.named(`labelled:${event.id}`)) },
  { table: 'sessions_in', schemas: [catalog.named('session')] },
  { table: 'conversions_in', schemas: [catalog.named('conversion')] },
  { table: 'credits_in', schemas: [catalog.named('credit')] },
]

describe.each(topologies)('the warehouse schema on $on', ({ ddl, tables, viewTargets, plainViews }) => {
  it('reads every statement it checks', () => {
    expect([...tables.keys()].sort()).toEqual([
      'barrier_releases',
      'barriers',
      'channel_hourly',
      'conversions',
      'conversions_in',
      'credits',
      'credits_in',
      'data_driven',
      'event_moves',
      'events',
      'session_moves',
      'sessions',
      'sessions_in',
      'visitor_users',
    ])
    expect(viewTargets.sort()).toEqual([
      'channel_hourly',
      'conversions',
      'credits',
      'event_moves',
      'session_moves',
      'sessions',
      'visitor_users',
    ])
    expect(plainViews.map((v) => v.name).sort()).toEqual([
      'v_assists',
      'v_attribution',
      'v_attribution_by_user',
      'v_channel_hourly',
      'v_conversions',
      'v_data_driven',
      'v_events',
      'v_micro_to_macro',
      'v_orders',
      'v_sessions',
      'v_visitor_users',
    ])
  })

  it('remembers insert tokens in every source and view target: one without a window counts a retry twice', () => {
    for (const name of ['events', ...viewTargets]) expect(tables.get(name)!.engine).toMatch(/MergeTree$/)
    expect(tablesWithoutWindow(ddl, ['events'], 777)).toEqual([])
  })

  it.each(
    landings.flatMap(({ table, schemas }) => schemas.map((s) => ({ table, schema: s.name, fields: s.schema.fields }))),
  )('has a column as wide as its Avro type in $table for every field of $schema', ({ table, fields }) => {
    const { columns } = tables.get(table)!
    const misfits = fields.filter((field: AvroField) => !holds(columns.get(field.name)?.type ?? '', field.type))
    expect(misfits.map((field) => `${field.name} ${columns.get(field.name)?.type ?? 'missing'}`)).toEqual([])
    for (const { name } of originFields) expect(columns.has(name)).toBe(true)
  })

  it('has no column that neither a record nor the sink fills', () => {
    for (const { table, schemas } of landings) {
      const filled = new Set([...originFields, ...schemas.flatMap((s) => s.schema.fields)].map((field) => field.name))
      expect([...tables.get(table)!.columns.keys()].filter((name) => !filled.has(name))).toEqual([])
    }
  })

  it('computes every stored value itself: a default of the server would differ between two attempts', () => {
    for (const { text } of tables.values()) expect(text).not.toMatch(/\b(DEFAULT|MATERIALIZED)\b/)
  })

  it('says of every column what it means', () => {
    const described = [...tables].map(([name, { columns }]) => ({ name, columns })).concat(plainViews)
    const silent = described.flatMap(({ name, columns }) =>
      [...columns].filter(([, { comment }]) => comment === undefined).map(([column]) => `${name}.${column}`),
    )
    expect(silent).toEqual([])
  })
})
