import { crc32 } from 'node:zlib'
import type { CatalogEntry } from './catalog.ts'
import type { AvroField } from './schema.ts'
import { headerBytes } from './wire.ts'

/** Why a message can't be a row: its bytes don't end exactly where its schema does. */
export type RowFault = 'truncated' | 'trailing_bytes'

/** An Avro object container file, the body of `INSERT … FORMAT Avro`. */
export interface Container {
  readonly body: Buffer
  /** Columns in the order of the file's schema; what the insert must name. */
  readonly columns: readonly string[]
  readonly rows: number
  /** CRC-32 of the rows as they are in `body`, continued from the seed given to `build`. */
  readonly crc: number
}

/** Gathers messages of one schema and partition into a container whose rows are offset fields + the message's own bytes. */
export interface ContainerBuilder {
  /** Takes the message, wire header included, unless it returns why not. The message is kept, not copied, until `build`. */
  add(offset: number, message: Buffer): RowFault | undefined
  readonly rows: number
  /** `only` leaves out rows by their offsets. */
  build(options?: { readonly crcSeed?: number; readonly only?: (offset: number) => boolean }): Container
}

/** Where a row came from; these stand before the fields of the message. */
export const originFields: readonly AvroField[] = [
  { name: '_gen', type: 'int' },
  { name: '_partition', type: 'int' },
  { name: '_offset', type: 'long' },
]

const magic = Buffer.from('Obj\x01', 'latin1')
/** Ends the header and each block. Any 16 bytes do; fixed ones make a retried insert equal byte for byte. */
const syncMarker = Buffer.from('cairn-row-block.', 'latin1')
const longestVarint = 10

/**
 * Avro binary is the plain concatenation of fields, so a row is its origin fields followed by the bytes that came from
 * the log: nothing is decoded and nothing encoded again. `entry.walk` proves that a message ends at its last byte; one
 * that did not would shift every row after it.
 */
export function createContainerBuilder(entry: CatalogEntry, generation: number, partition: number): ContainerBuilder {
  const fields = [...originFields, ...entry.schema.fields]
  const slice = Buffer.concat([varint(generation), varint(partition)])
  const rows: Row[] = []

  return {
    add(offset, message) {
      const end = entry.walk(message, headerBytes)
      if (end < 0) return 'truncated'
      if (end < message.length) return 'trailing_bytes'
      rows.push({ offset, message })
      return undefined
    },
    get rows() {
      return rows.length
    },
    build({ crcSeed = 0, only } = {}) {
      return write(fields, slice, only === undefined ? rows : rows.filter((row) => only(row.offset)), crcSeed)
    },
  }
}

interface Row {
  readonly offset: number
  readonly message: Buffer
}

function write(fields: readonly AvroField[], slice: Buffer, rows: readonly Row[], crcSeed: number): Container {
  const rowBytes = rows.reduce((sum, row) => sum + slice.length + rowLength(row), 0)
  const header = fileHeader(fields)
  const blockHead = Buffer.concat([varint(rows.length), varint(rowBytes)])
  const begin = header.length + blockHead.length
  const end = begin + rowBytes
  const body = Buffer.allocUnsafe(end + syncMarker.length)
  writeRows(body, begin, end, slice, rows)
  // After the rows: copying the first one writes over what stands before it.
  header.copy(body)
  blockHead.copy(body, header.length)
  syncMarker.copy(body, end)
  return {
    body,
    columns: fields.map((field) => field.name),
    rows: rows.length,
    crc: crc32(body.subarray(begin, end), crcSeed),
  }
}

/**
 * Writes the rows from the last to the first: each message is copied whole, wire header too, which spares a view of its
 * body (600 ns a row), and the header is then overwritten by the origin fields and the row before.
 */
function writeRows(body: Buffer, begin: number, end: number, slice: Buffer, rows: readonly Row[]): void {
  const origin = Buffer.allocUnsafe(slice.length + longestVarint)
  slice.copy(origin)
  let at = end
  for (let i = rows.length - 1; i >= 0; i--) {
    const { offset, message } = rows[i] as Row
    const originEnd = writeVarint(origin, slice.length, offset)
    at -= message.length
    body.set(message, at)
    at += headerBytes - originEnd
    for (let o = 0; o < originEnd; o++) body[at + o] = origin[o] as number
  }
  if (at !== begin) throw new Error(`the rows of a container came to ${end - at} bytes instead of ${end - begin}`)
}

function fileHeader(fields: readonly AvroField[]): Buffer {
  const schema = JSON.stringify({ type: 'record', name: 'Row', namespace: 'cairn', fields })
  const metadata = { 'avro.codec': 'null', 'avro.schema': schema }
  const entries = Object.entries(metadata).flatMap(([key, value]) => [sized(key), sized(value)])
  return Buffer.concat([magic, varint(entries.length / 2), ...entries, varint(0), syncMarker])
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(longestVarint)
  return bytes.subarray(0, writeVarint(bytes, 0, value))
}

/** Zig-zag varint of a number from 0 to 2^52; returns the position after it. */
function writeVarint(target: Buffer, at: number, value: number): number {
  let left = value * 2
  let to = at
  for (; left >= 0x80; left = Math.floor(left / 0x80)) target[to++] = (left % 0x80) | 0x80
  target[to++] = left
  return to
}

function rowLength({ offset, message }: Row): number {
  let length = message.length - headerBytes + 1
  for (let left = offset * 2; left >= 0x80; left = Math.floor(left / 0x80)) length++
  return length
}
