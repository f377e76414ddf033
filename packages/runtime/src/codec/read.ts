import { LARGEST_LONG } from '@cairn/domain'
import { compiled } from './compiled.ts'
import type { AvroField, AvroRecord, AvroSchema } from './schema.ts'

/** Reads the record that starts at `at`. The bytes must hold a whole one: `compileWalk` tells whether they do. */
export type ReadRecord = (bytes: Buffer, at: number) => object

/**
 * Compiles the schema of a record to a function that reads it: as JavaScript text with one expression a field, which takes
 * half the time of avsc's reader. Fields in `late` are only stepped over and are read out of `bytes` when somebody asks for
 * them, texts each time anew: they are for what hardly anybody reads.
 */
export function compileRead(schema: AvroRecord, late: readonly string[] = []): ReadRecord {
  const script = new Script()
  const name = script.readerOf(schema, late)
  const source = new Source()
  const read = compiled(script.text, name, { s: source }) as () => object
  return (bytes, at) => {
    source.bytes = bytes
    source.at = at
    return read()
  }
}

/** The functions written so far: one for each record, and those that read lists. */
class Script {
  text = 'const none = []\n'
  #count = 0
  readonly #readers = new Map<string, string>()

  /**
   * A literal has the same hidden class as one of the fold with its fields in the same order: were they two, all code that
   * meets both would be compiled for either, and be slower.
   */
  readerOf({ name, fields }: AvroRecord, late: readonly string[] = []): string {
    const reader = `record${++this.#count}`
    this.#readers.set(name, reader)
    const made =
      late.length === 0
        ? `{ ${fields.map((field) => `${field.name}: ${this.#read(field.type)}`).join(',\n')} }`
        : `new ${this.#classOf(fields, late)}()`
    this.text += `function ${reader}() { return ${made} }\n`
    return reader
  }

  #classOf(fields: readonly AvroField[], late: readonly string[]): string {
    const made = `Record${this.#count}`
    const isLate = (field: AvroField) => late.includes(field.name)
    const reads = fields.map((field) =>
      isLate(field) ? this.#pass(field) : `this.${field.name} = ${this.#read(field.type)}`,
    )
    const getters = fields.filter(isLate).map((field) => this.#getter(field))
    this.text += `class ${made} {
      constructor() {
        this.bytes = s.bytes
        ${reads.join('\n')}
      }
      ${getters.join('\n')}
    }\n`
    return made
  }

  /** Statements that note where a field is, and move on over it. */
  #pass({ name, type }: AvroField): string {
    const noted = isMap(type) ? `this.at_${name} = s.at\nthis.read_${name} = undefined` : `this.at_${name} = s.at`
    return `${noted}\n${this.#skip(type)}`
  }

  /** A map is asked for by each of the names that may be in it. */
  #getter({ name, type }: AvroField): string {
    const read = `(s.bytes = this.bytes, s.at = this.at_${name}, ${this.#read(type)})`
    return `get ${name}() { return ${isMap(type) ? `this.read_${name} ??= ${read}` : read} }`
  }

  /** An expression that reads a value at `s.at` and moves on. */
  #read(type: AvroSchema): string {
    const name = simpleName(type)
    if (name !== undefined) return `s.${name}()`
    if (Array.isArray(type)) return `(s.long() === ${nullBranch(type)} ? null : ${this.#read(otherBranch(type))})`
    if (typeof type === 'string') return `${this.#known(type)}()`
    if (isMap(type)) return 's.texts()'
    if (type.type === 'record') return `${this.readerOf(type)}()`
    if (type.type === 'array') return `${this.#listOf(type.items)}()`
    return unread(type)
  }

  /** A statement that moves on over a value. */
  #skip(type: AvroSchema): string {
    if (simpleName(type) === 'string') return 's.skipString()'
    if (isMap(type)) return 's.skipTexts()'
    return this.#read(type)
  }

  /**
   * Most lists are empty, and share one: nothing may be put into it. Most others have one item: put into an empty one, it would
   * leave room for sixteen more.
   */
  #listOf(items: AvroSchema): string {
    const item = this.#read(items)
    const name = `list${++this.#count}`
    this.text += `function ${name}() {
      let count = s.count()
      if (count === 0) return none
      const items = [${item}]
      for (count--; count > 0 || (count = s.count()) > 0; count--) items.push(${item})
      return items
    }\n`
    return name
  }

  #known(name: string): string {
    return this.#readers.get(name) ?? unread(name)
  }
}

function unread(type: AvroSchema): never {
  throw new Error(`values of schema ${JSON.stringify(type)} are not read: no record here has any`)
}

