import avro from 'avsc'
import type { Dues, VisitorCodec, VisitorState } from '@cairn/domain'
import type { Catalog } from './catalog.ts'
import type { AvroRecord } from './schema.ts'
import { headerBytes, readHeader, writeHeader } from './wire.ts'

/** Bytes of a visitor state as the state topic holds them. Throws for bytes of another schema: nothing can go on then. */
export function createVisitorCodec(catalog: Catalog): VisitorCodec {
  const { id, schema, walk } = catalog.named('visitor-state')
  const type = avro.Type.forSchema(schema as unknown as avro.Schema)
  const dues = duesType(schema)
  const skipRest = dues.createResolver(type)

  function checked(bytes: Uint8Array): Buffer {
    const message = bytes as Buffer
    const found = readHeader(message)
    if (found !== id)
      throw new Error(
        `a visitor state has schema ${String(found)}, ${id} is expected: it was written by another version`,
      )
    return message
  }

  return {
    encode(state) {
      const value = type.toBuffer(state)
      const message = Buffer.allocUnsafe(headerBytes + value.length)
      writeHeader(message, id)
      value.copy(message, headerBytes)
      return message
    },
    decode(bytes) {
      const message = checked(bytes)
      if (walk(message, headerBytes) !== message.length)
        throw new Error(
          `a visitor state of ${message.length} bytes does not end where its schema does: it was cut off or overwritten`,
        )
      return type.decode(message, headerBytes).value as VisitorState
    },
    peekDues: (bytes) => dues.decode(checked(bytes), headerBytes, skipRest).value as Dues,
  }
}

function duesType(schema: AvroRecord): avro.Type {
  return avro.Type.forSchema({ ...schema, fields: schema.fields.slice(0, 3) } as unknown as avro.Schema)
}
