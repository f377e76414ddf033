import type { AvroSchema } from './schema.ts'

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
  const steps = compile(schema, new Map())
  return (bytes, at) => walk(steps, bytes, at)
}

/** A schema as a flat list of steps: half the time of a tree of closures, and every message is walked twice. */
interface Step {
  readonly kind: number
  /** Bytes of `fixed`. */
  readonly size: number
  /** Branches of `union`, the item of `blocks`. */
  readonly parts: readonly (readonly Step[])[]
}

const long = 0
const int = 1
const lengthPrefixed = 2
const uuid = 3
const boolean = 4
const fixed = 5
const union = 6
const blocks = 7

/** `named` holds the records met so far: a schema refers back to them by name. */
function compile(schema: AvroSchema, named: Map<string, readonly Step[]>): readonly Step[] {
  if (typeof schema === 'string') return named.get(schema) ?? primitive(schema)
  if (Array.isArray(schema)) return [{ kind: union, size: 0, parts: schema.map((branch) => compile(branch, named)) }]
  switch (schema.type) {
    case 'record': {
      const steps = schema.fields.flatMap((field) => compile(field.type, named))
      named.set(schema.name, steps)
      return steps
    }
    case 'array':
      return [{ kind: blocks, size: 0, parts: [compile(schema.items, named)] }]
    case 'map':
      return [{ kind: blocks, size: 0, parts: [[...primitive('string'), ...compile(schema.values, named)]] }]
    case 'enum':
      return primitive('int')
    case 'fixed':
      return [step(fixed, schema.size)]
    default:
      return schema.type === 'string' && schema.logicalType === 'uuid' ? [step(uuid)] : primitive(schema.type)
  }
}

function primitive(name: string): readonly Step[] {
  switch (name) {
    case 'null':
      return []
    case 'boolean':
      return [step(boolean)]
    case 'int':
      return [step(int)]
    case 'long':
      return [step(long)]
    case 'float':
      return [step(fixed, 4)]
    case 'double':
      return [step(fixed, 8)]
    case 'string':
    case 'bytes':
      return [step(lengthPrefixed)]
    default:
      throw new Error(`schema type "${name}" is not known: it is neither a primitive nor a record named before`)
  }
}

function step(kind: number, size = 0): Step {
  return { kind, size, parts: [] }
}

function walk(steps: readonly Step[], bytes: Uint8Array, start: number): number {
  let at = start
  for (const one of steps) {
    at = skip(one, bytes, at)
    if (at < 0) return -1
  }
  return at
}

function skip(one: Step, bytes: Uint8Array, at: number): number {
  switch (one.kind) {
    case lengthPrefixed:
      return skipLengthPrefixed(bytes, at)
    case long:
      return skipVarint(bytes, at)
    case union:
      return skipUnion(one.parts, bytes, at)
    case blocks:
      return skipBlocks(one.parts[0] as readonly Step[], bytes, at)
    case int:
      return skipInt(bytes, at)
    case uuid:
      return skipUuid(bytes, at)
    case boolean:
      return (bytes[at] as number) <= 1 ? at + 1 : -1
    default:
      return at + one.size <= bytes.length ? at + one.size : -1
  }
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

function skipUnion(branches: readonly (readonly Step[])[], bytes: Uint8Array, at: number): number {
  const branch = branches[readLong(bytes, at)]
  return branch === undefined ? -1 : walk(branch, bytes, skipVarint(bytes, at))
}

function skipBlocks(item: readonly Step[], bytes: Uint8Array, start: number): number {
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
function skipSizedBlock(item: readonly Step[], count: number, bytes: Uint8Array, at: number): number {
  const size = readLong(bytes, at)
  const start = skipVarint(bytes, at)
  const end = start < 0 ? -1 : skipItems(item, count, bytes, start)
  return end === start + size ? end : -1
}

function skipItems(item: readonly Step[], count: number, bytes: Uint8Array, start: number): number {
  let at = start
  for (let i = 0; i < count; i++) {
    const end = walk(item, bytes, at)
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
