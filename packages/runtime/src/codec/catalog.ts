import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { concatenate, type AvroRecord } from './schema.ts'
import { withReferences } from './references.ts'
import { compileWalk, type Walk } from './walk.ts'

/** A schema as records on the wire name it: by its id. */
export interface CatalogEntry {
  readonly id: number
  /** File name in schemas/avro without its ending; `labelled:<event schema id>` for a generated one. */
  readonly name: string
  readonly schema: AvroRecord
  readonly walk: Walk
}

export interface Catalog {
  readonly entries: readonly CatalogEntry[]
  find(id: number): CatalogEntry | undefined
  named(name: string): CatalogEntry
  /** Event schemas, oldest first: the last one is what ingest writes and what readers resolve to. */
  readonly events: readonly CatalogEntry[]
  readonly label: AvroRecord
}

type IdFile = Readonly<Record<string, { readonly schema: string } | { readonly labelled: number }>>

/** schemas/avro of this checkout. */
export const schemaFolder = fileURLToPath(new URL('../../../../schemas/avro', import.meta.url))

/** Reads ids.json and the schemas it names. Throws on a broken folder: nothing can run without it. */
export function readCatalog(folder: string = schemaFolder): Catalog {
  const ids = readJson(join(folder, 'ids.json')) as IdFile
  const label = readSchema(folder, 'label')
  const read = Object.entries(ids).flatMap(([id, what]) =>
    'schema' in what ? [{ id: Number(id), name: what.schema, schema: readSchema(folder, what.schema) }] : [],
  )
  const files = withReferences(read.map(({ schema }) => schema)).map((schema, at) => {
    const { id, name } = read[at] as (typeof read)[number]
    return entry(id, name, schema)
  })
  const labelled = Object.entries(ids).flatMap(([id, what]) =>
    'labelled' in what ? [labelledEntry(Number(id), what.labelled, files, label)] : [],
  )
  return catalogOf([...files, ...labelled], label)
}

/** A catalog of the given entries, for schema ids that come from somewhere else than ids.json. */
export function catalogOf(entries: readonly CatalogEntry[], label: AvroRecord): Catalog {
  const byId = new Map(entries.map((e) => [e.id, e]))
  const byName = new Map(entries.map((e) => [e.name, e]))
  return {
    entries,
    find: (id) => byId.get(id),
    named(name) {
      const found = byName.get(name)
      if (found === undefined) throw new Error(`schema "${name}" has no id: add it to schemas/avro/ids.json`)
      return found
    },
    events: entries.filter((e) => e.name.startsWith('event.v')).sort((a, b) => versionOf(a) - versionOf(b)),
    label,
  }
}

export function entry(id: number, name: string, schema: AvroRecord): CatalogEntry {
  return { id, name, schema, walk: compileWalk(schema) }
}

/** The name a labelled schema goes by: each event schema id has one. */
export function labelledName(eventSchemaId: number): string {
  return `labelled:${eventSchemaId}`
}

export function labelledSchema(label: AvroRecord, event: AvroRecord): AvroRecord {
  return concatenate('LabelledEvent', label, event)
}

function labelledEntry(id: number, eventId: number, files: readonly CatalogEntry[], label: AvroRecord): CatalogEntry {
  const event = files.find((e) => e.id === eventId)
  if (event === undefined) throw new Error(`ids.json: ${id} labels schema ${eventId}, which is not there`)
  return entry(id, labelledName(eventId), labelledSchema(label, event.schema))
}

function versionOf(e: CatalogEntry): number {
  return Number(e.name.slice('event.v'.length))
}

function readSchema(folder: string, name: string): AvroRecord {
  return readJson(join(folder, `${name}.avsc`)) as AvroRecord
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
