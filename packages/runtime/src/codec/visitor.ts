import type { Dues, VisitorCodec, VisitorState } from '@cairn/domain'
import type { Catalog } from './catalog.ts'
import { createMessageWriter } from './message.ts'
import { compileRead } from './read.ts'
import { headerBytes, readHeader } from './wire.ts'
import { compileWrite } from './write.ts'

/** The due times are a state's first fields. */
const dueFields = 3

/** Bytes of a visitor state as the state topic holds them. Throws for bytes of another schema: nothing can go on then. */
export function createVisitorCodec(catalog: Catalog): VisitorCodec {
  const { id, schema, walk } = catalog.named('visitor-state')
  const read = compileRead(schema)
  const write = compileWrite(schema)
  const message = createMessageWriter()
  const readDues = compileRead({ ...schema, fields: schema.fields.slice(0, dueFields) })

  function checked(bytes: Uint8Array): Buffer {
    const given = bytes as Buffer
    const found = readHeader(given)
    if (found !== id)
      throw new Error(
        `a visitor state has schema ${String(found)}, ${id} is expected: it was written by another version`,
      )
    return given
  }

  return {
    encode: (state) => message(write, state, id),
    decode(bytes) {
      const state = checked(bytes)
      if (walk(state, headerBytes) !== state.length)
        throw new Error(
          `a visitor state of ${state.length} bytes does not end where its schema does: it was cut off or overwritten`,
        )
      return read(state, headerBytes) as VisitorState
    },
    peekDues: (bytes) => readDues(checked(bytes), headerBytes) as Dues,
  }
}
