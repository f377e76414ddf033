import { takeFormer, type Dues, type VisitorCodec, type VisitorState } from '@cairn/domain'
import type { Catalog, CatalogEntry } from './catalog.ts'
import { createMessageWriter } from './message.ts'
import { compileMigration } from './migrate.ts'
import { compileRead } from './read.ts'
import { headerBytes, readHeader } from './wire.ts'
import { compileWrite } from './write.ts'

/** The due times are a state's first fields, in every version. */
const dueFields = 3

/** Versions of a visitor state that are still read, oldest first. */
const earlier = ['visitor-state.v1']

interface Reader extends Pick<CatalogEntry, 'walk'> {
  readonly read: (bytes: Buffer, at: number) => VisitorState
  readonly readDues: (bytes: Buffer, at: number) => Dues
}

/**
 * Bytes of a visitor state as the state topic holds them. One of an earlier version is migrated when it is read, and
 * written as of the current one when it has changed. Throws for bytes of another schema: nothing can go on then.
 */
export function createVisitorCodec(catalog: Catalog): VisitorCodec {
  const current = catalog.named('visitor-state')
  const write = compileWrite(current.schema)
  const message = createMessageWriter()
  // The current one last: a registry may give schemas that are equal the same id.
  const readers = new Map(
    [...earlier.map((name) => catalog.named(name)), current].map((entry) => [entry.id, readerOf(entry, current)]),
  )

  function readerFor(bytes: Uint8Array): Reader {
    const found = readHeader(bytes as Buffer)
    const reader = found === undefined ? undefined : readers.get(found)
    if (reader !== undefined) return reader
    throw new Error(
      `a visitor state has schema ${String(found)}, ${[...readers.keys()].join(' or ')} is expected: it was written by another version`,
    )
  }

  return {
    encode: (state) => message(write, state, current.id),
    decode(bytes) {
      const { read, walk } = readerFor(bytes)
      const state = bytes as Buffer
      if (walk(state, headerBytes) !== state.length)
        throw new Error(
          `a visitor state of ${state.length} bytes does not end where its schema does: it was cut off or overwritten`,
        )
      return read(state, headerBytes)
    },
    peekDues: (bytes) => readerFor(bytes).readDues(bytes as Buffer, headerBytes),
  }
}

function readerOf(entry: CatalogEntry, current: CatalogEntry): Reader {
  const { schema, walk } = entry
  const read = compileRead(schema) as Reader['read']
  const readDues = compileRead({ ...schema, fields: schema.fields.slice(0, dueFields) }) as Reader['readDues']
  if (entry === current) return { walk, read, readDues }
  const migrate = compileMigration(schema, current.schema)
  return { walk, readDues, read: (bytes, at) => takenOver(migrate(read(bytes, at)) as VisitorState) }
}

function takenOver(state: VisitorState): VisitorState {
  takeFormer(state)
  return state
}
