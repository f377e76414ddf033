import { crc32 } from 'node:zlib'
import avro from 'avsc'
import type { Label, StorefrontEvent } from '@cairn/domain'
import { labelledName, type Catalog, type CatalogEntry } from './catalog.ts'
import { createMessageWriter, initialScratch, type WriteMessage } from './message.ts'
import { compileRead } from './read.ts'
import type { RecordKind, RecordTypes } from './records.ts'
import type { AvroRecord, AvroSchema } from './schema.ts'
import { compileWalk } from './walk.ts'
import { headerBytes, readHeader, writeHeaderAt } from './wire.ts'
import { compileWrite, type WriteValue } from './write.ts'

export type Decoded =
  | {
      [K in RecordKind]: {
        readonly ok: true
        readonly kind: K
        readonly schemaId: number
        readonly value: RecordTypes[K]
      }
    }[RecordKind]
  | Undecoded

export interface Undecoded {
  readonly ok: false
  readonly reason: 'no_value' | 'not_wire_format' | 'unknown_schema' | 'truncated' | 'trailing_bytes' | 'undecodable'
  readonly detail: string
  /** The id that is not in the catalog, for `unknown_schema`. */
  readonly schemaId?: number
}

/** Reads and writes records in the Confluent wire format: a zero byte, the schema id (4 bytes), the Avro value. */
export interface Codec {
  /** Encodes an event under the newest event schema and fills in `content_hash`. */
  encodeEvent(event: StorefrontEvent): Buffer
  encode<K extends WrittenKind>(kind: K, value: RecordTypes[K]): Buffer
  /** As `encode`, at `at` in `bytes`. Returns where it ends: beyond `bytes`, it did not fit and is to be written again. */
  write<K extends WrittenKind>(kind: K, value: RecordTypes[K], bytes: Buffer, at: number): number
  /** Decodes to the last byte exactly: what is cut off, too long or corrupt is a returned reason, never a guess. */
  decode(message: Buffer | null): Decoded
  /** As `decode`, but what attribution hardly ever asks of an event is read only when it does. */
  skim(message: Buffer | null): Decoded
  /**
   * The label at the head of a labelled event, whatever became of the event behind it; undefined when that is not there
   * whole.
   */
  labelOf(message: Buffer): Label | undefined
  /** The labelled event: label fields before the event's own bytes, which are not encoded again. */
  prependLabel(eventMessage: Buffer, eventSchemaId: number, label: Label): Buffer
  /** As `prependLabel`, at `at` in `bytes`; see `write` for what it returns. */
  writeLabelled(eventMessage: Buffer, eventSchemaId: number, label: Label, bytes: Buffer, at: number): number
}

type WrittenKind = Exclude<RecordKind, 'event' | 'labelled'>

const firstContentField = 'event_id'
/** What sessions, conversions and their origins are not made of, unless definitions ask for a property. */
const lateFields = ['ip', 'source_name', 'url', 'title', 'click_id', 'user_agent', 'locale', 'consent', 'previous_id', 'group_id', 'properties'] // prettier-ignore

export function createCodec(catalog: Catalog): Codec {
  const write = createMessageWriter()
  const event = eventWriter(catalog, write)
  const readers = new Map<number, Reader>()
  const writers = new Map<string, { write: WriteValue; id: number }>()
  const label = { write: compileWrite(catalog.label), idOf: new Map<number, number>() }

  function writer(kind: WrittenKind): { write: WriteValue; id: number } {
    let known = writers.get(kind)
    if (known === undefined) {
      const { id, schema } = catalog.named(kind)
      writers.set(kind, (known = { write: compileWrite(schema), id }))
    }
    return known
  }

  function labelledId(eventSchemaId: number): number {
    let id = label.idOf.get(eventSchemaId)
    if (id === undefined) label.idOf.set(eventSchemaId, (id = catalog.named(labelledName(eventSchemaId)).id))
    return id
  }

  function reader(id: number): Reader | undefined {
    const known = readers.get(id)
    if (known !== undefined) return known
    const found = catalog.find(id)
    if (found === undefined) return undefined
    const made = readerOf(catalog, found)
    readers.set(id, made)
    return made
  }

  return {
    encodeEvent: event,
    encode(kind, value) {
      const { write: writeValue, id } = writer(kind)
      return write(writeValue, value, id)
    },
    write(kind, value, bytes, at) {
      const { write: writeValue, id } = writer(kind)
      writeHeaderAt(bytes, at, id)
      return writeValue(value, bytes, at + headerBytes)
    },
    decode: (message) => decodeBy(reader, message, 'decode'),
    skim: (message) => decodeBy(reader, message, 'skim'),
    labelOf: labelReader(catalog),
    prependLabel(message, eventSchemaId, value) {
      const head = write(label.write, value, labelledId(eventSchemaId), message.length - headerBytes)
      message.copy(head, head.length - (message.length - headerBytes), headerBytes)
      return head
    },
    writeLabelled(message, eventSchemaId, value, bytes, at) {
      writeHeaderAt(bytes, at, labelledId(eventSchemaId))
      const start = label.write(value, bytes, at + headerBytes)
      const end = start + message.length - headerBytes
      if (end <= bytes.length) message.copy(bytes, start, headerBytes)
      return end
    },
  }
}

