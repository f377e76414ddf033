import type { AvroField, AvroRecord, AvroSchema } from './schema.ts'

type Convert = (value: unknown) => unknown

/**
 * Compiles two versions of a record's schema to a function that makes a value of the older one into one of the newer. A
 * field that is new gets its schema's `default`, without one what says nothing: null where that is allowed, 0, false, no
 * text, no entries. A field that is gone is left out. Anything else that differs is refused here, before a value is read.
 *
 * @throws Error for a field whose type is another one
 */
export function compileMigration(from: AvroRecord, to: AvroRecord): (value: object) => object {
  const known = { from: new Map<string, AvroRecord>(), to: new Map<string, AvroRecord>() }
  for (const [schema, records] of [
    [from, known.from],
    [to, known.to],
  ] as const)
    collect(schema, records)
  return new Migration(known.from, known.to).ofRecord(from, to) as (value: object) => object
}

class Migration {
  readonly #from: ReadonlyMap<string, AvroRecord>
  readonly #to: ReadonlyMap<string, AvroRecord>

  constructor(from: ReadonlyMap<string, AvroRecord>, to: ReadonlyMap<string, AvroRecord>) {
    this.#from = from
    this.#to = to
  }

  ofRecord(from: AvroRecord, to: AvroRecord): Convert {
    const fields = to.fields.map((field) => {
      const before = from.fields.find(({ name }) => name === field.name)
      const convert = before === undefined ? () => this.#neutral(field) : this.#ofType(before.type, field.type, field)
      return [field.name, convert] as const
    })
    return (value) => {
      const old = value as Readonly<Record<string, unknown>>
      const made: Record<string, unknown> = {}
      for (const [name, convert] of fields) made[name] = convert(old[name])
      return made
    }
  }

  #ofType(from: AvroSchema, to: AvroSchema, field: AvroField): Convert {
    const [before, after] = [resolved(from, this.#from), resolved(to, this.#to)]
    if (isRecord(before) && isRecord(after)) return this.ofRecord(before, after)
    if (isArray(before) && isArray(after)) {
      const item = this.#ofType(before.items, after.items, field)
      return (value) => (value as readonly unknown[]).map(item)
    }
    if (Array.isArray(after)) {
      const given = Array.isArray(before) ? notNull(before) : before
      const convert = this.#ofType(given, notNull(after), field)
      return (value) => (value === null ? null : convert(value))
    }
    if (plain(before) === plain(after)) return (value) => value
    throw new Error(`field ${field.name} of a visitor state had another type: its migration has to be written`)
  }

  #neutral({ type, default: given }: AvroField): unknown {
    if (given !== undefined) return structuredClone(given)
    const schema = resolved(type, this.#to)
    if (Array.isArray(schema)) return null
    if (isArray(schema)) return []
    if (isRecord(schema)) return Object.fromEntries(schema.fields.map((field) => [field.name, this.#neutral(field)]))
    const name = plain(schema)
    if (name === 'string') return ''
    return name === 'boolean' ? false : 0
  }
}

function collect(schema: AvroSchema, records: Map<string, AvroRecord>): void {
  if (Array.isArray(schema)) for (const branch of schema) collect(branch, records)
  else if (isArray(schema)) collect(schema.items, records)
  else if (isRecord(schema)) {
    records.set(schema.name, schema)
    for (const { type } of schema.fields) collect(type, records)
  }
}

function resolved(schema: AvroSchema, records: ReadonlyMap<string, AvroRecord>): AvroSchema {
  return (typeof schema === 'string' ? records.get(schema) : undefined) ?? schema
}

function isRecord(schema: AvroSchema): schema is AvroRecord {
  return typeof schema === 'object' && !Array.isArray(schema) && schema.type === 'record'
}

function isArray(schema: AvroSchema): schema is { readonly type: 'array'; readonly items: AvroSchema } {
  return typeof schema === 'object' && !Array.isArray(schema) && schema.type === 'array'
}

function notNull(union: AvroSchema[]): AvroSchema {
  return union.find((branch) => branch !== 'null') ?? 'null'
}

/** What a number, text or truth value is read as: an int of one version may be a long in the next. */
function plain(schema: AvroSchema): string {
  if (Array.isArray(schema)) return 'union'
  const name = typeof schema === 'string' ? schema : schema.type
  return name === 'int' ? 'long' : name
}