const simple = new Set(['string', 'long', 'int', 'boolean', 'double'])

function simpleName(type: AvroSchema): string | undefined {
  const name = typeof type === 'object' && !Array.isArray(type) ? type.type : type
  return typeof name === 'string' && simple.has(name) ? name : undefined
}

function isMap(type: AvroSchema): boolean {
  return typeof type === 'object' && !Array.isArray(type) && type.type === 'map' && type.values === 'string'
}

function nullBranch(type: AvroSchema[]): number {
  const at = type.indexOf('null')
  return at >= 0 && type.length === 2 ? at : unread(type)
}

function otherBranch(type: AvroSchema[]): AvroSchema {
  return type[1 - nullBranch(type)] as AvroSchema
}

/** Texts up to here are kept, in the hope that they come again: names, sources, devices. */
const shortText = 24
const shortWords = shortText / 4
const remembered = 4096
/** The upper bit of each of four characters. */
const NOT_ASCII = 0x80808080

/** Where the next value is read. */
class Source {
  bytes: Buffer = Buffer.alloc(0)
  at = 0
  readonly #texts: string[] = new Array<string>(remembered).fill('')
  /** What they are of, as words: to compare those takes a fraction of what comparing characters does. */
  readonly #textWords = new Int32Array(remembered * shortWords)
  /** Of the text that is read. */
  readonly #words = new Int32Array(shortWords)

  long(): number {
    const { bytes } = this
    const first = bytes[this.at++] as number
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let low = first & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = bytes[this.at++] as number
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    // The rest as a number of its own: the whole is beyond 32 bits, where the language has only floats.
    let high = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[this.at++]
      if (byte === undefined) throw new RangeError('the bytes end within a number')
      high += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    const half = high * 2 ** 27 + (low >>> 1)
    const value = (low & 1) === 0 ? half : -half - 1
    // What our writer refuses must not come in either: the fold could not write what it makes of it.
    if (Math.abs(value) > LARGEST_LONG) throw new RangeError('a number beyond what is exact')
    return value
  }

  int(): number {
    return this.long()
  }

  boolean(): boolean {
    return this.bytes[this.at++] === 1
  }

  double(): number {
    this.at += 8
    return this.bytes.readDoubleLE(this.at - 8)
  }

  /** Items of the next block of a list; a negative count is followed by the size of the block. */
  count(): number {
    const count = this.long()
    if (count < 0) this.long()
    return Math.abs(count)
  }

  string(): string {
    const length = this.long()
    if (length === 0) return ''
    const start = this.at
    this.at += length
    return length > shortText ? this.bytes.toString('utf8', start, this.at) : this.#short(start, this.at)
  }

  skipString(): void {
    const length = this.long()
    this.at += length
  }

  texts(): Record<string, string> {
    const texts: Record<string, string> = {}
    for (;;) {
      const count = this.count()
      if (count === 0) return texts
      for (let i = count; i > 0; i--) {
        const name = this.string()
        texts[name] = this.string()
      }
    }
  }

  skipTexts(): void {
    for (;;) {
      const count = this.count()
      if (count === 0) return
      for (let i = 2 * count; i > 0; i--) this.skipString()
    }
  }

  /** Making a text anew takes longer than finding the same one again, and leaves another one to collect. */
  #short(start: number, end: number): string {
    const { bytes } = this
    const words = this.#words
    let hash = end - start
    let count = 0
    let bits = 0
    for (let at = start; at < end; at += 4) {
      const word = wordAt(bytes, at, end)
      words[count++] = word
      hash = Math.imul(hash ^ word, 0x9e3779b1)
      hash ^= hash >>> 15
      bits |= word
    }
    if ((bits & NOT_ASCII) !== 0) return bytes.toString('utf8', start, end)
    const slot = hash & (remembered - 1)
    const known = this.#texts[slot] as string
    if (known.length === end - start && this.#isKnown(slot * shortWords, count)) return known
    const text = bytes.toString('latin1', start, end)
    this.#texts[slot] = text
    this.#textWords.set(words, slot * shortWords)
    return text
  }

  #isKnown(from: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.#textWords[from + i] !== this.#words[i]) return false
    return true
  }
}

/** Four characters as one number, zeros where the text ends within them. */
function wordAt(bytes: Buffer, at: number, end: number): number {
  let word = bytes[at] as number
  if (at + 1 < end) word |= (bytes[at + 1] as number) << 8
  if (at + 2 < end) word |= (bytes[at + 2] as number) << 16
  if (at + 3 < end) word |= (bytes[at + 3] as number) << 24
  return word
}
