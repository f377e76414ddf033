import { LARGEST_LONG } from '@cairn/domain'
import { compiled } from './compiled.ts'
import type { AvroRecord, AvroSchema } from './schema.ts'

/**
 * Writes one value at `at` and returns where it ends. An end beyond `bytes` says that the value did not fit: what stands
 * there is then of no use, and the value is to be written again into more room.
 */
export type WriteValue = (value: unknown, bytes: Buffer, at: number) => number

/**
 * Compiles an Avro schema to a function that writes its values: as JavaScript text with one statement a field, which
 * takes half the time of avsc's writer, itself compiled but calling an object of its own for every value.
 * A value that is not of the schema throws; where it could not have come past the type checker it may not be noticed.
 */
export function compileWrite(schema: AvroSchema): WriteValue {
  const script = new Script()
  const name = script.writerOf(schema)
  return compiled(script.text, name, primitives) as WriteValue
}

/** The functions written so far; `writerOf` answers the name of the one for a schema. */
class Script {
  text = ''
  #count = 0
  readonly #records = new Map<string, string>()

  writerOf(schema: AvroSchema): string {
    if (typeof schema === 'string') return this.#records.get(schema) ?? this.#primitive(schema)
    if (Array.isArray(schema)) return this.#union(schema)
    switch (schema.type) {
      case 'record':
        return this.#record(schema)
      case 'array': {
        const item = this.writerOf(schema.items)
        return this.#add(`b[at] = 0
          if (v.length === 0) return at + 1
          at = long(v.length, b, at)
          for (let i = 0; i < v.length; i++) at = ${item}(v[i], b, at)
          b[at] = 0
          return at + 1`)
      }
      case 'map': {
        const value = this.writerOf(schema.values)
        return this.#add(`const keys = Object.keys(v)
          if (keys.length > 0) at = long(keys.length, b, at)
          for (const key of keys) at = ${value}(v[key], b, ${this.#primitive('string')}(key, b, at))
          b[at] = 0
          return at + 1`)
      }
      case 'enum':
      case 'fixed':
        throw new Error(`values of schema type "${schema.type}" are not written: no record here has any`)
      default:
        return this.#primitive(schema.type)
    }
  }

  #record({ name, fields }: AvroRecord): string {
    const writers = fields.map((field) => ({ name: JSON.stringify(field.name), writer: this.writerOf(field.type) }))
    const writes = writers.map((field) => `at = ${field.writer}(v[${field.name}], b, at)`)
    const added = this.#add(`${writes.join('\n')}\nreturn at`)
    this.#records.set(name, added)
    return added
  }

  /** Of null and one other schema: telling more apart needs a look at the value, and no schema here asks for it. */
  #union(branches: readonly AvroSchema[]): string {
    const other = branches.findIndex((branch) => branch !== 'null')
    if (branches.length !== 2 || other < 0 || branches[1 - other] !== 'null')
      throw new Error('a union must be of null and one other schema')
    const writer = this.writerOf(branches[other] as AvroSchema)
    return this.#add(`b[at] = v === null ? ${2 * (1 - other)} : ${2 * other}
      return v === null ? at + 1 : ${writer}(v, b, at + 1)`)
  }

  #primitive(name: string): string {
    if (name === 'string') return this.#add(writeText)
    if (name in primitives) return name
    throw new Error(
      `values of schema type "${name}" are not written: it is neither a primitive nor a record named before`,
    )
  }

  #add(body: string): string {
    const name = `write${++this.#count}`
    this.text += `function ${name}(v, b, at) {\n${body}\n}\n`
    return name
  }
}

const primitives = { longText, long, int, boolean, double, bytes }

/** Copying out of JavaScript costs a call, which a loop over so few characters undercuts. */
const fewCharacters = 16
/** A length up to here takes one byte before the text. */
const shortLength = 63
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const mostUtf8 = 3

/**
 * A writer of text, of its own for each field: engines represent strings in half a dozen ways, and a function that has met
 * them all looks up each string's length the slow way. The first condition leaves room for any text of so many
 * characters: one that was cut off could otherwise pass for one of single bytes.
 */
const writeText = `
  const length = v.length
  if (length > ${shortLength} || at + 1 + length * ${mostUtf8} > b.length) return longText(v, b, at)
  b[at] = length << 1
  if (length > ${fewCharacters}) return b.write(v, at + 1) === length ? at + 1 + length : longText(v, b, at)
  for (let i = 0; i < length; i++) {
    const code = v.charCodeAt(i)
    if (code > 0x7f) return longText(v, b, at)
    b[at + 1 + i] = code
  }
  return at + 1 + length`

function longText(value: string, b: Buffer, at: number): number {
  const size = Buffer.byteLength(value)
  const start = long(size, b, at)
  if (start + size <= b.length) b.write(value, start)
  return start + size
}

/** Zig-zag varint. */
function long(value: number, b: Buffer, at: number): number {
  if (value >= 0 && value < 0x40000000 && Number.isInteger(value)) return varint(value << 1, b, at)
  if (!Number.isInteger(value) || Math.abs(value) > LARGEST_LONG) throw new TypeError(`${String(value)} is no long`)
  const zigZag = value < 0 ? -2 * value - 1 : 2 * value
  // In two parts of at most 32 bits: a division for every seven bits takes ten times as long.
  const high = Math.floor(zigZag / 2 ** 28)
  const low = zigZag - high * 2 ** 28
  if (high === 0) return varint(low, b, at)
  b[at] = low | 0x80
  b[at + 1] = (low >>> 7) | 0x80
  b[at + 2] = (low >>> 14) | 0x80
  b[at + 3] = (low >>> 21) | 0x80
  return varint(high, b, at + 4)
}

/** `value` has at most 32 bits. */
function varint(value: number, b: Buffer, at: number): number {
  let to = at
  let left = value
  for (; left > 0x7f; left >>>= 7) b[to++] = (left & 0x7f) | 0x80
  b[to++] = left
  return to
}

function int(value: number, b: Buffer, at: number): number {
  if (value !== (value | 0)) throw new TypeError(`${String(value)} is no int`)
  return long(value, b, at)
}

function boolean(value: boolean, b: Buffer, at: number): number {
  b[at] = value ? 1 : 0
  return at + 1
}

function double(value: number, b: Buffer, at: number): number {
  if (at + 8 <= b.length) b.writeDoubleLE(value, at)
  return at + 8
}

function bytes(value: Buffer, b: Buffer, at: number): number {
  const start = long(value.length, b, at)
  if (start + value.length <= b.length) b.set(value, start)
  return start + value.length
}
