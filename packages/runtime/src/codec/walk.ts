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
 */
export function compileWalk(schema: AvroSchema): Walk {
  if (typeof schema === 'string') return primitive(schema)
  if (Array.isArray(schema)) return union(schema.map(compileWalk))
  switch (schema.type) {
    case 'record':
      return sequence(schema.fields.map((field) => compileWalk(field.type)))
    case 'array':
      return blocks(compileWalk(schema.items))
    case 'map':
      return blocks(sequence([skipLengthPrefixed, compileWalk(schema.values)]))
    case 'enum':
      return skipVarint
    case 'fixed':
      return fixed(schema.size)
    default:
      return primitive(schema.type)
  }
}

function primitive(name: string): Walk {
  switch (name) {
    case 'null':
      return fixed(0)
    case 'boolean':
      return skipBoolean
    case 'int':
    case 'long':
      return skipVarint
    case 'float':
      return fixed(4)
    case 'double':
      return fixed(8)
    case 'string':
    case 'bytes':
      return skipLengthPrefixed
    default:
      throw new Error(`schema type "${name}" is not supported: name the types in full, without references`)
  }
}

function fixed(size: number): Walk {
  return (bytes, at) => (at + size <= bytes.length ? at + size : -1)
}

function skipBoolean(bytes: Uint8Array, at: number): number {
  const value = bytes[at]
  return value === 0 || value === 1 ? at + 1 : -1
}

function skipVarint(bytes: Uint8Array, at: number): number {
  const last = Math.min(bytes.length, at + 10)
  for (let i = at; i < last; i++) if ((bytes[i] as number) < 0x80) return i + 1
  return -1
}

function skipLengthPrefixed(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  // One byte covers lengths below 64, which most strings have.
  if (first === undefined) return -1
  const length = first < 0x80 ? (first & 1 ? -1 : first >>> 1) : readLong(bytes, at)
  if (length < 0) return -1
  const start = first < 0x80 ? at + 1 : skipVarint(bytes, at)
  return start >= 0 && start + length <= bytes.length ? start + length : -1
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

function sequence(walks: readonly Walk[]): Walk {
  return (bytes, start) => {
    let at = start
    for (const walk of walks) {
      at = walk(bytes, at)
      if (at < 0) return -1
    }
    return at
  }
}

function union(branches: readonly Walk[]): Walk {
  return (bytes, at) => {
    const branch = branches[readLong(bytes, at)]
    return branch === undefined ? -1 : branch(bytes, skipVarint(bytes, at))
  }
}

function blocks(item: Walk): Walk {
  return (bytes, start) => {
    let at = start
    for (;;) {
      const count = readLong(bytes, at)
      at = skipVarint(bytes, at)
      if (Number.isNaN(count) || at < 0) return -1
      if (count === 0) return at
      at = count < 0 ? skipSizedBlock(bytes, at) : skipItems(item, count, bytes, at)
      if (at < 0) return -1
    }
  }
}

function skipSizedBlock(bytes: Uint8Array, at: number): number {
  const size = readLong(bytes, at)
  const end = skipVarint(bytes, at) + size
  return size >= 0 && end <= bytes.length ? end : -1
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
