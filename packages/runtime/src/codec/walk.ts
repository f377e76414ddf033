import { compiled } from './compiled.ts'
import type { AvroRecord, AvroSchema } from './schema.ts'

/** Returns where the value that starts at `at` ends, or -1 when it does not end inside `bytes`. */
export type Walk = (bytes: Uint8Array, at: number) => number

/**
 * Compiles an Avro schema to a function that steps over one value without building it.
 *
 * Every length and count is checked against the bytes that are left before it is believed: avsc's own skip and decode
 * trust them, so a corrupt count of two billion map entries would spin for minutes and one corrupt record would hold a
 * partition. Rows are copied into the warehouse's container by their length alone, so an undetected wrong length would
 * also shift every later row.
 *
 * Only what every reader accepts is accepted: an int that needs more than 32 bits or a uuid that is none would make the
 * warehouse refuse an insert of thousands of rows.
 */
export function compileWalk(schema: AvroSchema): Walk {
  const script = new Script()
  const name = script.functionOf(schema)
  return compiled(script.text, name, steps) as Walk
}

/**
 * The functions written so far, one for each record and each item of a list: JavaScript text with one statement a field,
 * since every message is walked twice on its way.
 */
class Script {
  text = ''
  #count = 0
  /** Functions of the records met so far: a schema refers back to them by name. */
  readonly #records = new Map<string, string>()

  functionOf(schema: AvroSchema): string {
    const name = `walk${++this.#count}`
    const isRecord = typeof schema === 'object' && !Array.isArray(schema) && schema.type === 'record'
    if (isRecord) this.#records.set(schema.name, name)
    const body = isRecord ? this.#fields(schema) : this.#stepOver(schema)
    this.text += `function ${name}(b, at) {\n${body}\nreturn at\n}\n`
    return name
  }

  /** Statements that move `at` over a value, or return -1. */
  #stepOver(schema: AvroSchema): string {
    if (typeof schema === 'string') return this.#named(schema)
    if (Array.isArray(schema)) return this.#union(schema)
    switch (schema.type) {
      case 'record':
        return step(`${this.functionOf(schema)}(b, at)`)
      case 'array':
        return step(`blocks(b, at, ${this.functionOf(schema.items)})`)
      case 'map': {
        const entry = { type: 'record', name: '', fields: [textField, { name: 'value', type: schema.values }] } as const
        return step(`blocks(b, at, ${this.functionOf(entry)})`)
      }
      case 'enum':
        return this.#named('int')
      case 'fixed':
        return step(`fixed(b, at, ${schema.size})`)
      default:
        return this.#named(schema.type === 'string' && schema.logicalType === 'uuid' ? 'uuid' : schema.type)
    }
  }

  #fields({ fields }: AvroRecord): string {
    return fields.map(({ type }) => this.#stepOver(type)).join('\n')
  }

  #union(branches: readonly AvroSchema[]): string {
    const cases = branches.map(
      (branch, at) => `case ${at}:
        at = long(b, at)
        ${this.#stepOver(branch)}
        break`,
    )
    return `switch (branch(b, at)) {\n${cases.join('\n')}\ndefault: return -1\n}`
  }

  #named(name: string): string {
    const record = this.#records.get(name)
    if (record !== undefined) return step(`${record}(b, at)`)
    const call = primitives[name]
    if (call === undefined)
      throw new Error(`schema type "${name}" is not known: it is neither a primitive nor a record named before`)
    return call === '' ? '' : step(call)
  }
}

const textField = { name: 'key', type: 'string' } as const

const primitives: Readonly<Record<string, string>> = {
  null: '',
  boolean: 'boolean(b, at)',
  int: 'int(b, at)',
  long: 'long(b, at)',
  float: 'fixed(b, at, 4)',
  double: 'fixed(b, at, 8)',
  string: 'lengthPrefixed(b, at)',
  bytes: 'lengthPrefixed(b, at)',
  uuid: 'uuid(b, at)',
}

function step(call: string): string {
  return `at = ${call}\nif (at < 0) return -1`
}

/** What the written functions call. */
const steps = {
  long: skipVarint,
  int: skipInt,
  lengthPrefixed: skipLengthPrefixed,
  uuid: skipUuid,
  boolean: skipBoolean,
  fixed: skipFixed,
  branch: readLong,
  blocks: skipBlocks,
}

function skipBoolean(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) <= 1 ? at + 1 : -1
}

function skipFixed(bytes: Uint8Array, at: number, size: number): number {
  return at + size <= bytes.length ? at + size : -1
}

function skipVarint(bytes: Uint8Array, at: number): number {
  const last = Math.min(bytes.length, at + 10)
  for (let i = at; i < last; i++) if ((bytes[i] as number) < 0x80) return i + 1
  return -1
}

function skipInt(bytes: Uint8Array, at: number): number {
  const end = skipVarint(bytes, at)
  const fits = end - at < 5 || (end - at === 5 && (bytes[end - 1] as number) <= 0x0f)
  return fits ? end : -1
}

function skipLengthPrefixed(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === undefined) return -1
  // One byte covers lengths below 64, which most strings have.
  if (first < 0x80) {
    const end = at + 1 + (first >>> 1)
    return (first & 1) === 0 && end <= bytes.length ? end : -1
  }
  const length = readLong(bytes, at)
  const end = skipVarint(bytes, at) + length
  return length >= 0 && end <= bytes.length ? end : -1
}

const uuidLength = 36
const dash = 0x2d

/** Text in the form 8-4-4-4-12. */
function skipUuid(bytes: Uint8Array, at: number): number {
  const start = at + 1
  if (bytes[at] !== uuidLength * 2 || start + uuidLength > bytes.length) return -1
  for (let i = 0; i < uuidLength; i++) {
    const byte = bytes[start + i] as number
    if (i === 8 || i === 13 || i === 18 || i === 23 ? byte !== dash : !isHexDigit(byte)) return -1
  }
  return start + uuidLength
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)
}

function skipBlocks(bytes: Uint8Array, start: number, item: Walk): number {
  let at = start
  for (;;) {
    const count = readLong(bytes, at)
    at = skipVarint(bytes, at)
    if (Number.isNaN(count) || at < 0) return -1
    if (count === 0) return at
    at = count < 0 ? skipSizedBlock(item, -count, bytes, at) : skipItems(item, count, bytes, at)
    if (at < 0) return -1
  }
}

/** A block that tells its size in bytes. Readers differ in whether they believe the size or the items: both must agree. */
function skipSizedBlock(item: Walk, count: number, bytes: Uint8Array, at: number): number {
  const size = readLong(bytes, at)
  const start = skipVarint(bytes, at)
  const end = start < 0 ? -1 : skipItems(item, count, bytes, start)
  return end === start + size ? end : -1
}

function skipItems(item: Walk, count: number, bytes: Uint8Array, start: number): number {
  let at = start
  for (let i = 0; i < count; i++) {
    const end = item(bytes, at)
    // An item of no bytes would let a corrupt count spin; no schema here has such items.
    if (end <= at) return -1
    at = end
  }
  return at
}

/** Zig-zag long as a number; NaN when it is cut off. Beyond 2^53 it is inexact, which no valid length is. */
function readLong(bytes: Uint8Array, at: number): number {
  let value = 0
  let scale = 1
  for (let i = at; i < at + 10; i++) {
    const byte = bytes[i]
    if (byte === undefined) return NaN
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 128
  }
  return NaN
}