function labelReader(catalog: Catalog): (message: Buffer) => Label | undefined {
  const walk = compileWalk(catalog.label)
  const type = compile(catalog.label)
  return (message) => {
    const id = readHeader(message)
    const isLabelled = id !== undefined && catalog.find(id)?.name.startsWith('labelled:') === true
    if (!isLabelled || walk(message, headerBytes) < 0) return undefined
    return (type.decode(message, headerBytes) as { value: Label }).value
  }
}

type ReadMessage = (message: Buffer) => Decoded

interface Reader {
  readonly decode: ReadMessage
  readonly skim: ReadMessage
}

/** Finds the reader of the message's schema and has it read. */
function decodeBy(
  reader: (id: number) => Reader | undefined,
  message: Buffer | null,
  read: 'decode' | 'skim',
): Decoded {
  if (message === null) return { ok: false, reason: 'no_value', detail: 'the record has no value' }
  const id = readHeader(message)
  if (id === undefined)
    return {
      ok: false,
      reason: 'not_wire_format',
      detail: 'the value does not start with a zero byte and a schema id',
    }
  const known = reader(id)
  if (known === undefined)
    return { ok: false, reason: 'unknown_schema', detail: `schema ${id} is not in the catalog`, schemaId: id }
  return known[read](message)
}

/** Encodes content first: its checksum is an arrival field. Both parts are whole records, so their bytes just join. */
function eventWriter(catalog: Catalog, write: WriteMessage): (event: StorefrontEvent) => Buffer {
  const newest = catalog.events.at(-1)
  if (newest === undefined) throw new Error('the catalog has no event schema')
  const split = newest.schema.fields.findIndex((f) => f.name === firstContentField)
  const arrival = compileWrite({ ...newest.schema, fields: newest.schema.fields.slice(0, split) })
  const content = compileWrite({ ...newest.schema, fields: newest.schema.fields.slice(split) })
  let scratch = Buffer.allocUnsafe(initialScratch)
  return (event) => {
    let end = content(event, scratch, 0)
    if (end > scratch.length) {
      scratch = Buffer.allocUnsafe(end)
      end = content(event, scratch, 0)
    }
    const contentBytes = scratch.subarray(0, end)
    const { received_at, sent_at, event_time, ip } = event
    const content_hash = crc32(contentBytes) | 0
    const message = write(arrival, { received_at, sent_at, event_time, ip, content_hash }, newest.id, end)
    contentBytes.copy(message, message.length - end)
    return message
  }
}

function readerOf(catalog: Catalog, found: CatalogEntry): Reader {
  const kind = kindOf(found)
  const written = compile(found.schema)
  const read = kind === 'event' || kind === 'labelled' ? compile(newestLike(catalog, kind)) : written
  const resolver = read === written ? undefined : read.createResolver(written)
  const decode = checked(found, kind, (message) => {
    const { value } = read.decode(message, headerBytes, resolver) as { value: unknown }
    return value
  })
  // Events of an older schema are few and read in full.
  if (found !== catalog.events.at(-1)) return { decode, skim: decode }
  const readSome = compileRead(found.schema, lateFields)
  return { decode, skim: checked(found, kind, (message) => readSome(message, headerBytes)) }
}

/** Reads only what ends where its schema does. */
function checked({ id, name, walk }: CatalogEntry, kind: RecordKind, read: (message: Buffer) => unknown): ReadMessage {
  return (message) => {
    const end = walk(message, headerBytes)
    if (end < 0) return { ok: false, reason: 'truncated', detail: `the value ends before schema ${name} does` }
    if (end < message.length)
      return { ok: false, reason: 'trailing_bytes', detail: `${message.length - end} bytes after schema ${name} ends` }
    try {
      return { ok: true, kind, schemaId: id, value: read(message) } as Decoded
    } catch (error) {
      return { ok: false, reason: 'undecodable', detail: error instanceof Error ? error.message : String(error) }
    }
  }
}

function newestLike(catalog: Catalog, kind: 'event' | 'labelled'): AvroRecord {
  const newest = catalog.events.at(-1) as CatalogEntry
  return kind === 'event' ? newest.schema : catalog.named(labelledName(newest.id)).schema
}

function kindOf({ name }: CatalogEntry): RecordKind {
  if (name.startsWith('event.v')) return 'event'
  if (name.startsWith('labelled:')) return 'labelled'
  return name as RecordKind
}

function compile(schema: AvroSchema): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema)
}
