import type { AvroRecord, AvroSchema } from './schema.ts'

/**
 * Schemas in which each reference to another file's record is that record, where it first stands: readers, the registry and
 * the warehouse are given schemas that are whole.
 */
export function withReferences(schemas: readonly AvroRecord[]): AvroRecord[] {
  const byName = new Map(schemas.map((schema) => [schema.name, schema]))
  return schemas.map((schema) => whole(schema, byName, new Set()) as AvroRecord)
}

/** @param known records that stand in the schema already: their names are enough */
function whole(schema: AvroSchema, byName: ReadonlyMap<string, AvroRecord>, known: Set<string>): AvroSchema {
  if (typeof schema === 'string') {
    const other = known.has(schema) ? undefined : byName.get(schema)
    return other === undefined ? schema : whole(other, byName, known)
  }
  if (Array.isArray(schema)) return schema.map((branch) => whole(branch, byName, known))
  switch (schema.type) {
    case 'record': {
      known.add(schema.name)
      const fields = schema.fields.map((field) => ({ ...field, type: whole(field.type, byName, known) }))
      return { ...schema, fields }
    }
    case 'array':
      return { ...schema, items: whole(schema.items, byName, known) }
    case 'map':
      return { ...schema, values: whole(schema.values, byName, known) }
    default:
      return schema
  }
}
