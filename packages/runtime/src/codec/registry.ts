import {
  catalogOf,
  entry,
  labelledName,
  readCatalog,
  schemaFolder,
  type Catalog,
  type CatalogEntry,
} from './catalog.ts'

/** Where schema ids come from: schemas/avro/ids.json, or the registry at this address. */
export async function openCatalog(registryUrl: string | undefined, folder: string = schemaFolder): Promise<Catalog> {
  const local = readCatalog(folder)
  if (registryUrl === undefined) return local
  const ids = new Map<number, number>()
  for (const { id, name, schema } of local.entries) ids.set(id, await register(registryUrl, subjectOf(name), schema))
  return catalogOf(
    local.entries.map((known) => renumbered(known, ids)),
    local.label,
  )
}

/** A labelled schema is named after the id of its event schema, which the registry has changed too. */
function renumbered({ id, name, schema }: CatalogEntry, ids: ReadonlyMap<number, number>): CatalogEntry {
  const event = /^labelled:(\d+)$/.exec(name)?.[1]
  const given = (known: number) => ids.get(known) ?? known
  return entry(given(id), event === undefined ? name : labelledName(given(Number(event))), schema)
}

const requestTimeoutMs = 10_000

/** Subjects are named after the record, not after topics: several kinds of record share a topic. */
function subjectOf(name: string): string {
  return `cairn.${name.replace(':', '-')}`
}

/** Registers a schema, which does nothing when it is there already, and returns its id. Throws what an operator must know. */
async function register(registryUrl: string, subject: string, schema: object): Promise<number> {
  const url = new URL(
    `subjects/${encodeURIComponent(subject)}/versions`,
    registryUrl.endsWith('/') ? registryUrl : `${registryUrl}/`,
  )
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
  } catch (error) {
    throw new Error(
      `the schema registry at ${registryUrl} does not answer; check SCHEMA_REGISTRY_URL, or unset it to use schemas/avro/ids.json`,
      { cause: error },
    )
  }
  const answer = (await response.json().catch(() => ({}))) as { id?: number; message?: string }
  if (response.ok && typeof answer.id === 'number') return answer.id
  throw new Error(
    `the schema registry at ${registryUrl} refuses ${subject} with ${response.status}: ${answer.message ?? 'it gave no reason'}`,
  )
}
